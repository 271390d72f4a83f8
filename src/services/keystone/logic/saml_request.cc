// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/saml_request.h"

#include "base/strings.h"
#include "platform/crypto/jose.h"
#include "platform/xml/xml.h"
#include "services/keystone/logic/saml_text.h"

#include <stdexcept>

namespace nephele::keystone::logic {
namespace {

constexpr const char* rsa_sha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

// DEFLATE without compressing: a request is short.
std::string stored_deflate(std::string_view text) {
    constexpr std::size_t longest = 65'535;
    std::string out;
    do {
        const std::string_view block = text.substr(0, longest);
        text.remove_prefix(block.size());
        out += static_cast<char>(text.empty() ? 1 : 0);
        for (const std::size_t number : {block.size(), ~block.size()}) {
            out += static_cast<char>(number & 0xff);
            out += static_cast<char>((number >> 8) & 0xff);
        }
        out += block;
    } while (!text.empty());
    return out;
}

std::string namespaces() {
    return std::string(" xmlns:S=\"") + soap_space + "\" xmlns:paos=\"" + paos_space +
           "\" xmlns:ecp=\"" + ecp_space + "\"";
}

// Each header block says that the client itself is to read it.
constexpr const char* for_client = " S:mustUnderstand=\"1\" "
                                   "S:actor=\"http://schemas.xmlsoap.org/soap/actor/next\"";

std::string pem_of(std::string_view base64) {
    std::string text;
    for (const char c : base64)
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') text += c;
    std::string pem = "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t at = 0; at < text.size(); at += 64) pem += text.substr(at, 64) + "\n";
    return pem + "-----END CERTIFICATE-----\n";
}

void add_certificates(const xml::Element& key, std::vector<std::string>& certificates) {
    const auto* info = key.child("KeyInfo");
    if (!info) return;
    for (const auto* data : info->all("X509Data"))
        for (const auto* certificate : data->all("X509Certificate"))
            certificates.push_back(pem_of(certificate->text));
}

} // namespace

std::string authn_request_xml(const SamlPeer& peer, const AuthnRequest& request) {
    std::string out = std::string("<samlp:AuthnRequest xmlns:samlp=\"") + saml_protocol_space +
                      "\" xmlns:saml=\"" + saml_assertion_space + "\"" +
                      xml_attribute("ID", request.id) + " Version=\"2.0\"" +
                      xml_attribute("IssueInstant", saml_instant(request.at));
    if (!peer.sso_url.empty() && request.binding != saml_paos_binding)
        out += xml_attribute("Destination", peer.sso_url);
    return out + xml_attribute("AssertionConsumerServiceURL", request.acs_url) +
           xml_attribute("ProtocolBinding", request.binding) + ">" +
           xml_element("saml:Issuer", peer.entity_id) +
           "<samlp:NameIDPolicy AllowCreate=\"true\"/></samlp:AuthnRequest>";
}

std::string saml_redirect_url(const SamlPeer& peer, const std::string& request_xml) {
    std::string query = "SAMLRequest=" + percent_encode(base64_encode(stored_deflate(request_xml)));
    if (!peer.key.reveal().empty()) {
        const auto key = crypto::jose::Key::from_pem(peer.key.reveal());
        if (!key || !key->is_private() || !key->fits(crypto::jose::Algorithm::rs256))
            throw std::runtime_error("the private key is not an RSA key that loads");
        query += "&SigAlg=" + percent_encode(rsa_sha256);
        query += "&Signature=" +
                 percent_encode(base64_encode(key->sign(crypto::jose::Algorithm::rs256, query)));
    }
    return peer.sso_url + (peer.sso_url.find('?') == std::string::npos ? "?" : "&") + query;
}

std::string paos_request(const SamlPeer& peer, const AuthnRequest& request,
                         const std::string& relay_state) {
    std::string body = authn_request_xml(peer, request);
    if (!peer.key.reveal().empty())
        body = xml::signed_root(body, peer.key.reveal(), peer.certificate);
    return std::string(xml_declaration) + "<S:Envelope" + namespaces() +
           "><S:Header><paos:Request" + for_client +
           xml_attribute("responseConsumerURL", request.acs_url) +
           xml_attribute("service", ecp_space) + "/><ecp:Request" + for_client +
           " IsPassive=\"0\"><saml:Issuer xmlns:saml=\"" + saml_assertion_space + "\">" +
           xml::escaped(peer.entity_id) + "</saml:Issuer></ecp:Request>" +
           xml_element("ecp:RelayState", relay_state, for_client) + "</S:Header><S:Body>" + body +
           "</S:Body></S:Envelope>";
}

std::string service_metadata_xml(const SamlPeer& peer, const std::string& acs_url) {
    const auto consumer = [&](const char* binding, const char* index) {
        return "<md:AssertionConsumerService" + xml_attribute("Binding", binding) +
               xml_attribute("Location", acs_url) + xml_attribute("index", index) + "/>";
    };
    const bool sign = !peer.key.reveal().empty();
    return std::string(xml_declaration) + "<md:EntityDescriptor xmlns:md=\"" + saml_metadata_space +
           "\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"" +
           xml_attribute("entityID", peer.entity_id) + "><md:SPSSODescriptor" +
           xml_attribute("AuthnRequestsSigned", sign ? "true" : "false") +
           " WantAssertionsSigned=\"true\"" +
           xml_attribute("protocolSupportEnumeration", saml_protocol_space) + ">" +
           (sign ? signing_key_xml(peer.certificate) : "") + consumer(saml_post_binding, "0") +
           consumer(saml_paos_binding, "1") + "</md:SPSSODescriptor></md:EntityDescriptor>";
}

std::optional<SamlProviderMetadata> read_provider_metadata(const std::string& text) {
    const auto root = xml::parse(text);
    if (!root || root->space != saml_metadata_space || root->name != "EntityDescriptor")
        return std::nullopt;
    const auto* descriptor = root->child("IDPSSODescriptor");
    if (!descriptor) return std::nullopt;
    SamlProviderMetadata found;
    found.issuer = root->attribute("entityID");
    for (const auto* key : descriptor->all("KeyDescriptor"))
        if (key->attribute("use") != "encryption") add_certificates(*key, found.certificates);
    for (const auto* service : descriptor->all("SingleSignOnService"))
        if (service->attribute("Binding") == saml_redirect_binding)
            found.sso_url = service->attribute("Location");
    return found;
}

} // namespace nephele::keystone::logic
