// SPDX-License-Identifier: Apache-2.0
#include "services/nova/store/servers.h"

namespace nephele::nova {
using shape::TableBase;

namespace {
Table<Server> table_named(const char* name, const char* kind, bool journaled) {
    return Table<Server>(TableBase{.name = name,
                                   .service = "nova",
                                   .kind = kind,
                                   .project_column = "project_id",
                                   .not_found_code = "InstanceNotFound",
                                   .not_found_message = "Instance {} could not be found.",
                                   .updated_column = "updated_at",
                                   .journaled = journaled});
}
} // namespace

const Table<Server>& servers() {
    static const auto t = table_named("nova_servers", "server", true);
    return t;
}
const Table<Server>& deleted_servers() {
    static const auto t = table_named("nova_deleted_servers", "deleted_server", false);
    return t;
}
const Table<Server>& servers_with_deleted() {
    static const auto t = table_named("nova_servers_with_deleted", "server", false);
    return t;
}

const Table<ComputeHost>& compute_hosts() {
    static const Table<ComputeHost> t(
        TableBase{.name = "nova_compute_hosts",
                  .service = "nova",
                  .kind = "compute_host",
                  .not_found_code = "ComputeHostNotFound",
                  .not_found_message = "Hypervisor with ID '{}' could not be found.",
                  .updated_column = "updated_at"});
    return t;
}

namespace store {

std::optional<Server> find_server(db::Tx& tx, const std::string& id) {
    return shape::find(tx, servers(), Scope::all(), id);
}

void bury_server(Context& context, Server& server) {
    shape::erase(context, servers(), server);
    context.tx.exec("DELETE FROM nova_server_group_members WHERE server_id = ?",
                    db::Params{server.id});
    server.vm_state = VmState::deleted;
    server.task_state.reset();
    server.power_state = power::none;
    server.terminated_at = server.updated_at = context.now;
    shape::insert(context, deleted_servers(), server);
}

std::int64_t forget_deleted(db::Tx& tx, Time before) {
    return tx.exec("DELETE FROM nova_deleted_servers WHERE terminated_at < ?",
                   db::Params{before.us});
}

std::optional<ComputeHost> host_named(db::Tx& tx, const std::string& host) {
    auto found = shape::select(tx, compute_hosts(), Scope::all(), {"host = ?", {host}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<ComputeHost> all_hosts(db::Tx& tx) {
    return shape::select(tx, compute_hosts(), Scope::all(), {}, "ORDER BY number");
}

bool zone_exists(db::Tx& tx, const std::string& zone) {
    return tx.count("SELECT COUNT(*) FROM nova_compute_hosts WHERE zone = ? AND disabled = 0",
                    {zone}) > 0;
}

std::map<std::string, std::int64_t> servers_by_host(db::Tx& tx) {
    std::map<std::string, std::int64_t> out;
    tx.each("SELECT host, COUNT(*) FROM nova_servers WHERE host IS NOT NULL GROUP BY host",
            db::Params{}, [&](const db::Row& row) { out[row.str(0)] = row.integer(1); });
    return out;
}

std::vector<std::string> hosts_of_servers(db::Tx& tx, const std::vector<std::string>& ids) {
    std::vector<std::string> out;
    if (ids.empty()) return out;
    std::string sql = "SELECT DISTINCT host FROM nova_servers WHERE host IS NOT NULL AND id IN (";
    db::Params params;
    for (auto& id : ids) {
        sql += params.empty() ? "?" : ", ?";
        params.emplace_back(id);
    }
    tx.each(sql + ")", params, [&](const db::Row& row) { out.push_back(row.str(0)); });
    return out;
}

void begin_action(Context& context, const Server& server, const std::string& action,
                  const std::string& event) {
    context.tx.exec(
        "INSERT INTO nova_actions (server_id, request_id, project_id, user_id, action, event, "
        "host, started_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (server_id, "
        "request_id) DO NOTHING",
        db::Params{server.id, context.request_id, server.project_id, context.who.user_id, action,
                   event, server.host.value_or(""), context.now.us, context.now.us});
}

void finish_action(Context& context, const std::string& server_id, const std::string& host,
                   const std::string& error) {
    context.tx.exec(
        "UPDATE nova_actions SET host = ?, message = ?, result = ?, details = ?, updated_at = ?, "
        "finished_at = ? WHERE server_id = ? AND request_id = ?",
        db::Params{host, error.empty() ? db::Value() : db::Value("Error"),
                   error.empty() ? "Success" : "Error",
                   error.empty() ? db::Value() : db::Value(error), context.now.us, context.now.us,
                   server_id, context.request_id});
}

std::vector<Action> actions_of(db::Tx& tx, const std::string& server_id) {
    std::vector<Action> out;
    auto text = [](const db::Row& row, int column) -> std::optional<std::string> {
        if (row.is_null(column)) return std::nullopt;
        return row.str(column);
    };
    tx.each("SELECT server_id, request_id, project_id, user_id, action, event, host, message, "
            "result, details, started_at, updated_at, finished_at FROM nova_actions WHERE "
            "server_id = ? ORDER BY started_at DESC, request_id",
            db::Params{server_id}, [&](const db::Row& row) {
                Action a{row.str(0),
                         row.str(1),
                         row.str(2),
                         row.str(3),
                         row.str(4),
                         row.str(5),
                         row.str(6),
                         text(row, 7),
                         text(row, 8),
                         text(row, 9),
                         Time{row.integer(10)},
                         Time{row.integer(11)},
                         std::nullopt};
                if (!row.is_null(12)) a.finished_at = Time{row.integer(12)};
                out.push_back(std::move(a));
            });
    return out;
}

std::int64_t forget_actions(db::Tx& tx, Time before) {
    return tx.exec("DELETE FROM nova_actions WHERE updated_at < ? AND server_id NOT IN (SELECT id "
                   "FROM nova_servers)",
                   db::Params{before.us});
}

} // namespace store
} // namespace nephele::nova
