// SPDX-License-Identifier: Apache-2.0
// Who calls without a token, by a client certificate: offered by the identity service where that is
// configured. Asked for requests that bring no token to routes that want one.
#pragma once
#include "platform/auth/principal.h"

#include <optional>
#include <string_view>

namespace nephele {
namespace http {
struct RequestHead;
}

class CertificateAuthenticator {
  public:
    virtual ~CertificateAuthenticator() = default;
    /// Nothing when this certificate is nobody for this service (its type). Not called within a
    /// transaction. Throws Failure(bad_request) for a scope that cannot be read.
    virtual std::optional<Principal> authenticate(std::string_view service_type,
                                                  const http::RequestHead& head) = 0;
};

} // namespace nephele
