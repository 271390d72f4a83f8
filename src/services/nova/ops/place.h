// SPDX-License-Identifier: Apache-2.0
// Finding a host for a server and claiming room on it, in one transaction.
#pragma once
#include "platform/context/context.h"
#include "services/nova/model/server.h"

#include <set>

namespace nephele::nova {

/// Sets the server's host, node, zone and instance name, and claims what its flavor needs there.
/// The caller stores the server. Throws Failure "NoValidHost".
void place_server(Context&, Server&, const std::set<std::string>& tried);
/// Claims on the server's host what both its flavor and this one need. Throws Failure
/// "NoValidHost".
void claim_larger(Context&, const Server&, const FlavorCopy& other);
/// Claims on its host exactly what its flavor needs.
void claim_own(Context&, const Server&);
/// Gives the room back and forgets the host.
void unplace_server(Context&, Server&);

} // namespace nephele::nova
