// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/saml_login.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/xml/xml.h"
#include "services/keystone/logic/saml_response.h"
#include "services/keystone/logic/saml_text.h"
#include "services/keystone/ops/login_ticket.h"

namespace nephele::keystone {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw unauthorized(why); }

TicketOf ticket_of(const SamlRoute& route) {
    return {"saml-login", route.identity_provider_id, route.protocol_id};
}

// An XML id begins with a letter or an underscore.
logic::AuthnRequest new_request(Cloud& cloud, const SamlRoute& route, const char* binding) {
    return {"_" + cloud.ids().hex(), cloud.now(), route.acs_url, binding};
}

std::string sealed(Cloud& cloud, const SamlRoute& route, const std::string& request_id,
                   const std::string& origin) {
    return seal_ticket(cloud, ticket_of(route),
                       Json::object({{"request", request_id}, {"origin", origin}}));
}

// What the provider signed: the assertion, or all of the answer.
struct Signed {
    xml::Element response, assertion;
};

Signed verified(const SamlRoute& route, const std::string& text) {
    const auto root = xml::parse(text);
    const xml::Element* response = root ? logic::find_saml_response(*root) : nullptr;
    if (!response)
        throw bad_request("ValidationError", "Expecting to find a SAML response in the request.");
    const auto& certificates = route.peer.certificates;
    if (auto assertion =
            xml::verified_element(text, logic::saml_assertion_space, "Assertion", certificates))
        return {*response, std::move(*assertion)};
    if (auto whole =
            xml::verified_element(text, logic::saml_protocol_space, "Response", certificates)) {
        const auto assertions = whole->all("Assertion");
        if (assertions.size() == 1 && assertions[0]->space == logic::saml_assertion_space)
            return {*whole, *assertions[0]};
    }
    if (response->child("EncryptedAssertion"))
        refuse("The identity provider's answer is encrypted, which is not read here. Have it send "
               "signed assertions that are not encrypted; TLS keeps them secret.");
    // Without an assertion it may still say why.
    if (!response->child("Assertion"))
        if (const auto* status = response->child("Status"); status && status->child("StatusCode"))
            refuse("The identity provider refuses: " +
                   status->child("StatusCode")->attribute("Value").substr(0, 100));
    refuse("The identity provider's answer is not signed by it.");
}

Issued log_in(Cloud& cloud, const SamlRoute& route, const std::string& text,
              const std::string& request_id, bool unsolicited) {
    const Signed found = verified(route, text);
    const auto& peer = route.peer;
    const auto statement = logic::check_saml(found.response, found.assertion,
                                             {.issuer = peer.issuer,
                                              .audience = peer.entity_id,
                                              .recipient = route.acs_url,
                                              .request_id = request_id,
                                              .unsolicited = unsolicited,
                                              .clock_skew = peer.clock_skew,
                                              .now = cloud.now()});
    return log_in_federated(
        cloud,
        {.identity_provider_id = route.identity_provider_id,
         .protocol_id = route.protocol_id,
         .attributes = statement.attributes,
         .remote_id_attribute = "MELLON_IDP",
         .once = OnceOnly{hex_encode(crypto::sha256(peer.issuer + "\n" + statement.assertion_id)),
                          statement.until},
         .limit = statement.session_until});
}

} // namespace

SamlStart start_saml(Cloud& cloud, const SamlRoute& route, const std::string& origin) {
    if (route.peer.sso_url.empty())
        refuse("Only programs log in through this identity provider: it has no address for "
               "browsers.");
    const auto request = new_request(cloud, route, logic::saml_post_binding);
    return {logic::saml_redirect_url(route.peer, logic::authn_request_xml(route.peer, request)),
            sealed(cloud, route, request.id, origin)};
}

std::string start_ecp(Cloud& cloud, const SamlRoute& route) {
    const auto request = new_request(cloud, route, logic::saml_paos_binding);
    return logic::paos_request(route.peer, request, sealed(cloud, route, request.id, ""));
}

SamlReturn finish_saml(Cloud& cloud, const SamlRoute& route, const std::string& ticket,
                       const std::string& response) {
    const auto begun = open_ticket(cloud, ticket_of(route), ticket);
    if (!begun)
        refuse("This browser has not begun to log in here, or that was over ten minutes ago. Begin "
               "again.");
    return {log_in(cloud, route, response, begun->text("request"), false), begun->text("origin")};
}

Issued finish_ecp(Cloud& cloud, const SamlRoute& route, const std::string& envelope) {
    std::string relay_state;
    if (const auto root = xml::parse(envelope))
        if (const auto* header = root->child("Header"))
            if (const auto* state = header->child("RelayState"))
                relay_state = std::string(trim(state->text));
    const auto begun = open_ticket(cloud, ticket_of(route), relay_state);
    return log_in(cloud, route, envelope, begun ? begun->text("request") : "",
                  route.peer.unsolicited);
}

} // namespace nephele::keystone
