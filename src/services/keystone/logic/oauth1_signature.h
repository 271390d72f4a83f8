// SPDX-License-Identifier: Apache-2.0
// OAuth 1 (RFC 5849): the Authorization header of a request, and whether its signature is right.
// HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512; no signatures in the clear.
#pragma once
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::keystone::logic {

using OauthParameters = std::vector<std::pair<std::string, std::string>>;

struct OauthHeader {
    std::string consumer_key, token, verifier;
    std::string signature_method, signature, nonce, version;
    std::optional<Time> timestamp;
    OauthParameters parameters; ///< all but realm and signature, decoded
};

/// Nothing when it is no OAuth header, or one that names a parameter twice.
std::optional<OauthHeader> read_oauth_header(std::string_view authorization);

/// `url` without query; `query` decoded.
bool oauth_signature_fits(const OauthHeader& header, std::string_view method, std::string_view url,
                          const OauthParameters& query, std::string_view consumer_secret,
                          std::string_view token_secret);

/// What is signed; for tests.
std::string oauth_base_string(const OauthParameters& parameters, std::string_view method,
                              std::string_view url, const OauthParameters& query);

} // namespace nephele::keystone::logic
