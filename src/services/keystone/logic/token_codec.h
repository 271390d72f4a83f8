// SPDX-License-Identifier: Apache-2.0
// Claims to the bytes inside a Fernet token and back, in upstream's payload forms, so that tokens
// issued by an upstream keystone with the same key repository stay valid. We append the fraction of
// the second a token was issued in: Fernet keeps whole seconds only, and a token issued right after
// a password change must outlive the revocation of the ones before it.
#pragma once
#include "services/keystone/model/token.h"

#include <string>
#include <string_view>

namespace nephele::keystone::logic {

std::string encode_claims(const Claims& claims);
/// `created` is the time of the Fernet token. Nothing when the payload is of no form we know.
std::optional<Claims> decode_claims(std::string_view payload, Time created);

} // namespace nephele::keystone::logic
