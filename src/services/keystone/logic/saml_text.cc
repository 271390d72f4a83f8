// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/saml_text.h"

#include "base/strings.h"
#include "platform/xml/xml.h"

namespace nephele::keystone::logic {
namespace {

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

} // namespace

std::string saml_instant(Time time) { return iso_time({time.seconds() * 1'000'000}, 0); }

std::string xml_element(const std::string& name, const std::string& text,
                        const std::string& attributes) {
    return "<" + name + attributes + ">" + xml::escaped(text) + "</" + name + ">";
}

std::string xml_attribute(const char* name, const std::string& value) {
    return " " + std::string(name) + "=\"" + xml::escaped(value) + "\"";
}

std::string signing_key_xml(const std::string& certificate_pem) {
    return "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data>" +
           xml_element("ds:X509Certificate", certificate_text(certificate_pem)) +
           "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>";
}

} // namespace nephele::keystone::logic
