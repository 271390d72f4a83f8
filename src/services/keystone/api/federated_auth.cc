// SPDX-License-Identifier: Apache-2.0
// Logging in with an identity from elsewhere: for programs (/auth) and for browsers that a
// dashboard sent (/websso), which carry the token back in a form.
#include "base/strings.h"
#include "services/keystone/api/federated_reply.h"
#include "services/keystone/api/federation.h"
#include "services/keystone/api/federation_front.h"
#include "services/keystone/ops/federated_login.h"
#include "services/keystone/ops/federation_sources.h"
#include "services/keystone/ops/openid_login.h"
#include "services/keystone/store/federation.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

// ---- dashboards ----

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

// ---- who vouches ----

constexpr TicketCookie cookie{"nephele_openid", "SameSite=Lax"};

OpenidRoute openid_route(const FreeCall& call, OpenidProvider& provider, const Way& way) {
    std::string back = provider.settings().redirect_url;
    if (back.empty())
        back = format("{}/v3/auth/OS-FEDERATION/identity_providers/{}/protocols/{}/openid",
                      call.in.base_url, percent_encode(way.provider), percent_encode(way.protocol));
    return {provider, way.provider, way.protocol, std::move(back)};
}

// A program brings an access token, a browser is sent to the provider.
Reply through_openid(FreeCall& call, OpenidProvider& provider, const Way& way) {
    const OpenidRoute route = openid_route(call, provider, way);
    const std::string authorization = call.in.head.headers.get("Authorization");
    if (starts_with_icase(authorization, "Bearer "))
        return reply_of(watched_federated(call, way,
                                          [&] {
                                              return log_in_by_access_token(
                                                  call.cloud, route,
                                                  std::string(trim(authorization.substr(7))));
                                          }),
                        way.origin);
    const OpenidStart start = start_openid(call.cloud, route, way.origin);
    return redirect_reply(start.location, ticket_cookie(call, cookie, start.ticket));
}

Issued log_in_by_front(FreeCall& call, const Way& way) {
    return log_in_federated(
        call.cloud, {.identity_provider_id = way.provider,
                     .protocol_id = way.protocol,
                     .attributes = attributes_of_headers(call.cloud.config(), call.in.head)});
}

// Nobody is told which providers there are before somebody vouches.
Reply enter(FreeCall& call, const Way& way) {
    if (came_through_front(call.cloud, call.in.head))
        return reply_of(watched_federated(call, way, [&] { return log_in_by_front(call, way); }),
                        way.origin);
    const auto& sources = call.cloud.state<FederationSources>();
    if (auto* openid = sources.openid(way.provider, way.protocol))
        return through_openid(call, *openid, way);
    if (const auto* saml = sources.saml(way.provider, way.protocol))
        return through_saml(call, *saml, way);
    throw refused_login();
}

Reply auth(FreeCall& call) {
    return enter(call, {path_of(call, "idp_id"), path_of(call, "protocol_id"), ""});
}

Reply websso_of_provider(FreeCall& call) {
    return enter(call,
                 {path_of(call, "idp_id"), path_of(call, "protocol_id"), trusted_origin(call)});
}

// The browser comes back from an OpenID Connect provider.
Reply openid_return(FreeCall& call) {
    const Way way{path_of(call, "idp_id"), path_of(call, "protocol_id"), ""};
    auto* provider = call.cloud.state<FederationSources>().openid(way.provider, way.protocol);
    if (!provider) throw refused_login();
    std::string origin;
    const Issued issued = watched_federated(call, way, [&] {
        auto done = finish_openid(call.cloud, openid_route(call, *provider, way),
                                  ticket_of(call, cookie), call.in.query);
        origin = std::move(done.origin);
        return std::move(done.issued);
    });
    Reply reply = reply_of(issued, origin);
    reply.headers.set("Set-Cookie", ticket_cookie(call, cookie, ""));
    return reply;
}

// The provider is the one whose remote id the assertion carries.
std::string provider_of_assertion(FreeCall& free, const std::string& protocol_id) {
    if (!came_through_front(free.cloud, free.in.head)) {
        // Of those this program talks to itself, when there is but one.
        const auto own = free.cloud.state<FederationSources>().providers_of(protocol_id);
        if (own.size() == 1) return own.front();
        throw unauthorized("Missing entity ID from environment");
    }
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
    return enter(call, {provider_of_assertion(call, protocol), protocol, origin});
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
            "", websso_of_provider, open_to_all)
        .on("GET "
            "/v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/openid",
            "", openid_return, making_a_token);
}

} // namespace nephele::keystone
