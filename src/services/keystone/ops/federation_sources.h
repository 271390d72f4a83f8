// SPDX-License-Identifier: Apache-2.0
// The identity providers this program talks to itself, from the operator's file: secrets of clients
// and keys of providers are configuration, not records that an API shows.
#pragma once
#include "services/keystone/drivers/openid.h"
#include "services/keystone/logic/saml_request.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nephele::keystone {

class FederationSources {
  public:
    /// From YAML; an empty text has none. Throws Failure(bad_request, "BadConfig") naming what is
    /// wrong and where:
    ///   providers:
    ///     - identity_provider: corp
    ///       protocol: openid
    ///       openid: {issuer: "https://sso.corp", client_id: nephele, client_secret: ...}
    ///     - identity_provider: campus
    ///       protocol: saml2
    ///       saml: {entity_id: "https://cloud/sp", metadata_file: /etc/nephele/campus.xml}
    static FederationSources parse(const std::string& yaml, const std::string& file_name);
    static FederationSources load(const std::string& path);

    /// Null when there is none for this provider and protocol.
    OpenidProvider* openid(const std::string& identity_provider, const std::string& protocol) const;
    const logic::SamlPeer* saml(const std::string& identity_provider,
                                const std::string& protocol) const;
    /// Providers reached by this protocol.
    std::vector<std::string> providers_of(const std::string& protocol) const;

  private:
    std::map<std::pair<std::string, std::string>, std::shared_ptr<OpenidProvider>> openid_;
    std::map<std::pair<std::string, std::string>, logic::SamlPeer> saml_;
};

} // namespace nephele::keystone
