// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/oauth1_signature.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <algorithm>

namespace nephele::keystone::logic {
namespace {
using crypto::Digest;

// The scheme and host in lower case, the scheme's own port left out (RFC 5849, 3.4.1.2).
std::string normalized_url(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == url.npos) return std::string(url);
    const std::string scheme = lower(url.substr(0, scheme_end));
    const std::string_view rest = url.substr(scheme_end + 3);
    const auto path_at = std::min(rest.find('/'), rest.size());
    std::string host = lower(rest.substr(0, path_at));
    const std::string own_port = scheme == "https" ? ":443" : ":80";
    if (host.ends_with(own_port)) host.resize(host.size() - own_port.size());
    const std::string_view path = rest.substr(path_at);
    return scheme + "://" + host + (path.empty() ? "/" : std::string(path));
}

std::optional<Digest> digest_of(const std::string& method) {
    if (method == "HMAC-SHA1") return Digest::sha1;
    if (method == "HMAC-SHA256") return Digest::sha256;
    if (method == "HMAC-SHA512") return Digest::sha512;
    return std::nullopt;
}

// name="value" with both percent-encoded.
std::optional<std::pair<std::string, std::string>> read_pair(std::string_view piece) {
    piece = trim(piece);
    const auto equals = piece.find('=');
    if (equals == piece.npos) return std::nullopt;
    std::string_view value = trim(piece.substr(equals + 1));
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
    value = value.substr(1, value.size() - 2);
    auto name = percent_decode(trim(piece.substr(0, equals)), false);
    auto decoded = percent_decode(value, false);
    if (!name || !decoded) return std::nullopt;
    return std::pair{std::move(*name), std::move(*decoded)};
}

void note(OauthHeader& header, const std::string& name, const std::string& value) {
    if (name == "oauth_consumer_key") header.consumer_key = value;
    if (name == "oauth_token") header.token = value;
    if (name == "oauth_verifier") header.verifier = value;
    if (name == "oauth_signature_method") header.signature_method = value;
    if (name == "oauth_nonce") header.nonce = value;
    if (name == "oauth_version") header.version = value;
    if (name == "oauth_timestamp")
        if (const auto seconds = to_int(value); seconds && *seconds > 0 && *seconds < 1LL << 40)
            header.timestamp = Time{*seconds * 1'000'000};
}

} // namespace

std::optional<OauthHeader> read_oauth_header(std::string_view authorization) {
    if (!starts_with_icase(authorization, "OAuth ") || authorization.size() > 8192)
        return std::nullopt;
    OauthHeader header;
    for (const auto& piece : split(std::string(authorization.substr(6)), ',')) {
        auto pair = read_pair(piece);
        if (!pair) return std::nullopt;
        if (pair->first == "realm") continue;
        if (pair->first == "oauth_signature") {
            if (!header.signature.empty()) return std::nullopt;
            header.signature = pair->second;
            continue;
        }
        for (const auto& known : header.parameters)
            if (known.first == pair->first) return std::nullopt;
        note(header, pair->first, pair->second);
        header.parameters.push_back(std::move(*pair));
    }
    return header;
}

std::string oauth_base_string(const OauthParameters& parameters, std::string_view method,
                              std::string_view url, const OauthParameters& query) {
    OauthParameters all;
    for (const auto* list : {&parameters, &query})
        for (const auto& [name, value] : *list)
            if (name != "oauth_signature" && name != "realm")
                all.emplace_back(percent_encode(name), percent_encode(value));
    std::sort(all.begin(), all.end());
    std::string joined;
    for (const auto& [name, value] : all)
        joined += (joined.empty() ? "" : "&") + name + "=" + value;
    return std::string(method) + "&" + percent_encode(normalized_url(url)) + "&" +
           percent_encode(joined);
}

bool oauth_signature_fits(const OauthHeader& header, std::string_view method, std::string_view url,
                          const OauthParameters& query, std::string_view consumer_secret,
                          std::string_view token_secret) {
    const auto digest = digest_of(header.signature_method);
    if (!digest || header.signature.empty()) return false;
    const std::string key = percent_encode(consumer_secret) + "&" + percent_encode(token_secret);
    const std::string made = base64_encode(
        crypto::hmac(*digest, key, oauth_base_string(header.parameters, method, url, query)));
    return crypto::equal_constant_time(made, header.signature);
}

} // namespace nephele::keystone::logic
