// SPDX-License-Identifier: Apache-2.0
// What a service provider writes: requests to log somebody in, for a browser that is sent to the
// identity provider or a program that carries them there (ECP), and its metadata.
#pragma once
#include "base/secret.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::keystone::logic {

/// One identity provider, and who we are to it.
struct SamlPeer {
    std::string entity_id;                 ///< our name
    std::string acs_url;                   ///< where answers come to; empty: as clients reach us
    std::string issuer;                    ///< the provider's name
    std::string sso_url;                   ///< where browsers go; empty: programs only
    std::vector<std::string> certificates; ///< of the provider, PEM
    /// Ours, PEM: sign our requests. Empty: they are not signed.
    Secret<std::string> key;
    std::string certificate;
    /// Programs may bring an assertion that nobody asked for, and that names no audience, as other
    /// clouds make them.
    bool unsolicited = false;
    std::int64_t clock_skew = 60; ///< seconds
};

struct AuthnRequest {
    std::string id; ///< random
    Time at;
    std::string acs_url;
    const char* binding; ///< how the answer is to come
};
std::string authn_request_xml(const SamlPeer& peer, const AuthnRequest& request);

/// The address with the request in its query, signed when there is a key.
std::string saml_redirect_url(const SamlPeer& peer, const std::string& request_xml);

/// For a program: the request in a SOAP envelope. `relay_state` comes back with the answer.
std::string paos_request(const SamlPeer& peer, const AuthnRequest& request,
                         const std::string& relay_state);

std::string service_metadata_xml(const SamlPeer& peer, const std::string& acs_url);

/// What an identity provider's metadata says of it.
struct SamlProviderMetadata {
    std::string issuer, sso_url;
    std::vector<std::string> certificates;
};
/// Nothing when it is no metadata of one identity provider.
std::optional<SamlProviderMetadata> read_provider_metadata(const std::string& xml);

} // namespace nephele::keystone::logic
