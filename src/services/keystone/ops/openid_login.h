// SPDX-License-Identifier: Apache-2.0
// Logging in at an OpenID Connect provider: a browser sent there and back, or a program that brings
// an access token. Every function talks to the provider: never inside a transaction.
#pragma once
#include "services/keystone/drivers/openid.h"
#include "services/keystone/ops/federated_login.h"

namespace nephele::keystone {

struct OpenidRoute {
    OpenidProvider& provider;
    std::string identity_provider_id, protocol_id;
    std::string redirect_uri; ///< where the browser comes back to
};

struct OpenidStart {
    std::string location; ///< at the provider
    /// What the browser brings back in a cookie, sealed: ties the answer to this browser.
    std::string ticket;
};
/// `origin`: the dashboard that wants the token; empty: the browser itself is shown it.
OpenidStart start_openid(Cloud& cloud, const OpenidRoute& route, const std::string& origin);

struct OpenidReturn {
    Issued issued;
    std::string origin;
};
/// `query`: what the provider sent the browser back with.
OpenidReturn finish_openid(Cloud& cloud, const OpenidRoute& route, const std::string& ticket,
                           const std::vector<std::pair<std::string, std::string>>& query);

Issued log_in_by_access_token(Cloud& cloud, const OpenidRoute& route, const std::string& token);

} // namespace nephele::keystone
