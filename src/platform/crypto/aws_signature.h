// SPDX-License-Identifier: Apache-2.0
// Amazon's signatures of requests, as whoever signs and whoever checks needs them: the canonical
// request and keys of version 4, the query form that versions 2 and 4 share.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::crypto::aws {

inline constexpr std::string_view algorithm_4 = "AWS4-HMAC-SHA256";

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Percent-encoded but for the unreserved characters of RFC 3986 and '/'.
std::string encoded_path(std::string_view path);
/// "a=1&b=x%20y", encoded and in order.
std::string canonical_query(const Fields& parameters);
/// Without white space around it, and with one blank where there was more within.
std::string canonical_value(std::string_view header);

struct CanonicalRequest {
    std::string_view method;
    std::string_view path;  ///< encoded
    std::string_view query; ///< canonical
    Fields headers;         ///< the signed ones: lower-case names in order, canonical values
    std::string_view payload_hash;

    std::string text() const;
    /// "host;x-amz-date"
    std::string signed_headers() const;
};

/// What a signature of version 4 is good for.
struct SigningScope {
    std::string date, region, service; ///< "20130524", "us-east-1", "s3"
    std::string text() const;          ///< "20130524/us-east-1/s3/aws4_request"
};
std::string signing_key(std::string_view secret, const SigningScope& scope);
/// `time` is "20130524T000000Z"; of a request the canonical one is signed by its digest.
std::string string_to_sign(std::string_view time, const SigningScope& scope,
                           const std::string& canonical_request);
/// In hexadecimal.
std::string signature_4(std::string_view key, std::string_view string_to_sign);
/// The signature of a whole request.
std::string signature_4(std::string_view secret, std::string_view time, const SigningScope& scope,
                        const CanonicalRequest& request);
/// HMAC-SHA1 in base64, as versions 0 to 2 have it.
std::string signature_2(std::string_view secret, std::string_view string_to_sign);

} // namespace nephele::crypto::aws
