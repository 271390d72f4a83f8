// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/saml.h"

#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/keystone/logic/saml_text.h"

namespace nephele::keystone::logic {
namespace {

using xml::escaped;

#define SAML "urn:oasis:names:tc:SAML:2.0:"
std::string attribute_xml(const char* name, const std::vector<std::string>& values) {
    std::string out = "<saml:Attribute" + xml_attribute("Name", name) + ">";
    for (const auto& value : values) out += xml_element("saml:AttributeValue", value);
    return out + "</saml:Attribute>";
}

std::string issuer_xml(const std::string& issuer) {
    return xml_element("saml:Issuer", issuer, xml_attribute("Format", SAML "nameid-format:entity"));
}

std::string organization_xml(const SamlMetadata& metadata) {
    if (metadata.organization_name.empty() || metadata.organization_display_name.empty() ||
        metadata.organization_url.empty())
        return "";
    const std::string language = xml_attribute("xml:lang", metadata.language);
    return "<md:Organization>" +
           xml_element("md:OrganizationName", metadata.organization_name, language) +
           xml_element("md:OrganizationDisplayName", metadata.organization_display_name, language) +
           xml_element("md:OrganizationURL", metadata.organization_url, language) +
           "</md:Organization>";
}

std::string contact_xml(const SamlMetadata& metadata) {
    for (const auto* part :
         {&metadata.contact_company, &metadata.contact_name, &metadata.contact_surname,
          &metadata.contact_email, &metadata.contact_telephone, &metadata.contact_type})
        if (part->empty()) return "";
    return "<md:ContactPerson" + xml_attribute("contactType", metadata.contact_type) + ">" +
           xml_element("md:Company", metadata.contact_company) +
           xml_element("md:GivenName", metadata.contact_name) +
           xml_element("md:SurName", metadata.contact_surname) +
           xml_element("md:EmailAddress", metadata.contact_email) +
           xml_element("md:TelephoneNumber", metadata.contact_telephone) + "</md:ContactPerson>";
}

} // namespace

std::string assertion_xml(const SamlAssertion& a) {
    const std::string expires = saml_instant(a.expires_at), issued = saml_instant(a.issued_at);
    std::string out = "<saml:Assertion xmlns:saml=\"" SAML "assertion\"" +
                      xml_attribute("ID", a.id) + xml_attribute("IssueInstant", issued) +
                      " Version=\"2.0\">";
    out += issuer_xml(a.issuer);
    out += "<saml:Subject>" + xml_element("saml:NameID", a.user) +
           "<saml:SubjectConfirmation Method=\"" SAML "cm:bearer\"><saml:SubjectConfirmationData" +
           xml_attribute("NotOnOrAfter", expires) + xml_attribute("Recipient", a.recipient) +
           "/></saml:SubjectConfirmation></saml:Subject>";
    out += "<saml:AuthnStatement" + xml_attribute("AuthnInstant", issued) +
           xml_attribute("SessionIndex", a.session_index) +
           xml_attribute("SessionNotOnOrAfter", expires) + "><saml:AuthnContext>" +
           xml_element("saml:AuthnContextClassRef", SAML "ac:classes:Password") +
           xml_element("saml:AuthenticatingAuthority", a.issuer) +
           "</saml:AuthnContext></saml:AuthnStatement>";
    out += "<saml:AttributeStatement>" + attribute_xml("openstack_user", {a.user}) +
           attribute_xml("openstack_roles", a.roles) +
           attribute_xml("openstack_project", {a.project}) +
           attribute_xml("openstack_project_domain", {a.project_domain}) +
           attribute_xml("openstack_user_domain", {a.user_domain});
    if (!a.groups.empty()) out += attribute_xml("openstack_groups", a.groups);
    return out + "</saml:AttributeStatement></saml:Assertion>";
}

std::string response_xml(const SamlAssertion& a, const std::string& signed_assertion) {
    return "<samlp:Response xmlns:samlp=\"" SAML "protocol\" xmlns:saml=\"" SAML "assertion\"" +
           xml_attribute("ID", a.response_id) + xml_attribute("Destination", a.recipient) +
           xml_attribute("IssueInstant", saml_instant(a.issued_at)) + " Version=\"2.0\">" +
           issuer_xml(a.issuer) +
           "<samlp:Status><samlp:StatusCode Value=\"" SAML "status:Success\"/></samlp:Status>" +
           signed_assertion + "</samlp:Response>";
}

std::string ecp_envelope(const std::string& response, const std::string& relay_state) {
    return std::string(xml_declaration) +
           "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">"
           "<soap:Header><ecp:RelayState xmlns:ecp=\"" SAML "profiles:SSO:ecp\" "
           "soap:actor=\"http://schemas.xmlsoap.org/soap/actor/next\" soap:mustUnderstand=\"1\">" +
           escaped(relay_state) + "</ecp:RelayState></soap:Header><soap:Body>" + response +
           "</soap:Body></soap:Envelope>";
}

std::string metadata_xml(const SamlMetadata& m) {
    return std::string(xml_declaration) +
           "<md:EntityDescriptor xmlns:md=\"" SAML "metadata\" "
           "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"" +
           xml_attribute("entityID", m.entity_id) +
           "><md:IDPSSODescriptor protocolSupportEnumeration=\"" SAML "protocol\">" +
           signing_key_xml(m.certificate_pem) +
           xml_element("md:NameIDFormat", SAML "nameid-format:transient") +
           "<md:SingleSignOnService Binding=\"" SAML "bindings:URI\"" +
           xml_attribute("Location", m.sso_endpoint) + "/></md:IDPSSODescriptor>" +
           organization_xml(m) + contact_xml(m) + "</md:EntityDescriptor>";
}

} // namespace nephele::keystone::logic
