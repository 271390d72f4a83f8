// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/saml.h"

#include "base/strings.h"
#include "platform/xml/xml.h"

namespace nephele::keystone::logic {
namespace {

using xml::escaped;

#define SAML "urn:oasis:names:tc:SAML:2.0:"
constexpr const char* declaration = "<?xml version='1.0' encoding='UTF-8'?>\n";

std::string instant(Time time) { return iso_time({time.seconds() * 1'000'000}, 0); }

// <name>text</name>
std::string element(const std::string& name, const std::string& text,
                    const std::string& attributes = "") {
    return "<" + name + attributes + ">" + escaped(text) + "</" + name + ">";
}
std::string attribute(const char* name, const std::string& value) {
    return " " + std::string(name) + "=\"" + escaped(value) + "\"";
}

std::string attribute_xml(const char* name, const std::vector<std::string>& values) {
    std::string out = "<saml:Attribute" + attribute("Name", name) + ">";
    for (const auto& value : values) out += element("saml:AttributeValue", value);
    return out + "</saml:Attribute>";
}

std::string issuer_xml(const std::string& issuer) {
    return element("saml:Issuer", issuer, attribute("Format", SAML "nameid-format:entity"));
}

// The text between the lines of PEM.
std::string certificate_text(const std::string& pem) {
    std::string out;
    bool inside = false;
    for (const auto& line : split(pem, '\n')) {
        if (line.starts_with("-----BEGIN CERTIFICATE"))
            inside = true;
        else if (line.starts_with("-----END"))
            break;
        else if (inside)
            out += trim(line);
    }
    return out;
}

std::string organization_xml(const SamlMetadata& metadata) {
    if (metadata.organization_name.empty() || metadata.organization_display_name.empty() ||
        metadata.organization_url.empty())
        return "";
    const std::string language = attribute("xml:lang", metadata.language);
    return "<md:Organization>" +
           element("md:OrganizationName", metadata.organization_name, language) +
           element("md:OrganizationDisplayName", metadata.organization_display_name, language) +
           element("md:OrganizationURL", metadata.organization_url, language) +
           "</md:Organization>";
}

std::string contact_xml(const SamlMetadata& metadata) {
    for (const auto* part :
         {&metadata.contact_company, &metadata.contact_name, &metadata.contact_surname,
          &metadata.contact_email, &metadata.contact_telephone, &metadata.contact_type})
        if (part->empty()) return "";
    return "<md:ContactPerson" + attribute("contactType", metadata.contact_type) + ">" +
           element("md:Company", metadata.contact_company) +
           element("md:GivenName", metadata.contact_name) +
           element("md:SurName", metadata.contact_surname) +
           element("md:EmailAddress", metadata.contact_email) +
           element("md:TelephoneNumber", metadata.contact_telephone) + "</md:ContactPerson>";
}

} // namespace

std::string assertion_xml(const SamlAssertion& a) {
    const std::string expires = instant(a.expires_at), issued = instant(a.issued_at);
    std::string out = "<saml:Assertion xmlns:saml=\"" SAML "assertion\"" + attribute("ID", a.id) +
                      attribute("IssueInstant", issued) + " Version=\"2.0\">";
    out += issuer_xml(a.issuer);
    out += "<saml:Subject>" + element("saml:NameID", a.user) +
           "<saml:SubjectConfirmation Method=\"" SAML "cm:bearer\"><saml:SubjectConfirmationData" +
           attribute("NotOnOrAfter", expires) + attribute("Recipient", a.recipient) +
           "/></saml:SubjectConfirmation></saml:Subject>";
    out += "<saml:AuthnStatement" + attribute("AuthnInstant", issued) +
           attribute("SessionIndex", a.session_index) + attribute("SessionNotOnOrAfter", expires) +
           "><saml:AuthnContext>" +
           element("saml:AuthnContextClassRef", SAML "ac:classes:Password") +
           element("saml:AuthenticatingAuthority", a.issuer) +
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
           attribute("ID", a.response_id) + attribute("Destination", a.recipient) +
           attribute("IssueInstant", instant(a.issued_at)) + " Version=\"2.0\">" +
           issuer_xml(a.issuer) +
           "<samlp:Status><samlp:StatusCode Value=\"" SAML "status:Success\"/></samlp:Status>" +
           signed_assertion + "</samlp:Response>";
}

std::string ecp_envelope(const std::string& response, const std::string& relay_state) {
    return std::string(declaration) +
           "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">"
           "<soap:Header><ecp:RelayState xmlns:ecp=\"" SAML "profiles:SSO:ecp\" "
           "soap:actor=\"http://schemas.xmlsoap.org/soap/actor/next\" soap:mustUnderstand=\"1\">" +
           escaped(relay_state) + "</ecp:RelayState></soap:Header><soap:Body>" + response +
           "</soap:Body></soap:Envelope>";
}

std::string metadata_xml(const SamlMetadata& m) {
    return std::string(declaration) +
           "<md:EntityDescriptor xmlns:md=\"" SAML "metadata\" "
           "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"" +
           attribute("entityID", m.entity_id) +
           "><md:IDPSSODescriptor protocolSupportEnumeration=\"" SAML "protocol\">"
           "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data>" +
           element("ds:X509Certificate", certificate_text(m.certificate_pem)) +
           "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>" +
           element("md:NameIDFormat", SAML "nameid-format:transient") +
           "<md:SingleSignOnService Binding=\"" SAML "bindings:URI\"" +
           attribute("Location", m.sso_endpoint) + "/></md:IDPSSODescriptor>" +
           organization_xml(m) + contact_xml(m) + "</md:EntityDescriptor>";
}

} // namespace nephele::keystone::logic
