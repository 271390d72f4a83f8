// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/openid_login.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/logic/openid.h"
#include "services/keystone/ops/login_ticket.h"

namespace nephele::keystone {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Failure(Fault::unauthorized, "Unauthorized", why);
}

std::string random_text(Cloud& cloud) {
    return base64url_encode(cloud.ids().random_bytes(32), false);
}

std::string value_of(const std::vector<std::pair<std::string, std::string>>& query,
                     std::string_view name) {
    for (const auto& [key, value] : query)
        if (key == name) return value;
    return "";
}

TicketOf ticket_of(const OpenidRoute& route) {
    return {"openid-login", route.identity_provider_id, route.protocol_id};
}

// What the provider says of the one who bears the token, where it has an address for that.
void add_user_info(const OpenidRoute& route, const std::string& access_token, Time now,
                   Json& claims) {
    const std::string url = route.provider.endpoint("userinfo_endpoint", now);
    if (url.empty() || access_token.empty()) return;
    const auto info = route.provider.get(url, access_token);
    // About the same one, else it says nothing of this login.
    if (!info || info->text("sub").empty() || info->text("sub") != claims.text("sub")) return;
    for (const auto& [name, value] : info->as_object())
        if (!claims.has(name)) claims[name] = value;
}

Issued log_in_by_claims(Cloud& cloud, const OpenidRoute& route, Json claims) {
    claims["iss"] = route.provider.settings().issuer;
    return log_in_federated(cloud, {.identity_provider_id = route.identity_provider_id,
                                    .protocol_id = route.protocol_id,
                                    .attributes = logic::attributes_of_claims(claims),
                                    .remote_id_attribute = "HTTP_OIDC_ISS"});
}

Json verified_id_token(Cloud& cloud, const OpenidRoute& route, const std::string& text,
                       const std::string& nonce) {
    const auto token = crypto::jose::Token::parse(text);
    if (!token || !token->verified_by(route.provider.keys(token->key_id(), cloud.now())))
        refuse("The identity provider's token is not signed by it.");
    const auto& settings = route.provider.settings();
    logic::check_id_token(token->claims, settings.issuer, settings.client_id, nonce, cloud.now());
    return token->claims;
}

// Asked at the provider where it answers such questions: it knows of tokens that ended early. Else
// the token must say all itself, as RFC 9068 has it.
Json claims_of_access_token(Cloud& cloud, const OpenidRoute& route, const std::string& text) {
    const auto& settings = route.provider.settings();
    const Time now = cloud.now();
    Json claims;
    if (const auto url = route.provider.endpoint("introspection_endpoint", now); !url.empty()) {
        const auto answer =
            route.provider.post(url, {{"token", text}, {"token_type_hint", "access_token"}}, now);
        if (!answer || !answer->boolean("active")) refuse("The access token is not valid.");
        claims = *answer;
    } else {
        const auto token = crypto::jose::Token::parse(text);
        const std::string type = token ? lower(token->header.text("typ")) : "";
        if (type != "at+jwt" && type != "application/at+jwt")
            refuse("The access token is not one that can be verified.");
        if (!token->verified_by(route.provider.keys(token->key_id(), now)))
            refuse("The access token is not signed by the identity provider.");
        claims = token->claims;
    }
    logic::check_access_token(claims, settings.issuer, settings.accepted_clients, now);
    return claims;
}

} // namespace

OpenidStart start_openid(Cloud& cloud, const OpenidRoute& route, const std::string& origin) {
    const auto& settings = route.provider.settings();
    const logic::OpenidRequest request{.client_id = settings.client_id,
                                       .redirect_uri = route.redirect_uri,
                                       .state = random_text(cloud),
                                       .nonce = random_text(cloud),
                                       .code_verifier = random_text(cloud),
                                       .scopes = settings.scopes};
    const Json ticket = Json::object({{"state", request.state},
                                      {"nonce", request.nonce},
                                      {"verifier", request.code_verifier},
                                      {"redirect", request.redirect_uri},
                                      {"origin", origin}});
    const std::string endpoint = route.provider.endpoint("authorization_endpoint", cloud.now());
    return {logic::authorization_url(endpoint, request),
            seal_ticket(cloud, ticket_of(route), ticket)};
}

OpenidReturn finish_openid(Cloud& cloud, const OpenidRoute& route, const std::string& ticket,
                           const std::vector<std::pair<std::string, std::string>>& query) {
    const auto opened = open_ticket(cloud, ticket_of(route), ticket);
    if (!opened)
        refuse("This browser has not begun to log in here, or that was over ten minutes ago. Begin "
               "again.");
    const Json& begun = *opened;
    if (!crypto::equal_constant_time(value_of(query, "state"), begun.text("state")))
        refuse("The answer belongs to another login. Begin again.");
    const std::string issuer = value_of(query, "iss");
    if (!issuer.empty() && !logic::same_issuer(issuer, route.provider.settings().issuer))
        refuse("The answer comes from another identity provider.");
    if (const auto error = value_of(query, "error"); !error.empty())
        refuse("The identity provider refuses: " + error.substr(0, 100));
    const Time now = cloud.now();
    const auto answer = route.provider.post(route.provider.endpoint("token_endpoint", now),
                                            {{"grant_type", "authorization_code"},
                                             {"code", value_of(query, "code")},
                                             {"redirect_uri", begun.text("redirect")},
                                             {"code_verifier", begun.text("verifier")}},
                                            now);
    if (!answer) refuse("The identity provider does not know this login. Begin again.");
    Json claims = verified_id_token(cloud, route, answer->text("id_token"), begun.text("nonce"));
    add_user_info(route, answer->text("access_token"), now, claims);
    return {log_in_by_claims(cloud, route, std::move(claims)), begun.text("origin")};
}

Issued log_in_by_access_token(Cloud& cloud, const OpenidRoute& route, const std::string& token) {
    Json claims = claims_of_access_token(cloud, route, token);
    add_user_info(route, token, cloud.now(), claims);
    return log_in_by_claims(cloud, route, std::move(claims));
}

} // namespace nephele::keystone
