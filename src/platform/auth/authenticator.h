// SPDX-License-Identifier: Apache-2.0
// The door from a token to a principal. The identity service implements it; the API layer calls it
// once a request.
#pragma once
#include "platform/auth/principal.h"

#include <optional>
#include <string_view>

namespace nephele {

class Authenticator {
  public:
    virtual ~Authenticator() = default;
    /// Nothing when the token is malformed, expired or revoked, or when its user, project or domain
    /// is disabled or gone. Thread safe and cheap enough for every request.
    virtual std::optional<Principal> authenticate(std::string_view token) = 0;
};

} // namespace nephele
