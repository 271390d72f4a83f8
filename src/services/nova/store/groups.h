// SPDX-License-Identifier: Apache-2.0
// Host aggregates and server groups.
#pragma once
#include "platform/shape/table.h"
#include "services/nova/model/aggregate.h"
#include "services/nova/model/server_group.h"

#include <map>

namespace nephele::nova {

using shape::Table;

const Table<Aggregate>& aggregates();
const Table<ServerGroup>& server_groups();

namespace store {
std::vector<Aggregate> all_aggregates(db::Tx&);
/// Host -> zone, of hosts that an aggregate puts into one.
std::map<std::string, std::string> zones_of_hosts(db::Tx&);

/// Servers of groups that are there, in the order they came.
std::map<std::string, std::vector<std::string>> members_of(db::Tx&,
                                                           const std::vector<std::string>& groups);
std::optional<ServerGroup> group_of_server(db::Tx&, const std::string& server_id);
/// How many servers of the group, this one not counted, are on each host.
std::map<std::string, std::int64_t> group_hosts(db::Tx&, const std::string& group_id,
                                                const std::string& but_server);
void join_group(db::Tx&, const std::string& group_id, const std::string& server_id);
} // namespace store

} // namespace nephele::nova
