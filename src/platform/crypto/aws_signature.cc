// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/aws_signature.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <algorithm>

namespace nephele::crypto::aws {

std::string encoded_path(std::string_view path) {
    return replace_all(percent_encode(path), "%2F", "/");
}

std::string canonical_query(const Fields& parameters) {
    Fields sorted;
    sorted.reserve(parameters.size());
    for (const auto& [name, value] : parameters)
        sorted.emplace_back(percent_encode(name), percent_encode(value));
    std::sort(sorted.begin(), sorted.end());
    std::string out;
    for (const auto& [name, value] : sorted) {
        if (!out.empty()) out += '&';
        out += name + "=" + value;
    }
    return out;
}

std::string canonical_value(std::string_view header) {
    std::string out;
    for (char c : trim(header)) {
        const bool blank = c == ' ' || c == '\t';
        if (blank && out.ends_with(' ')) continue;
        out += blank ? ' ' : c;
    }
    return out;
}

std::string CanonicalRequest::signed_headers() const {
    std::string out;
    for (const auto& [name, value] : headers) {
        if (!out.empty()) out += ';';
        out += name;
    }
    return out;
}

std::string CanonicalRequest::text() const {
    std::string out;
    for (auto part : {method, path, query}) {
        out += part;
        out += '\n';
    }
    for (const auto& [name, value] : headers) out += name + ":" + value + "\n";
    out += "\n" + signed_headers() + "\n";
    out += payload_hash;
    return out;
}

std::string SigningScope::text() const {
    return date + "/" + region + "/" + service + "/aws4_request";
}

std::string signing_key(std::string_view secret, const SigningScope& scope) {
    std::string key = "AWS4" + std::string(secret);
    for (const std::string* part : {&scope.date, &scope.region, &scope.service})
        key = hmac_sha256(key, *part);
    return hmac_sha256(key, "aws4_request");
}

std::string string_to_sign(std::string_view time, const SigningScope& scope,
                           const std::string& canonical_request) {
    return std::string(algorithm_4) + "\n" + std::string(time) + "\n" + scope.text() + "\n" +
           hex_encode(sha256(canonical_request));
}

std::string signature_4(std::string_view key, std::string_view string_to_sign) {
    return hex_encode(hmac_sha256(key, string_to_sign));
}

std::string signature_4(std::string_view secret, std::string_view time, const SigningScope& scope,
                        const CanonicalRequest& request) {
    return signature_4(signing_key(secret, scope), string_to_sign(time, scope, request.text()));
}

std::string signature_2(std::string_view secret, std::string_view string_to_sign) {
    return base64_encode(hmac(Digest::sha1, secret, string_to_sign));
}

} // namespace nephele::crypto::aws
