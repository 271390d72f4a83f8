// SPDX-License-Identifier: Apache-2.0
// Being an identity provider for other clouds: metadata, and a token of a project exchanged for a
// signed assertion that a service provider believes.
#include "services/keystone/logic/saml.h"
#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/keystone/api/federation.h"
#include "services/keystone/ops/authenticator.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/store/federation.h"
#include "services/keystone/store/identity.h"

#include <fstream>
#include <iterator>

namespace nephele::keystone {
namespace {

std::string read_file(const Config& config, const char* option) {
    const std::string path = config.text(option);
    std::ifstream file(path, std::ios::binary);
    if (path.empty() || !file)
        throw Failure(Fault::internal, "SAMLSigningError",
                      format("This cloud cannot sign assertions: {} does not name a file that can "
                             "be read.",
                             option))
            .inside(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

Reply xml_reply(std::string text) {
    Reply reply;
    reply.content_type = "text/xml";
    reply.raw = std::move(text);
    return reply;
}

Reply metadata(FreeCall& call) {
    const Config& config = call.cloud.config();
    const auto text = [&](const char* name) {
        return config.text(std::string("keystone.saml_") + name);
    };
    if (text("idp_entity_id").empty() || text("idp_sso_endpoint").empty())
        throw not_found("NotFound",
                        "This cloud is no identity provider: keystone.saml_idp_entity_id and "
                        "keystone.saml_idp_sso_endpoint are not set.");
    return xml_reply(
        logic::metadata_xml({.entity_id = text("idp_entity_id"),
                             .sso_endpoint = text("idp_sso_endpoint"),
                             .certificate_pem = read_file(config, "keystone.saml_certificate_file"),
                             .language = text("idp_lang"),
                             .organization_name = text("idp_organization_name"),
                             .organization_display_name = text("idp_organization_display_name"),
                             .organization_url = text("idp_organization_url"),
                             .contact_company = text("idp_contact_company"),
                             .contact_name = text("idp_contact_name"),
                             .contact_surname = text("idp_contact_surname"),
                             .contact_email = text("idp_contact_email"),
                             .contact_telephone = text("idp_contact_telephone"),
                             .contact_type = text("idp_contact_type")}));
}

// {"auth": {"identity": {"token": {"id"}}, "scope": {"service_provider": {"id"}}}}
std::string wanted(const Json& body, const char* first, const char* second) {
    const Json& id = body.get("auth").get(first).get(second).get("id");
    if (id.is_string()) return id.as_string();
    throw bad_request("ValidationError",
                      format("Expecting to find a string at auth/{}/{}/id.", first, second));
}

// Only what its bearer logged in with: an assertion carries no restriction of a delegation.
TokenFacts project_token(Call& call, const std::string& text) {
    const auto claims = claims_of(call.cloud.state<State>(), text);
    if (!claims || claims->expires_at <= call.now) throw refused_login();
    auto facts = look_up(call.tx, *claims, call.now);
    if (!facts) throw refused_login();
    if (!facts->project)
        throw forbidden("ForbiddenAction",
                        "You are not authorized to perform the requested action: Use a project "
                        "scoped token when attempting to create a SAML assertion.");
    if (!claims->trust_id.empty() || !claims->application_credential_id.empty() ||
        !claims->access_token_id.empty() || claims->by_ec2_key())
        throw forbidden("ForbiddenAction",
                        "You are not authorized to perform the requested action: create a SAML "
                        "assertion with a token from a trust, an application credential, an EC2 "
                        "key or an access token.");
    return std::move(*facts);
}

std::vector<std::string> groups_of(Call& call, const TokenFacts& facts) {
    auto ids = store::group_ids_of(call.tx, facts.user.id);
    ids.insert(ids.end(), facts.claims.group_ids.begin(), facts.claims.group_ids.end());
    std::vector<std::string> groups;
    for (const auto& id : ids) {
        const auto group = find(call.tx, table::groups(), Scope::all(), id);
        const auto domain = group ? store::find_domain(call.tx, group->domain_id) : std::nullopt;
        if (!domain) continue;
        groups.push_back("JSON:" +
                         Json::object({{"name", group->name},
                                       {"domain", Json::object({{"name", domain->name}})}})
                             .dump());
    }
    return groups;
}

struct Exchange {
    ServiceProvider provider;
    logic::SamlAssertion assertion;
};

Exchange exchange(Call& call) {
    Exchange made;
    const TokenFacts facts = project_token(call, wanted(call.body, "identity", "token"));
    made.provider = need(call.tx, table::service_providers(), Scope::all(),
                         wanted(call.body, "scope", "service_provider"));
    if (!made.provider.enabled)
        throw forbidden("Forbidden", format("Service Provider {} is disabled", made.provider.id));
    auto& a = made.assertion;
    // An XML id begins with a letter.
    for (std::string* id : {&a.id, &a.response_id, &a.session_index}) *id = "_" + call.new_hex();
    a.issuer = call.cloud.config().text("keystone.saml_idp_entity_id");
    a.recipient = made.provider.sp_url;
    a.user = facts.user.name;
    a.user_domain = facts.user_domain.name;
    for (const Role& role : facts.roles) a.roles.push_back(role.name);
    a.project = facts.project->name;
    if (facts.project_domain) a.project_domain = facts.project_domain->name;
    a.groups = groups_of(call, facts);
    a.issued_at = call.now;
    const auto seconds = call.cloud.config().integer("keystone.saml_assertion_expiration_time");
    a.expires_at = std::min(call.now.plus_seconds(seconds), facts.claims.expires_at);
    return made;
}

std::string signed_response(FreeCall& call, const logic::SamlAssertion& assertion) {
    const Config& config = call.cloud.config();
    try {
        return logic::response_xml(
            assertion, xml::signed_root(logic::assertion_xml(assertion),
                                        read_file(config, "keystone.saml_key_file"),
                                        read_file(config, "keystone.saml_certificate_file")));
    } catch (const std::runtime_error& error) {
        if (dynamic_cast<const Failure*>(&error)) throw;
        throw Failure(Fault::internal, "SAMLSigningError",
                      format("This cloud cannot sign assertions: {}.", error.what()));
    }
}

Reply assertion_reply(std::string text, const ServiceProvider& provider) {
    Reply reply = xml_reply(std::move(text));
    reply.headers.set("X-sp-url", provider.sp_url);
    reply.headers.set("X-auth-url", provider.auth_url);
    reply.headers.set("Cache-Control", "no-store");
    return reply;
}

Reply assertion(FreeCall& call) {
    const Exchange made = call.read(exchange);
    return assertion_reply(signed_response(call, made.assertion), made.provider);
}

Reply assertion_in_envelope(FreeCall& call) {
    const Exchange made = call.read(exchange);
    const std::string relay_state =
        made.provider.relay_state_prefix.value_or("") + call.cloud.ids().hex();
    return assertion_reply(logic::ecp_envelope(signed_response(call, made.assertion), relay_state),
                           made.provider);
}

} // namespace

std::vector<Option> saml_options() {
    return {
        {"keystone.saml_certificate_file", "", "certificate that other clouds know us by (PEM)"},
        {"keystone.saml_key_file", "", "its private key (PEM): signs assertions"},
        {"keystone.saml_assertion_expiration_time", 3600, "seconds an assertion is valid"},
        {"keystone.saml_idp_entity_id", "",
         "our name as an identity provider, as \"https://host/v3/OS-FEDERATION/saml2/idp\""},
        {"keystone.saml_idp_sso_endpoint", "", "our address for single sign-on, in the metadata"},
        {"keystone.saml_idp_lang", "en", "language of the organization's names"},
        {"keystone.saml_idp_organization_name", "", "organization, in the metadata"},
        {"keystone.saml_idp_organization_display_name", "", "its name as shown"},
        {"keystone.saml_idp_organization_url", "", "its address"},
        {"keystone.saml_idp_contact_company", "", "contact, in the metadata: company"},
        {"keystone.saml_idp_contact_name", "", "given name"},
        {"keystone.saml_idp_contact_surname", "", "surname"},
        {"keystone.saml_idp_contact_email", "", "mail address"},
        {"keystone.saml_idp_contact_telephone", "", "telephone number"},
        {"keystone.saml_idp_contact_type", "other",
         "technical, support, administrative, billing or other"},
    };
}

Resource saml_routes() {
    return Resource()
        .on("GET /v3/OS-FEDERATION/saml2/metadata", "", metadata, {.open = true})
        .on("POST /v3/auth/OS-FEDERATION/saml2", "", assertion, {.open = true, .read_only = true})
        .on("POST /v3/auth/OS-FEDERATION/saml2/ecp", "", assertion_in_envelope,
            {.open = true, .read_only = true});
}

} // namespace nephele::keystone
