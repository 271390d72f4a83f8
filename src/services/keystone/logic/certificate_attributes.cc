// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/certificate_attributes.h"

#include "services/keystone/logic/distinguished_name.h"

namespace nephele::keystone::logic {
namespace {

// False when the name cannot be read.
bool add(Attributes& attributes, const std::string& prefix, const std::string& name) {
    const auto parts = parse_distinguished_name(name);
    if (!parts) return false;
    for (const auto& [attribute, value] : *parts)
        attributes[prefix + "_" + attribute].push_back(value);
    return true;
}

} // namespace

Attributes tokenless_attributes(const std::string& subject, const std::string& issuer) {
    Attributes attributes;
    if (!add(attributes, "SSL_CLIENT_S_DN", subject) || !add(attributes, "SSL_CLIENT_I_DN", issuer))
        return {};
    // mod_ssl shortens this one.
    for (const char* prefix : {"SSL_CLIENT_S_DN_", "SSL_CLIENT_I_DN_"})
        if (const auto found = attributes.find(std::string(prefix) + "EMAILADDRESS");
            found != attributes.end())
            attributes[std::string(prefix) + "Email"] = found->second;
    attributes["SSL_CLIENT_S_DN"] = {subject};
    attributes["SSL_CLIENT_I_DN"] = {issuer};
    return attributes;
}

Attributes oauth2_attributes(const std::string& subject, const std::string& issuer) {
    Attributes attributes;
    if (!add(attributes, "SSL_CLIENT_SUBJECT_DN", subject) ||
        !add(attributes, "SSL_CLIENT_ISSUER_DN", issuer))
        return {};
    return attributes;
}

} // namespace nephele::keystone::logic
