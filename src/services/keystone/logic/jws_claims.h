// SPDX-License-Identifier: Apache-2.0
// Claims of a token as those of a JSON web token, under upstream's names. The fraction of the
// second a token was issued in is added, as in Fernet tokens.
#pragma once
#include "platform/json/json.h"
#include "services/keystone/model/token.h"

#include <optional>

namespace nephele::keystone::logic {

Json to_jws_claims(const Claims& claims);
/// Nothing when a member is missing or of another kind.
std::optional<Claims> from_jws_claims(const Json& json);

} // namespace nephele::keystone::logic
