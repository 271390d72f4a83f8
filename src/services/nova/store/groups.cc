// SPDX-License-Identifier: Apache-2.0
#include "services/nova/store/groups.h"

namespace nephele::nova {
using shape::TableBase;

const Table<Aggregate>& aggregates() {
    static const Table<Aggregate> t(
        TableBase{.name = "nova_aggregates",
                  .service = "nova",
                  .kind = "aggregate",
                  .not_found_code = "AggregateNotFound",
                  .not_found_message = "Aggregate {} could not be found."});
    return t;
}

const Table<ServerGroup>& server_groups() {
    static const Table<ServerGroup> t(
        TableBase{.name = "nova_server_groups",
                  .service = "nova",
                  .kind = "server_group",
                  .project_column = "project_id",
                  .not_found_code = "InstanceGroupNotFound",
                  .not_found_message = "Instance group {} could not be found."});
    return t;
}

namespace store {

std::vector<Aggregate> all_aggregates(db::Tx& tx) {
    return shape::select(tx, aggregates(), Scope::all(), {}, "ORDER BY number");
}

std::map<std::string, std::string> zones_of_hosts(db::Tx& tx) {
    std::map<std::string, std::string> out;
    for (auto& aggregate : all_aggregates(tx))
        if (!aggregate.zone().empty())
            for (auto& host : aggregate.hosts) out[host] = aggregate.zone();
    return out;
}

std::map<std::string, std::vector<std::string>> members_of(db::Tx& tx,
                                                           const std::vector<std::string>& groups) {
    std::map<std::string, std::vector<std::string>> out;
    for (auto& group : groups)
        tx.each("SELECT server_id FROM nova_server_group_members WHERE group_id = ? ORDER BY "
                "number",
                db::Params{group}, [&](const db::Row& row) { out[group].push_back(row.str(0)); });
    return out;
}

std::optional<ServerGroup> group_of_server(db::Tx& tx, const std::string& server_id) {
    auto found =
        shape::select(tx, server_groups(), Scope::all(),
                      {"id IN (SELECT group_id FROM nova_server_group_members WHERE server_id = ?)",
                       {server_id}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::map<std::string, std::int64_t> group_hosts(db::Tx& tx, const std::string& group_id,
                                                const std::string& but_server) {
    std::map<std::string, std::int64_t> out;
    tx.each("SELECT s.host, COUNT(*) FROM nova_server_group_members m JOIN nova_servers s ON s.id "
            "= m.server_id WHERE m.group_id = ? AND m.server_id <> ? AND s.host IS NOT NULL GROUP "
            "BY s.host",
            db::Params{group_id, but_server},
            [&](const db::Row& row) { out[row.str(0)] = row.integer(1); });
    return out;
}

void join_group(db::Tx& tx, const std::string& group_id, const std::string& server_id) {
    tx.exec("INSERT INTO nova_server_group_members (group_id, server_id, number) SELECT ?, ?, "
            "COALESCE(MAX(number), 0) + 1 FROM nova_server_group_members WHERE group_id = ?",
            db::Params{group_id, server_id, group_id});
}

} // namespace store
} // namespace nephele::nova
