// SPDX-License-Identifier: Apache-2.0
// What the ways of a federated login share: whose it is, the answer with the token, the cookie a
// browser carries meanwhile, and the audit.
#pragma once
#include "services/keystone/api/federation.h"
#include "services/keystone/logic/saml_request.h"
#include "services/keystone/ops/log_in.h"

#include <functional>

namespace nephele::keystone {

struct Way {
    std::string provider, protocol;
    std::string origin; ///< the dashboard that wants the token; empty: the client itself does
};

std::string path_of(const FreeCall& call, std::string_view name);
std::string query_of(const FreeCall& call, std::string_view name);

/// The token for the client, or a form that carries it to the dashboard.
Reply reply_of(const Issued& issued, const std::string& origin);
Reply redirect_reply(const std::string& location, const std::string& set_cookie);

/// A cookie for ten minutes that scripts cannot read. `same_site` is left out without TLS when it
/// asks for Secure.
struct TicketCookie {
    const char* name;
    const char* same_site;
};
/// The value of Set-Cookie; an empty ticket takes the cookie away.
std::string ticket_cookie(const FreeCall& call, const TicketCookie& cookie,
                          const std::string& ticket);
std::string ticket_of(const FreeCall& call, const TicketCookie& cookie);

/// Runs a login at an identity provider; its outcome is in the audit.
Issued watched_federated(FreeCall& call, const Way& way, const std::function<Issued()>& login);

/// A program is given a request to carry (ECP), a browser is sent to the provider.
Reply through_saml(FreeCall& call, const logic::SamlPeer& peer, const Way& way);
Resource saml_service_routes();

} // namespace nephele::keystone
