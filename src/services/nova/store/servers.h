// SPDX-License-Identifier: Apache-2.0
// Servers, compute hosts, and what was done with servers.
#pragma once
#include "platform/shape/table.h"
#include "services/nova/model/compute_host.h"
#include "services/nova/model/server.h"

#include <map>

namespace nephele::nova {

using shape::Table;
using shape::Where;

const Table<Server>& servers();
/// Gone ones, kept for nova.keep_deleted_days; and both together, for lists.
const Table<Server>& deleted_servers();
const Table<Server>& servers_with_deleted();
const Table<ComputeHost>& compute_hosts();

namespace store {
std::optional<Server> find_server(db::Tx&, const std::string& id);
/// Takes the server out of servers() and keeps it among the deleted ones.
void bury_server(Context&, Server&);
std::int64_t forget_deleted(db::Tx&, Time before);
std::optional<ComputeHost> host_named(db::Tx&, const std::string& host);
std::vector<ComputeHost> all_hosts(db::Tx&);
bool zone_exists(db::Tx&, const std::string& zone);
/// Number of servers on each host.
std::map<std::string, std::int64_t> servers_by_host(db::Tx&);
/// Hosts that these servers are on.
std::vector<std::string> hosts_of_servers(db::Tx&, const std::vector<std::string>& ids);

// ---- what was done with servers (instance actions) ----

struct Action {
    std::string server_id, request_id, project_id, user_id, action, event, host;
    std::optional<std::string> message, result, details; ///< result: "Success" or "Error"
    Time started_at, updated_at;
    std::optional<Time> finished_at;
};
void begin_action(Context&, const Server& server, const std::string& action,
                  const std::string& event);
/// Of this request; nothing happens when there is none.
void finish_action(Context&, const std::string& server_id, const std::string& host,
                   const std::string& error);
/// Newest first.
std::vector<Action> actions_of(db::Tx&, const std::string& server_id);
std::int64_t forget_actions(db::Tx&, Time before);
} // namespace store

} // namespace nephele::nova
