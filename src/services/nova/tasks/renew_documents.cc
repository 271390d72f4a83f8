// SPDX-License-Identifier: Apache-2.0
// Reads what neutron changed and compares the guests concerned with what their hosts were told.
#include "platform/journal/journal.h"
#include "services/neutron/client.h"
#include "services/nova/ops/guest.h"
#include "services/nova/store/servers.h"
#include "services/nova/tasks/tasks.h"

#include <set>

namespace nephele::nova {
namespace {
constexpr int batch = 500;

// What was seen last of neutron's records: an update does not say what was before.
struct Memory {
    std::string cursor;
    std::map<std::string, std::string> floating;             ///< floating IP -> port
    std::unordered_map<std::string, std::size_t> port_looks; ///< port -> what guests see of it
};

std::size_t look_of(const Json& port) {
    std::string all;
    for (auto* part : {"device_id", "fixed_ips", "security_groups"}) all += port.get(part).dump();
    return std::hash<std::string>()(all);
}

struct Concerned {
    std::set<std::string> ports, servers;
    std::set<std::string> projects; ///< all their servers
    bool everything = false;
};

void note_floating(const journal::Record& record, Memory& memory, Concerned& out) {
    auto& before = memory.floating[record.id];
    if (!before.empty()) out.ports.insert(before);
    std::string now;
    if (record.change != "delete") now = Json::parse(record.image).text("port_id");
    if (!now.empty()) out.ports.insert(now);
    if (now.empty())
        memory.floating.erase(record.id);
    else
        before = now;
}

void note_port(const journal::Record& record, Memory& memory, Concerned& out) {
    Json port = Json::parse(record.image);
    if (port.text("device_owner").rfind("compute:", 0) != 0) return;
    std::size_t look = look_of(port);
    auto [known, is_new] = memory.port_looks.try_emplace(record.id, look);
    // Ports change state often; that does not concern the guest.
    bool same = is_new ? record.change == "create" : known->second == look;
    known->second = look;
    if (record.change == "delete") memory.port_looks.erase(known);
    if (!same || record.change == "delete") out.servers.insert(port.text("device_id"));
}

void note(const journal::Record& record, Memory& memory, Concerned& out) {
    if (record.kind == "floatingip") return note_floating(record, memory, out);
    if (record.kind == "port") return note_port(record, memory, out);
    if (record.kind == "security_group" && record.change == "update")
        out.projects.insert(record.project_id);
}

std::vector<std::string> servers_of(db::Tx& tx, const Concerned& concerned) {
    std::set<std::string> ids = concerned.servers;
    auto add = [&](const db::Row& row) { ids.insert(row.str(0)); };
    const std::string placed = "SELECT id FROM nova_servers WHERE host IS NOT NULL";
    if (concerned.everything) tx.each(placed, db::Params{}, add);
    for (auto& project : concerned.projects)
        tx.each(placed + " AND project_id = ?", db::Params{project}, add);
    for (auto& port : concerned.ports)
        if (auto found = neutron::find_port(tx, Scope::all(), port)) ids.insert(found->device_id);
    return {ids.begin(), ids.end()};
}

// Reads on; false when there is nothing more.
bool read_on(Cloud& cloud, Memory& memory, std::vector<std::string>& servers) {
    bool more = false;
    cloud.db().read([&](db::Tx& tx) {
        Concerned concerned;
        bool first = memory.cursor.empty();
        journal::Page page;
        if (!first) page = journal::read(tx, memory.cursor, batch, {.service = "neutron"});
        if (first || page.lost) {
            memory.cursor = first ? journal::end(tx) : page.cursor;
            memory.floating = neutron::ports_of_floating_ips(tx);
            concerned.everything = true;
        } else {
            memory.cursor = page.cursor;
            more = page.more;
            for (auto& record : page.records) note(record, memory, concerned);
        }
        servers = servers_of(tx, concerned);
    });
    return more;
}

void renew(Cloud& cloud, const std::vector<std::string>& servers) {
    for (auto& id : servers) {
        bool differs = cloud.db().read([&](db::Tx& tx) {
            auto server = store::find_server(tx, id);
            return server && renewed_spec(tx, *server).has_value();
        });
        if (!differs) continue;
        write_as_cloud(cloud, "", [&](Context& context) {
            if (auto server = store::find_server(context.tx, id))
                refresh_documents(context, *server);
        });
    }
}
} // namespace

task::Task renew_documents() {
    auto memory = std::make_shared<Memory>();
    return {.name = "nova.renew_documents",
            .every_ms = 60'000,
            .nudged_by = {"neutron/floatingip", "neutron/port", "neutron/security_group"},
            .run = [memory](Cloud& cloud) {
                for (bool more = true; more;) {
                    std::vector<std::string> servers;
                    more = read_on(cloud, *memory, servers);
                    renew(cloud, servers);
                }
            }};
}

} // namespace nephele::nova
