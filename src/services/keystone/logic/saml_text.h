// SPDX-License-Identifier: Apache-2.0
// Pieces of SAML as text: what an identity provider and a service provider both write.
#pragma once
#include "base/time.h"

#include <string>

namespace nephele::keystone::logic {

inline constexpr const char* saml_protocol_space = "urn:oasis:names:tc:SAML:2.0:protocol";
inline constexpr const char* saml_assertion_space = "urn:oasis:names:tc:SAML:2.0:assertion";
inline constexpr const char* saml_metadata_space = "urn:oasis:names:tc:SAML:2.0:metadata";
inline constexpr const char* saml_post_binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
inline constexpr const char* saml_redirect_binding =
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
inline constexpr const char* saml_paos_binding = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS";
inline constexpr const char* ecp_space = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp";
inline constexpr const char* paos_space = "urn:liberty:paos:2003-08";
inline constexpr const char* soap_space = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr const char* xml_declaration = "<?xml version='1.0' encoding='UTF-8'?>\n";

/// In whole seconds.
std::string saml_instant(Time time);
/// <name attributes>text</name>
std::string xml_element(const std::string& name, const std::string& text,
                        const std::string& attributes = "");
/// ' name="value"'
std::string xml_attribute(const char* name, const std::string& value);
/// <md:KeyDescriptor> of a certificate that signs.
std::string signing_key_xml(const std::string& certificate_pem);

} // namespace nephele::keystone::logic
