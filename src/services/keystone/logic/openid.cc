// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/openid.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"

#include <algorithm>

namespace nephele::keystone::logic {
namespace {

// Clocks differ.
constexpr std::int64_t leeway_seconds = 60;
constexpr std::size_t most_attributes = 500;

[[noreturn]] void refuse(const std::string& why) {
    throw Failure(Fault::unauthorized, "Unauthorized",
                  "The identity provider's token is not accepted: " + why);
}

std::optional<double> number_of(const Json& claims, const char* name) {
    const Json& value = claims.get(name);
    if (!value.is_number()) return std::nullopt;
    return value.as_double();
}

void check_times(const Json& claims, Time now) {
    const auto seconds = static_cast<double>(now.seconds());
    const auto expires = number_of(claims, "exp");
    if (!expires) refuse("it does not say when it expires");
    if (*expires + leeway_seconds <= seconds) refuse("it is expired");
    const auto issued = number_of(claims, "iat"), begins = number_of(claims, "nbf");
    if (issued && *issued - leeway_seconds > seconds) refuse("it is from the future");
    if (begins && *begins - leeway_seconds > seconds) refuse("it is not valid yet");
}

std::vector<std::string> audiences_of(const Json& claims) {
    const Json& audience = claims.get("aud");
    if (audience.is_string()) return {audience.as_string()};
    std::vector<std::string> all;
    if (audience.is_array())
        for (const Json& one : audience.as_array())
            if (one.is_string()) all.push_back(one.as_string());
    return all;
}

bool holds(const std::vector<std::string>& list, const std::string& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

void add(Attributes& attributes, const std::string& name, std::vector<std::string> values) {
    std::string upper;
    for (const char c : name)
        upper += (c >= 'a' && c <= 'z')                                         ? char(c - 32)
                 : (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '.' ? c
                                                                                : '_';
    attributes["HTTP_OIDC_" + upper] = attributes["OIDC_CLAIM_" + name] = values;
    attributes["OIDC-" + name] = std::move(values);
}

void add_claim(Attributes& attributes, const std::string& name, const Json& value, int depth) {
    if (attributes.size() > most_attributes || value.is_null()) return;
    if (value.is_object()) {
        if (depth > 0)
            for (const auto& [member, inner] : value.as_object())
                add_claim(attributes, name + "." + member, inner, depth - 1);
    } else if (value.is_array()) {
        std::vector<std::string> values;
        for (const Json& one : value.as_array())
            if (!one.is_object() && !one.is_array() && !one.is_null())
                values.push_back(one.is_string() ? one.as_string() : one.dump());
        add(attributes, name, std::move(values));
    } else {
        add(attributes, name, {value.is_string() ? value.as_string() : value.dump()});
    }
}

} // namespace

std::string authorization_url(const std::string& endpoint, const OpenidRequest& request) {
    const std::pair<const char*, std::string> parameters[] = {
        {"response_type", "code"},
        {"client_id", request.client_id},
        {"redirect_uri", request.redirect_uri},
        {"scope", join(request.scopes, " ")},
        {"state", request.state},
        {"nonce", request.nonce},
        {"code_challenge", base64url_encode(crypto::sha256(request.code_verifier), false)},
        {"code_challenge_method", "S256"}};
    std::string url = endpoint;
    for (const auto& [name, value] : parameters) {
        url += url.find('?') == url.npos ? '?' : '&';
        url += std::string(name) + "=" + percent_encode(value);
    }
    return url;
}

bool same_issuer(std::string_view a, std::string_view b) {
    while (a.ends_with('/')) a.remove_suffix(1);
    while (b.ends_with('/')) b.remove_suffix(1);
    return a == b && !a.empty();
}

void check_id_token(const Json& claims, const std::string& issuer, const std::string& client_id,
                    const std::string& nonce, Time now) {
    if (!same_issuer(claims.text("iss"), issuer)) refuse("it has another issuer");
    const auto audiences = audiences_of(claims);
    if (!holds(audiences, client_id)) refuse("it is meant for somebody else");
    if (claims.has("azp") && claims.text("azp") != client_id)
        refuse("it was given to another client");
    if (audiences.size() > 1 && !claims.has("azp")) refuse("it does not say whom it was given to");
    check_times(claims, now);
    if (claims.text("nonce") != nonce || nonce.empty()) refuse("it answers another request");
    if (claims.text("sub").empty()) refuse("it is about nobody");
}

void check_access_token(const Json& claims, const std::string& issuer,
                        const std::vector<std::string>& accepted_clients, Time now) {
    // Introspection may leave the issuer out: it is the one that was asked.
    if (claims.has("iss") && !same_issuer(claims.text("iss"), issuer))
        refuse("it has another issuer");
    check_times(claims, now);
    if (holds(accepted_clients, claims.text("client_id")) ||
        holds(accepted_clients, claims.text("azp")))
        return;
    for (const auto& audience : audiences_of(claims))
        if (holds(accepted_clients, audience)) return;
    refuse("it was given to another client");
}

Attributes attributes_of_claims(const Json& claims) {
    Attributes attributes;
    for (const auto& [name, value] : claims.as_object()) add_claim(attributes, name, value, 2);
    if (const auto subject = claims.text("sub"); !subject.empty())
        attributes["REMOTE_USER"] = {subject};
    return attributes;
}

} // namespace nephele::keystone::logic
