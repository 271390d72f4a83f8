// SPDX-License-Identifier: Apache-2.0
// Signatures of EC2 and S3 requests, as the services that received them pass them on for checking.
#pragma once
#include "platform/json/json.h"

#include <optional>
#include <string>
#include <string_view>

namespace nephele::keystone::logic {

/// `credentials`: access, signature, host, verb, path, params, headers, body_hash. Versions 0 to 2
/// of the query form, and version 4. False when the signature is missing, wrong or of no known
/// form.
bool ec2_signature_fits(const std::string& secret, const Json& credentials);

/// `token` is the string to sign in URL-safe base64, of version 1 or 4.
bool s3_signature_fits(const std::string& secret, std::string_view token,
                       std::string_view signature);

/// When the request was signed; nothing when it does not say (version 1 of S3).
std::optional<std::string> signed_time(const Json& credentials);

} // namespace nephele::keystone::logic
