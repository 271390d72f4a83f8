// SPDX-License-Identifier: Apache-2.0
// Being a SAML service provider: metadata, sending clients to the identity provider, and taking
// what they bring back.
#include "base/strings.h"
#include "services/keystone/api/federated_reply.h"
#include "services/keystone/logic/saml_text.h"
#include "services/keystone/ops/federation_sources.h"
#include "services/keystone/ops/saml_login.h"

namespace nephele::keystone {
namespace {

constexpr const char* paos_type = "application/vnd.paos+xml";
// The answer comes by a form that the provider's page posts.
constexpr TicketCookie cookie{"nephele_saml", "SameSite=None"};

SamlRoute route_of(const FreeCall& call, const logic::SamlPeer& peer, const Way& way) {
    std::string back = peer.acs_url;
    if (back.empty())
        back = format("{}/v3/auth/OS-FEDERATION/identity_providers/{}/protocols/{}/saml2/acs",
                      call.in.base_url, percent_encode(way.provider), percent_encode(way.protocol));
    return {peer, way.provider, way.protocol, std::move(back)};
}

Way way_of(const FreeCall& call) {
    return {path_of(call, "idp_id"), path_of(call, "protocol_id"), ""};
}

const logic::SamlPeer* peer_of(const FreeCall& call, const Way& way) {
    return call.cloud.state<FederationSources>().saml(way.provider, way.protocol);
}

// As the ECP profile has clients say what they can.
bool is_ecp_client(const http::RequestHead& head) {
    return head.headers.get("Accept").find(paos_type) != std::string::npos &&
           head.headers.get("PAOS").find(logic::paos_space) != std::string::npos;
}

Reply metadata(FreeCall& call) {
    const Way way = way_of(call);
    const auto* peer = peer_of(call, way);
    if (!peer)
        throw not_found("NotFound", "This cloud is no SAML service provider for that identity "
                                    "provider and protocol.");
    Reply reply;
    reply.content_type = "application/samlmetadata+xml";
    reply.raw = logic::service_metadata_xml(*peer, route_of(call, *peer, way).acs_url);
    return reply;
}

std::string posted_response(const FreeCall& call) {
    std::string base64;
    for (const auto& [name, value] : http::parse_query(call.in.raw_body))
        if (name == "SAMLResponse")
            for (const char c : value)
                if (c != '\n' && c != '\r') base64 += c;
    const auto document = base64_decode(base64);
    if (base64.empty() || !document)
        throw bad_request("ValidationError", "Expecting to find SAMLResponse in the form.");
    return *document;
}

Reply take_answer(FreeCall& call) {
    const Way way = way_of(call);
    const auto* peer = peer_of(call, way);
    if (!peer) throw refused_login();
    const SamlRoute route = route_of(call, *peer, way);
    if (call.in.head.headers.get("Content-Type").starts_with(paos_type))
        return reply_of(
            watched_federated(call, way,
                              [&] { return finish_ecp(call.cloud, route, call.in.raw_body); }),
            "");
    std::string origin;
    const Issued issued = watched_federated(call, way, [&] {
        auto done = finish_saml(call.cloud, route, ticket_of(call, cookie), posted_response(call));
        origin = std::move(done.origin);
        return std::move(done.issued);
    });
    Reply reply = reply_of(issued, origin);
    reply.headers.set("Set-Cookie", ticket_cookie(call, cookie, ""));
    return reply;
}

} // namespace

Reply through_saml(FreeCall& call, const logic::SamlPeer& peer, const Way& way) {
    const SamlRoute route = route_of(call, peer, way);
    if (is_ecp_client(call.in.head)) {
        Reply reply;
        reply.content_type = paos_type;
        reply.headers.set("Cache-Control", "no-store");
        reply.raw = start_ecp(call.cloud, route);
        return reply;
    }
    const SamlStart start = start_saml(call.cloud, route, way.origin);
    return redirect_reply(start.location, ticket_cookie(call, cookie, start.ticket));
}

Resource saml_service_routes() {
    const std::string root =
        "/v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/saml2";
    return Resource()
        .on("GET " + root + "/metadata", "", metadata, {.open = true})
        .on("POST " + root + "/acs", "", take_answer,
            {.status = 201, .open = true, .tolerant_query = true, .any_content_type = true});
}

} // namespace nephele::keystone
