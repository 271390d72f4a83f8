// SPDX-License-Identifier: Apache-2.0
// Who signed a request and whether the signature is right: versions 4 and 2, in the Authorization
// header or in the query ("presigned"). Pure: keys, time and region are given.
#pragma once
#include "base/time.h"
#include "platform/crypto/aws_signature.h"
#include "services/swift/s3/request.h"

namespace nephele::swift::s3 {

struct Authorization {
    int version = 4;
    bool presigned = false;
    std::string access, signature;
    std::optional<Time> signed_at;  ///< of version 2 presigned: nothing
    std::optional<Time> expires_at; ///< of presigned ones
    // Of version 4.
    crypto::aws::SigningScope scope;
    std::string time; ///< as it was signed: "20130524T000000Z"
    std::vector<std::string> signed_headers;
};

/// True when the head carries a signature of any kind, be it well formed or not.
bool is_signed(const http::RequestHead& head);

/// Nothing when the request is not signed. Throws the error S3 has for a malformed one.
std::optional<Authorization> read_authorization(const http::RequestHead& head, const Query& query);

/// Region and date, then the clock: throws AuthorizationHeaderMalformed, RequestTimeTooSkewed,
/// AccessDenied (a presigned one that is over).
void check_scope(const Authorization& authorization, const std::string& region);
void check_time(const Authorization& authorization, Time now);

/// Throws AccessDenied when headers that matter were left out of a version 4 signature.
void check_signed_headers(const Authorization& authorization, const http::RequestHead& head);

/// Compares in constant time.
bool signature_fits(const Authorization& authorization, const std::string& secret,
                    const http::RequestHead& head, const Query& query, const Target& target);

/// The payload's hash as the signature says it: x-amz-content-sha256, or UNSIGNED-PAYLOAD for a
/// presigned request without. Throws InvalidRequest when version 4 leaves it out.
std::string payload_hash(const Authorization& authorization, const http::RequestHead& head);

/// "Tue, 27 Mar 2007 19:36:42 GMT", or with +0000.
std::optional<Time> parse_signed_date(std::string_view text);
/// "20130524T000000Z"
std::optional<Time> parse_compact_time(std::string_view text);

} // namespace nephele::swift::s3
