// SPDX-License-Identifier: Apache-2.0
// Logging in with an identity from elsewhere: for programs (/auth) and for browsers that a
// dashboard sent (/websso), which carry the token back in a form.
#include "base/strings.h"
#include "services/keystone/api/federation.h"
#include "services/keystone/api/federation_front.h"
#include "services/keystone/api/token_reply.h"
#include "services/keystone/ops/federated_login.h"
#include "services/keystone/store/federation.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

std::string path_of(const FreeCall& call, std::string_view name) {
    for (const auto& [key, value] : call.in.path_values)
        if (key == name) return value;
    return "";
}

std::string query_of(const FreeCall& call, std::string_view name) {
    for (const auto& [key, value] : call.in.query)
        if (key == name) return value;
    return "";
}

// ---- dashboards ----

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    return out;
}

// The part before the path, without case.
std::string with_lower_host(const std::string& url) {
    const auto scheme = url.find("://");
    const auto end = scheme == url.npos ? 0 : std::min(url.find('/', scheme + 3), url.size());
    return lower(url.substr(0, end)) + url.substr(end);
}

// Where the browser will carry the token: only to addresses the operator trusts.
std::string trusted_origin(const FreeCall& call) {
    const std::string origin = query_of(call, "origin");
    if (origin.empty())
        throw bad_request("ValidationError", "Request must have an origin query parameter");
    const auto trusted = call.cloud.config().list("keystone.trusted_dashboards");
    const bool known = std::any_of(trusted.begin(), trusted.end(), [&](const std::string& one) {
        return with_lower_host(one) == origin;
    });
    if (!known) throw unauthorized(format("{} is not a trusted dashboard host", origin));
    return origin;
}

// A form that posts itself to the dashboard.
Reply form_reply(const std::string& origin, const std::string& token) {
    Reply reply;
    reply.content_type = "text/html; charset=utf-8";
    reply.headers.set("Cache-Control", "no-store");
    reply.headers.set("Referrer-Policy", "no-referrer");
    reply.raw = format("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
                       "<title>Keystone WebSSO redirect</title>\n</head>\n<body>\n"
                       "<form id=\"sso\" name=\"sso\" action=\"{}\" method=\"post\">\n"
                       "Please wait...\n<br/>\n"
                       "<input type=\"hidden\" name=\"token\" id=\"token\" value=\"{}\"/>\n"
                       "<noscript>\n<input type=\"submit\" name=\"submit_no_javascript\" "
                       "id=\"submit_no_javascript\" value=\"If your JavaScript is disabled, please "
                       "click to continue\"/>\n</noscript>\n</form>\n"
                       "<script type=\"text/javascript\">\n"
                       "window.onload = function() {\n"
                       "    document.forms['sso'].submit();\n}\n</script>\n</body>\n</html>\n",
                       escaped(origin), escaped(token));
    return reply;
}

// ---- who vouches ----

Issued log_in_through_front(FreeCall& call, const std::string& provider,
                            const std::string& protocol) {
    if (!came_through_front(call.cloud.config(), call.in.head)) throw refused_login();
    return log_in_federated(call.cloud,
                            {.identity_provider_id = provider,
                             .protocol_id = protocol,
                             .attributes = attributes_of_headers(call.cloud.config(), call.in.head),
                             .remote_id_attribute = ""});
}

Reply auth(FreeCall& call) {
    const Issued issued =
        log_in_through_front(call, path_of(call, "idp_id"), path_of(call, "protocol_id"));
    return token_reply(201, issued.token, issued.facts, nullptr);
}

Reply websso_of_provider(FreeCall& call) {
    const std::string origin = trusted_origin(call);
    const Issued issued =
        log_in_through_front(call, path_of(call, "idp_id"), path_of(call, "protocol_id"));
    return form_reply(origin, issued.token);
}

// The provider is the one whose remote id the assertion carries.
std::string provider_of_assertion(FreeCall& free, const std::string& protocol_id) {
    if (!came_through_front(free.cloud.config(), free.in.head)) throw refused_login();
    const auto attributes = attributes_of_headers(free.cloud.config(), free.in.head);
    return free.read([&](Call& call) -> std::string {
        for (const auto& protocol : select(call.tx, table::federation_protocols(), Scope::all(),
                                           {"id = ?", {protocol_id}}, "ORDER BY idp_id")) {
            const auto found = attributes.find(
                remote_id_attribute(call.cloud.config(), protocol.remote_id_attribute));
            if (found == attributes.end() || found->second.empty()) continue;
            if (auto provider = store::find_provider_of_remote_id(call.tx, found->second.front()))
                return provider->id;
            throw not_found("IdentityProviderNotFound",
                            format("Could not find Identity Provider: {}.",
                                   found->second.front().substr(0, 300)));
        }
        throw unauthorized("Missing entity ID from environment");
    });
}

Reply websso_of_protocol(FreeCall& call) {
    const std::string origin = trusted_origin(call), protocol = path_of(call, "protocol_id");
    const Issued issued =
        log_in_through_front(call, provider_of_assertion(call, protocol), protocol);
    return form_reply(origin, issued.token);
}

constexpr RouteOptions open_to_all{.open = true, .tolerant_query = true, .any_content_type = true};
constexpr RouteOptions making_a_token{
    .status = 201, .open = true, .tolerant_query = true, .any_content_type = true};

} // namespace

Resource federated_auth_routes() {
    return Resource()
        .on("GET /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth", "",
            auth, making_a_token)
        .on("POST /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth", "",
            auth, making_a_token)
        .on("GET /v3/auth/OS-FEDERATION/websso/{protocol_id}", "", websso_of_protocol, open_to_all)
        .on("POST /v3/auth/OS-FEDERATION/websso/{protocol_id}", "", websso_of_protocol, open_to_all)
        .on("GET /v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
            "", websso_of_provider, open_to_all)
        .on("POST "
            "/v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
            "", websso_of_provider, open_to_all);
}

} // namespace nephele::keystone
