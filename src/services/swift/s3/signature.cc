// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/signature.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/conditions.h"
#include "services/swift/s3/error.h"

#include <algorithm>
#include <array>
#include <map>

namespace nephele::swift::s3 {
namespace {
using namespace std::string_view_literals;
namespace aws = crypto::aws;

constexpr std::int64_t skew_seconds = 15 * 60, longest_presigned = 7 * 24 * 3600;

// Parameters that are part of version 2's resource, in order.
constexpr std::array subresources = {"accelerate"sv,
                                     "acl"sv,
                                     "cors"sv,
                                     "delete"sv,
                                     "encryption"sv,
                                     "legal-hold"sv,
                                     "lifecycle"sv,
                                     "location"sv,
                                     "logging"sv,
                                     "notification"sv,
                                     "object-lock"sv,
                                     "partNumber"sv,
                                     "policy"sv,
                                     "replication"sv,
                                     "requestPayment"sv,
                                     "response-cache-control"sv,
                                     "response-content-disposition"sv,
                                     "response-content-encoding"sv,
                                     "response-content-language"sv,
                                     "response-content-type"sv,
                                     "response-expires"sv,
                                     "restore"sv,
                                     "retention"sv,
                                     "tagging"sv,
                                     "torrent"sv,
                                     "uploadId"sv,
                                     "uploads"sv,
                                     "versionId"sv,
                                     "versioning"sv,
                                     "versions"sv,
                                     "website"sv};

// Header fields that change what a request means: version 4 must cover them.
constexpr std::array must_be_signed = {"x-amz-copy"sv,        "x-amz-acl"sv,     "x-amz-grant"sv,
                                       "x-amz-meta"sv,        "x-amz-tagging"sv, "x-amz-bypass"sv,
                                       "x-amz-object-lock"sv, "x-amz-bucket"sv};

struct CredentialText {
    std::string access;
    aws::SigningScope scope;
};

CredentialText read_credential(const std::string& text, Code malformed) {
    // An access key may hold slashes (TempAuth's do not, but nothing forbids it): count from the
    // end.
    auto parts = split(text, '/');
    if (parts.size() < 5 || parts.back() != "aws4_request")
        throw failure(malformed, "Error parsing the credential; it must be <access key>/<date>/"
                                 "<region>/<service>/aws4_request");
    const std::size_t n = parts.size();
    CredentialText read{join({parts.begin(), parts.end() - 4}, "/"),
                        {parts[n - 4], parts[n - 3], parts[n - 2]}};
    if (read.access.empty()) throw failure(malformed);
    if (read.scope.service != "s3")
        throw failure(malformed, "Error parsing the credential; incorrect service \"" +
                                     read.scope.service + "\". This endpoint belongs to \"s3\".");
    return read;
}

// The value of "name=" among parts divided by commas.
std::string part_of(std::string_view text, std::string_view name) {
    for (const auto& piece : split(text, ',')) {
        const auto one = trim(piece);
        if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
            return std::string(trim(one.substr(name.size() + 1)));
    }
    return "";
}

std::vector<std::string> header_names(const std::string& text, Code malformed) {
    auto names = split(text, ';');
    for (const auto& name : names)
        if (name.empty() || name != lower(name)) throw failure(malformed);
    if (std::find(names.begin(), names.end(), "host") == names.end())
        throw failure(malformed, "The header Host must be signed.");
    return names;
}

Time time_of_request(const http::RequestHead& head) {
    if (const auto* text = head.headers.find("x-amz-date")) {
        auto time = parse_compact_time(*text);
        if (!time) time = parse_signed_date(*text);
        if (time) return *time;
    } else if (const auto* date = head.headers.find("Date")) {
        if (const auto time = parse_signed_date(*date)) return *time;
        if (const auto time = parse_compact_time(*date)) return *time;
    }
    throw failure(Code::AccessDenied,
                  "AWS authentication requires a valid Date or x-amz-date header");
}

Authorization read_header_4(const http::RequestHead& head, std::string_view text) {
    constexpr auto malformed = Code::AuthorizationHeaderMalformed;
    Authorization read;
    text.remove_prefix(aws::algorithm_4.size());
    auto credential = read_credential(part_of(text, "Credential"), malformed);
    read.access = std::move(credential.access);
    read.scope = std::move(credential.scope);
    read.signature = part_of(text, "Signature");
    const std::string names = part_of(text, "SignedHeaders");
    if (read.signature.empty() || names.empty()) throw failure(malformed);
    read.signed_headers = header_names(names, malformed);
    read.signed_at = time_of_request(head);
    // Version 4 is about the compact form, also when only Date tells the time.
    read.time = replace_all(replace_all(iso_time(*read.signed_at), "-", ""), ":", "");
    return read;
}

Authorization read_query_4(const Query& query) {
    constexpr auto malformed = Code::AuthorizationQueryParametersError;
    Authorization read;
    read.presigned = true;
    if (query.get("X-Amz-Algorithm") != aws::algorithm_4)
        throw failure(malformed, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    for (const char* name : {"X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date",
                             "X-Amz-SignedHeaders", "X-Amz-Expires"})
        if (query.get(name).empty())
            throw failure(malformed, "Query-string authentication version 4 requires the "
                                     "X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
                                     "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires "
                                     "parameters.");
    auto credential = read_credential(query.get("X-Amz-Credential"), malformed);
    read.access = std::move(credential.access);
    read.scope = std::move(credential.scope);
    read.signature = query.get("X-Amz-Signature");
    read.signed_headers = header_names(query.get("X-Amz-SignedHeaders"), malformed);
    read.time = query.get("X-Amz-Date");
    read.signed_at = parse_compact_time(read.time);
    if (!read.signed_at)
        throw failure(malformed, "X-Amz-Date must be in the ISO8601 Long Format "
                                 "\"yyyyMMdd'T'HHmmss'Z'\"");
    const auto seconds = to_int(query.get("X-Amz-Expires"));
    if (!seconds) throw failure(malformed, "X-Amz-Expires should be a number");
    if (*seconds < 0) throw failure(malformed, "X-Amz-Expires must be non-negative");
    if (*seconds > longest_presigned)
        throw failure(malformed, "X-Amz-Expires must be less than a week (in seconds); that is, "
                                 "the given X-Amz-Expires must be less than 604800 seconds");
    read.expires_at = read.signed_at->plus_seconds(*seconds);
    return read;
}

Authorization read_header_2(const http::RequestHead& head, std::string_view text) {
    Authorization read;
    read.version = 2;
    text = trim(text.substr(4));
    const auto colon = text.rfind(':');
    if (colon == text.npos || colon == 0 || colon + 1 == text.size())
        throw failure(Code::InvalidArgument,
                      "AWS authorization header is invalid. Expected AwsAccessKeyId:signature");
    read.access = text.substr(0, colon);
    read.signature = text.substr(colon + 1);
    read.signed_at = time_of_request(head);
    return read;
}

Authorization read_query_2(const Query& query) {
    Authorization read;
    read.version = 2;
    read.presigned = true;
    read.access = query.get("AWSAccessKeyId");
    read.signature = query.get("Signature");
    const auto expires = to_int(query.get("Expires"));
    if (read.access.empty() || read.signature.empty() || !expires || *expires < 0 ||
        *expires > 253402300799)
        throw failure(Code::AccessDenied, "Query-string authentication requires the Signature, "
                                          "Expires and AWSAccessKeyId parameters");
    read.expires_at = Time{*expires * 1'000'000};
    return read;
}

// All fields of a name, as both versions join them.
std::string joined_values(const http::Headers& headers, std::string_view name) {
    std::string out;
    bool first = true;
    for (const auto& [key, value] : headers.all()) {
        if (!iequals(key, name)) continue;
        if (!first) out += ',';
        out += aws::canonical_value(value);
        first = false;
    }
    return out;
}

std::string_view path_of_target(std::string_view target) {
    if (target.starts_with("http://") || target.starts_with("https://")) {
        const auto slash = target.find('/', 8);
        target = slash == target.npos ? "/" : target.substr(slash);
    }
    return target.substr(0, target.find('?'));
}

std::string canonical_query(const Query& query) {
    aws::Fields fields;
    for (const auto& one : query.all())
        if (one.first != "X-Amz-Signature") fields.push_back(one);
    return aws::canonical_query(fields);
}

bool fits_4(const Authorization& authorization, const std::string& secret,
            const http::RequestHead& head, const Query& query) {
    const std::string_view raw_path = path_of_target(head.target);
    const auto decoded = percent_decode(raw_path, false);
    const std::string path = decoded ? aws::encoded_path(*decoded) : std::string(raw_path);
    const std::string parameters = canonical_query(query), hash = payload_hash(authorization, head);
    aws::CanonicalRequest request{head.method, path, parameters, {}, hash};
    for (const auto& name : authorization.signed_headers)
        request.headers.emplace_back(name, joined_values(head.headers, name));
    const auto fits = [&](std::string_view canonical_path) {
        request.path = canonical_path;
        return crypto::equal_constant_time(
            aws::signature_4(secret, authorization.time, authorization.scope, request),
            authorization.signature);
    };
    // Clients differ in which characters of a path they escape; some sign what they sent.
    return fits(path) || (raw_path != path && fits(raw_path));
}

std::string amz_headers_2(const http::Headers& headers) {
    std::map<std::string, std::string> found;
    for (const auto& [name, value] : headers.all()) {
        const std::string key = lower(name);
        if (key.starts_with("x-amz-") && !found.count(key))
            found[key] = joined_values(headers, key);
    }
    std::string out;
    for (const auto& [name, value] : found) out += name + ":" + value + "\n";
    return out;
}

std::string resource_2(std::string path, const Query& query) {
    std::string out = std::move(path);
    char separator = '?';
    for (const auto name : subresources) {
        const auto* value = query.find(name);
        if (!value) continue;
        out += separator;
        out += name;
        if (!value->empty()) out += "=" + *value;
        separator = '&';
    }
    return out;
}

bool fits_2(const Authorization& authorization, const std::string& secret,
            const http::RequestHead& head, const Query& query, const Target& target) {
    std::string date = head.headers.get("Date");
    if (head.headers.find("x-amz-date")) date.clear();
    if (authorization.presigned) date = query.get("Expires");
    const std::string before = head.method + "\n" + head.headers.get("Content-MD5") + "\n" +
                               head.headers.get("Content-Type") + "\n" + date + "\n" +
                               amz_headers_2(head.headers);
    const auto fits = [&](std::string path) {
        return crypto::equal_constant_time(
            aws::signature_2(secret, before + resource_2(std::move(path), query)),
            authorization.signature);
    };
    std::string path(path_of_target(head.target));
    if (target.virtual_host) path = "/" + target.bucket + path;
    // Some clients sign a bucket as "/bucket/" and ask for "/bucket".
    return fits(path) || (target.key.empty() && !path.ends_with('/') && fits(path + "/"));
}

} // namespace

bool is_signed(const http::RequestHead& head) {
    const std::string text = head.headers.get("Authorization");
    if (text.starts_with("AWS ") || text.starts_with("AWS4-")) return true;
    if (head.query.find("X-Amz-") == head.query.npos &&
        head.query.find("AWSAccessKeyId") == head.query.npos)
        return false;
    for (const auto& [name, value] : http::parse_query(head.query))
        if (name == "X-Amz-Credential" || name == "X-Amz-Algorithm" || name == "AWSAccessKeyId")
            return true;
    return false;
}

std::optional<Authorization> read_authorization(const http::RequestHead& head, const Query& query) {
    const std::string text = head.headers.get("Authorization");
    if (text.starts_with(aws::algorithm_4)) return read_header_4(head, text);
    if (text.starts_with("AWS4-"))
        throw failure(Code::NotImplemented, "Only AWS4-HMAC-SHA256 signatures are known.");
    if (text.starts_with("AWS ")) return read_header_2(head, text);
    if (query.has("X-Amz-Credential") || query.has("X-Amz-Algorithm")) return read_query_4(query);
    if (query.has("AWSAccessKeyId")) return read_query_2(query);
    return std::nullopt;
}

void check_scope(const Authorization& authorization, const std::string& region) {
    if (authorization.version != 4) return;
    const auto malformed = authorization.presigned ? Code::AuthorizationQueryParametersError
                                                   : Code::AuthorizationHeaderMalformed;
    if (authorization.scope.date != authorization.time.substr(0, 8))
        throw failure(malformed, "Invalid credential date \"" + authorization.scope.date +
                                     "\". This date is not the same as X-Amz-Date: \"" +
                                     authorization.time.substr(0, 8) + "\".");
    if (!iequals(authorization.scope.region, region))
        throw failure(malformed, "The authorization header is malformed; the region '" +
                                     authorization.scope.region + "' is wrong; expecting '" +
                                     region + "'")
            .with("Region", region);
}

void check_time(const Authorization& authorization, Time now) {
    if (authorization.expires_at) {
        if (*authorization.expires_at <= now)
            throw failure(Code::AccessDenied, "Request has expired")
                .with("Expires", iso_time(*authorization.expires_at))
                .with("ServerTime", iso_time(now));
        if (authorization.signed_at && *authorization.signed_at > now.plus_seconds(skew_seconds))
            throw failure(Code::AccessDenied, "Request is not yet valid");
        return;
    }
    if (*authorization.signed_at > now.plus_seconds(skew_seconds) ||
        authorization.signed_at->plus_seconds(skew_seconds) < now)
        throw failure(Code::RequestTimeTooSkewed)
            .with("RequestTime", iso_time(*authorization.signed_at))
            .with("ServerTime", iso_time(now))
            .with("MaxAllowedSkewMilliseconds", std::to_string(skew_seconds * 1000));
}

void check_signed_headers(const Authorization& authorization, const http::RequestHead& head) {
    if (authorization.version != 4) return;
    for (const auto& [name, value] : head.headers.all()) {
        const std::string key = lower(name);
        const bool matters =
            std::any_of(must_be_signed.begin(), must_be_signed.end(),
                        [&](std::string_view prefix) { return key.starts_with(prefix); });
        const auto& names = authorization.signed_headers;
        if (matters && std::find(names.begin(), names.end(), key) == names.end())
            throw failure(Code::AccessDenied,
                          "There were headers present in the request which were not signed")
                .with("HeadersNotSigned", key);
    }
}

bool signature_fits(const Authorization& authorization, const std::string& secret,
                    const http::RequestHead& head, const Query& query, const Target& target) {
    return authorization.version == 4 ? fits_4(authorization, secret, head, query)
                                      : fits_2(authorization, secret, head, query, target);
}

std::string payload_hash(const Authorization& authorization, const http::RequestHead& head) {
    if (const auto* hash = head.headers.find("x-amz-content-sha256")) return *hash;
    if (authorization.version != 4 || authorization.presigned) return "UNSIGNED-PAYLOAD";
    throw failure(Code::InvalidRequest,
                  "Missing required header for this request: x-amz-content-sha256");
}

std::optional<Time> parse_compact_time(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    const auto part = [&](std::size_t at, std::size_t size) {
        return std::string(text.substr(at, size));
    };
    return parse_time(part(0, 4) + "-" + part(4, 2) + "-" + part(6, 2) + "T" + part(9, 2) + ":" +
                      part(11, 2) + ":" + part(13, 2) + "Z");
}

std::optional<Time> parse_signed_date(std::string_view text) {
    text = trim(text);
    // Mail's form of the same.
    for (std::string_view zone : {"+0000", "-0000", "UTC"})
        if (text.ends_with(zone))
            return logic::parse_http_date(std::string(text.substr(0, text.size() - zone.size())) +
                                          "GMT");
    return logic::parse_http_date(text);
}

} // namespace nephele::swift::s3
