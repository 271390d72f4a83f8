// SPDX-License-Identifier: Apache-2.0
// What other services know of servers, filled in for a view: a fixed number of queries for any
// number of servers.
#pragma once
#include "platform/api/service.h"
#include "services/nova/model/server.h"

#include <vector>

namespace nephele::nova {

void fill_in(api::Call& call, std::vector<Server>& servers);
/// Also what only the view of one server shows.
void fill_in_one(api::Call& call, Server& server);

/// What a change (PUT, rebuild) answers: before 2.75 without what extensions once added.
Json changed_view(api::Call& call, Server& server);

/// The server of the path. Throws InstanceNotFound; foreign ones are as absent.
Server server_of(api::Call& call);
/// The same for changes: throws InstanceIsLocked when another than an administrator acts on a
/// locked one.
Server unlocked_server_of(api::Call& call);
/// unlocked_server_of, and it must be in a state that allows the action.
Server server_for(api::Call& call, const char* action);

} // namespace nephele::nova
