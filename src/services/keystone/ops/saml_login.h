// SPDX-License-Identifier: Apache-2.0
// Logging in at a SAML identity provider: a browser sent there and back, or a program that carries
// request and answer itself (ECP), also one with another cloud's assertion (K2K).
#pragma once
#include "services/keystone/logic/saml_request.h"
#include "services/keystone/ops/federated_login.h"

namespace nephele::keystone {

struct SamlRoute {
    const logic::SamlPeer& peer;
    std::string identity_provider_id, protocol_id;
    std::string acs_url; ///< where answers come to
};

struct SamlStart {
    std::string location; ///< at the provider
    /// What the browser brings back in a cookie, sealed: ties the answer to this browser.
    std::string ticket;
};
/// `origin`: the dashboard that wants the token; empty: the browser itself is shown it.
SamlStart start_saml(Cloud& cloud, const SamlRoute& route, const std::string& origin);
/// The envelope for a program that carries the request to the provider.
std::string start_ecp(Cloud& cloud, const SamlRoute& route);

struct SamlReturn {
    Issued issued;
    std::string origin;
};
/// `response`: the document a browser brought back.
SamlReturn finish_saml(Cloud& cloud, const SamlRoute& route, const std::string& ticket,
                       const std::string& response);
/// `envelope`: what a program brought back.
Issued finish_ecp(Cloud& cloud, const SamlRoute& route, const std::string& envelope);

} // namespace nephele::keystone
