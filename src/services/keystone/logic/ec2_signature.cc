// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/ec2_signature.h"

#include "base/strings.h"
#include "platform/crypto/aws_signature.h"
#include "platform/crypto/crypto.h"

#include <algorithm>
#include <map>
#include <vector>

namespace nephele::keystone::logic {
namespace {
using Params = std::map<std::string, std::string>;

Params params_of(const Json& credentials) {
    Params params;
    const Json& given = credentials.get("params");
    if (given.is_object())
        for (const auto& [name, value] : given.as_object())
            params[name] = value.is_string() ? value.as_string() : value.dump();
    return params;
}

std::string value_of(const Params& params, const std::string& name) {
    const auto found = params.find(name);
    return found == params.end() ? "" : found->second;
}

std::string header_of(const Json& credentials, std::string_view name) {
    const Json& headers = credentials.get("headers");
    if (headers.is_object())
        for (const auto& [key, value] : headers.as_object())
            if (iequals(key, name) && value.is_string()) return value.as_string();
    return "";
}

std::string query_without(const Params& params, std::string_view but) {
    crypto::aws::Fields fields;
    for (const auto& [name, value] : params)
        if (name != but) fields.emplace_back(name, value);
    return crypto::aws::canonical_query(fields);
}

std::string sign_0(const std::string& secret, const Params& params) {
    return crypto::aws::signature_2(secret,
                                    value_of(params, "Action") + value_of(params, "Timestamp"));
}

std::string sign_1(const std::string& secret, const Params& params) {
    std::vector<std::pair<std::string, std::string>> sorted(params.begin(), params.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return lower(a.first) < lower(b.first); });
    std::string text;
    for (const auto& [name, value] : sorted)
        if (name != "Signature") text += name + value;
    return crypto::aws::signature_2(secret, text);
}

std::string sign_2(const std::string& secret, const Params& params, const Json& credentials,
                   const std::string& host) {
    Params all = params;
    all["SignatureMethod"] = "HmacSHA256";
    const std::string text = credentials.text("verb") + "\n" + host + "\n" +
                             credentials.text("path") + "\n" + query_without(all, "Signature");
    return base64_encode(crypto::hmac_sha256(secret, text));
}

// "Credential=AK/20260101/region/service/aws4_request, SignedHeaders=a;b, Signature=..."
std::string authorization_part(const std::string& header, std::string_view name) {
    for (const auto& piece : split(header, ',')) {
        const auto at = piece.find(std::string(name) + "=");
        if (at != piece.npos)
            return std::string(trim(std::string_view(piece).substr(at + name.size() + 1)));
    }
    return "";
}

std::optional<std::string> sign_4(const std::string& secret, const Params& params,
                                  const Json& credentials, const std::string& host) {
    const std::string header = header_of(credentials, "Authorization");
    const auto part = [&](const char* query, const char* in_header) {
        const std::string found = value_of(params, query);
        return found.empty() ? authorization_part(header, in_header) : found;
    };
    const std::string credential = part("X-Amz-Credential", "Credential");
    const std::string signed_names = part("X-Amz-SignedHeaders", "SignedHeaders");
    std::string date = value_of(params, "X-Amz-Date");
    if (date.empty()) date = header_of(credentials, "X-Amz-Date");
    const auto pieces = split(credential, '/');
    if (pieces.size() != 5 || pieces[4] != "aws4_request" || signed_names.empty() ||
        date.size() < 8 || pieces[1] != date.substr(0, 8))
        return std::nullopt;
    const crypto::aws::SigningScope scope{pieces[1], pieces[2], pieces[3]};
    const std::string verb = credentials.text("verb"), path = credentials.text("path"),
                      body_hash = credentials.text("body_hash");
    const std::string query = iequals(verb, "POST") ? "" : query_without(params, "X-Amz-Signature");
    crypto::aws::CanonicalRequest request{verb, path, query, {}, body_hash};
    for (const auto& name : split(signed_names, ';'))
        request.headers.emplace_back(
            name, name == "host" ? host : std::string(trim(header_of(credentials, name))));
    return crypto::aws::signature_4(secret, date, scope, request);
}

bool is_version_4(const Params& params, const Json& credentials) {
    return value_of(params, "X-Amz-Algorithm") == "AWS4-HMAC-SHA256" ||
           header_of(credentials, "Authorization").starts_with("AWS4-HMAC-SHA256");
}

std::optional<std::string> sign(const std::string& secret, const Json& credentials,
                                const std::string& host) {
    const Params params = params_of(credentials);
    if (is_version_4(params, credentials)) return sign_4(secret, params, credentials, host);
    const std::string version = value_of(params, "SignatureVersion");
    if (version == "0") return sign_0(secret, params);
    if (version == "1") return sign_1(secret, params);
    if (version == "2") return sign_2(secret, params, credentials, host);
    return std::nullopt;
}

} // namespace

bool ec2_signature_fits(const std::string& secret, const Json& credentials) {
    const std::string given = credentials.text("signature"), host = credentials.text("host");
    if (given.empty()) return false;
    const auto fits = [&](const std::string& name) {
        const auto made = sign(secret, credentials, name);
        return made && crypto::equal_constant_time(*made, given);
    };
    // Some clients leave the port out when they sign.
    const auto colon = host.rfind(':');
    return fits(host) || (colon != host.npos && fits(host.substr(0, colon)));
}

bool s3_signature_fits(const std::string& secret, std::string_view token,
                       std::string_view signature) {
    const auto text = base64url_decode(token);
    const auto plain = text ? text : base64_decode(token);
    if (!plain || signature.empty()) return false;
    if (!plain->starts_with("AWS4"))
        return crypto::equal_constant_time(crypto::aws::signature_2(secret, *plain), signature);
    const auto lines = split(*plain, '\n');
    if (lines.size() != 4 || lines[0] != "AWS4-HMAC-SHA256") return false;
    const auto scope = split(lines[2], '/');
    if (scope.size() != 4 || scope[3] != "aws4_request" ||
        (scope[2] != "s3" && scope[2] != "iam" && scope[2] != "sts"))
        return false;
    return crypto::equal_constant_time(
        crypto::aws::signature_4(crypto::aws::signing_key(secret, {scope[0], scope[1], scope[2]}),
                                 *plain),
        signature);
}

std::optional<std::string> signed_time(const Json& credentials) {
    const Params params = params_of(credentials);
    for (const char* name : {"Timestamp", "X-Amz-Date"})
        if (const auto value = value_of(params, name); !value.empty()) return value;
    if (const auto value = header_of(credentials, "X-Amz-Date"); !value.empty()) return value;
    return std::nullopt;
}

} // namespace nephele::keystone::logic
