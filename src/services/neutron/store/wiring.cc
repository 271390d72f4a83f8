// SPDX-License-Identifier: Apache-2.0
// Loading of wiring.
#include "services/neutron/store/wiring.h"

#include <unordered_map>

namespace nephele::neutron {
namespace {
std::vector<std::string> list_of(const std::set<std::string>& ids) {
    return {ids.begin(), ids.end()};
}

template <class T>
std::vector<T> those(db::Tx& tx, const Table<T>& table, const std::string& column,
                     const std::set<std::string>& ids) {
    if (ids.empty()) return {};
    return select(tx, table, Scope::all(), any_of(column, list_of(ids)));
}

template <class T> void add_new(std::vector<T>& into, std::vector<T> more) {
    std::set<std::string> known;
    for (auto& record : into) known.insert(record.id);
    for (auto& record : more)
        if (known.insert(record.id).second) into.push_back(std::move(record));
}

void load_rules_of(db::Tx& tx, std::vector<SecurityGroup>& groups, const Where& where) {
    std::unordered_map<std::string, SecurityGroup*> by_id;
    for (auto& group : groups) by_id[group.id] = &group;
    for (auto& rule : select(tx, security_group_rules(), Scope::all(), where))
        if (auto found = by_id.find(rule.security_group_id); found != by_id.end())
            found->second->security_group_rules.push_back(std::move(rule));
}

// A change of a network's subnets reaches the ports on it, and routers that lead out through it.
void widen(db::Tx& tx, const Touched& touched, Touched& wide) {
    if (touched.networks.empty()) return;
    auto where = any_of("network_id", list_of(touched.networks));
    tx.each("SELECT id, device_owner, device_id FROM neutron_ports WHERE " + where.sql,
            where.params, [&](const db::Row& row) {
                wide.ports.insert(row.str(0));
                auto device_owner = row.text(1);
                if (device_owner == owner::router_gateway ||
                    device_owner == owner::router_interface)
                    wide.routers.insert(row.str(2));
            });
}
} // namespace

Wiring load_wiring(db::Tx& tx) {
    Wiring out;
    out.networks = select(tx, networks(), Scope::all());
    out.subnets = select(tx, subnets(), Scope::all(), {}, "ORDER BY created_at, id");
    out.ports = select(tx, ports(), Scope::all());
    out.routers = select(tx, routers(), Scope::all());
    out.floating_ips = select(tx, floating_ips(), Scope::all());
    out.groups = select(tx, security_groups(), Scope::all());
    load_rules_of(tx, out.groups, {});
    return out;
}

Wiring load_wiring(db::Tx& tx, const Touched& touched) {
    Touched wide = touched;
    widen(tx, touched, wide);
    Wiring out;
    out.ports = those(tx, ports(), "id", wide.ports);
    out.routers = those(tx, routers(), "id", wide.routers);
    add_new(out.ports, those(tx, ports(), "device_id", wide.routers));
    std::set<std::string> on = wide.networks;
    for (auto& port : out.ports) on.insert(port.network_id);
    out.networks = those(tx, networks(), "id", on);
    if (!on.empty()) {
        auto of_networks = any_of("network_id", list_of(on));
        out.subnets = select(tx, subnets(), Scope::all(), of_networks, "ORDER BY created_at, id");
        of_networks.sql += " AND device_owner = ?";
        of_networks.params.emplace_back(owner::distributed);
        add_new(out.ports, select(tx, ports(), Scope::all(), of_networks));
    }
    out.floating_ips = those(tx, floating_ips(), "id", wide.floating_ips);
    add_new(out.floating_ips, those(tx, floating_ips(), "router_id", wide.routers));
    out.groups = those(tx, security_groups(), "id", wide.groups);
    load_rules_of(tx, out.groups, any_of("security_group_id", list_of(wide.groups)));
    return out;
}

} // namespace nephele::neutron
