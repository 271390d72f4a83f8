// SPDX-License-Identifier: Apache-2.0
// SAML as an identity provider for other clouds writes it: assertions, responses, ECP envelopes and
// metadata as XML text.
#pragma once
#include "base/time.h"

#include <string>
#include <vector>

namespace nephele::keystone::logic {

struct SamlAssertion {
    std::string id, response_id, session_index; ///< random
    std::string issuer, recipient;
    std::string user, user_domain;
    std::vector<std::string> roles;
    std::string project, project_domain;
    /// 'JSON:{"name":...,"domain":{"name":...}}' each.
    std::vector<std::string> groups;
    Time issued_at, expires_at;
};

/// Not signed yet; its first child is the issuer, after which the signature belongs.
std::string assertion_xml(const SamlAssertion& assertion);
std::string response_xml(const SamlAssertion& assertion, const std::string& signed_assertion);
/// The response in a SOAP envelope for clients that carry it (ECP).
std::string ecp_envelope(const std::string& response, const std::string& relay_state);

struct SamlMetadata {
    std::string entity_id, sso_endpoint, certificate_pem;
    std::string language, organization_name, organization_display_name, organization_url;
    std::string contact_company, contact_name, contact_surname, contact_email, contact_telephone,
        contact_type;
};
/// Organization and contact are left out unless all of their parts are given.
std::string metadata_xml(const SamlMetadata& metadata);

} // namespace nephele::keystone::logic
