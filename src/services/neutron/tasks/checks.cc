// SPDX-License-Identifier: Apache-2.0
// The invariants. Each query gives what breaks one.
#include "services/neutron/tasks/checks.h"

#include "base/strings.h"
#include "services/neutron/store/tables.h"
#include "services/neutron/tasks/northbound.h"

namespace nephele::neutron {
namespace {
std::vector<std::string> broken(db::Tx& tx, const char* sql, const char* message) {
    std::vector<std::string> out;
    tx.each(sql, db::Params{}, [&](const db::Row& row) {
        out.push_back(format(message, row.str(0), row.columns() > 1 ? row.str(1) : ""));
    });
    return out;
}

std::vector<std::string> addresses_have_ports(Cloud&, db::Tx& tx) {
    return broken(tx,
                  "SELECT ip_address, port_id FROM neutron_ip_allocations WHERE port_id NOT IN "
                  "(SELECT id FROM neutron_ports)",
                  "address {} is held by port {}, which is gone");
}

std::vector<std::string> addresses_agree(Cloud&, db::Tx& tx) {
    std::map<std::string, std::set<std::string>> held;
    tx.each("SELECT port_id, subnet_id, ip_address FROM neutron_ip_allocations", db::Params{},
            [&](const db::Row& row) { held[row.str(0)].insert(row.str(1) + " " + row.str(2)); });
    std::vector<std::string> out;
    for (auto& port : select(tx, ports(), Scope::all())) {
        std::set<std::string> said;
        for (auto& fixed : port.fixed_ips) said.insert(fixed.subnet_id + " " + fixed.ip_address);
        if (said != held[port.id])
            out.push_back(format("port {} says {} addresses and holds {}", port.id, said.size(),
                                 held[port.id].size()));
    }
    return out;
}

std::vector<std::string> ports_have_networks(Cloud&, db::Tx& tx) {
    return broken(
        tx,
        "SELECT id, network_id FROM neutron_ports WHERE network_id NOT IN (SELECT id FROM "
        "neutron_networks)",
        "port {} is on network {}, which is gone");
}

std::vector<std::string> groups_exist(Cloud&, db::Tx& tx) {
    return broken(
        tx,
        "SELECT port_id, security_group_id FROM neutron_port_groups WHERE "
        "security_group_id NOT IN (SELECT id FROM neutron_security_groups) OR port_id NOT "
        "IN (SELECT id FROM neutron_ports)",
        "port {} and security group {}: one of them is gone");
}

std::vector<std::string> floating_ips_agree(Cloud&, db::Tx& tx) {
    auto out = broken(tx,
                      "SELECT f.id, f.port_id FROM neutron_floatingips f WHERE f.port_id IS NOT "
                      "NULL AND NOT EXISTS (SELECT 1 FROM neutron_ip_allocations a WHERE a.port_id "
                      "= f.port_id AND a.ip_address = f.fixed_ip_address)",
                      "floating ip {} leads to an address that port {} does not have");
    for (auto& line : broken(
             tx,
             "SELECT id, floating_port_id FROM neutron_floatingips WHERE floating_port_id NOT IN "
             "(SELECT id FROM neutron_ports)",
             "floating ip {} has lost its port {}"))
        out.push_back(line);
    for (auto& line :
         broken(tx,
                "SELECT id, device_id FROM neutron_ports WHERE device_owner = "
                "'network:floatingip' AND device_id NOT IN (SELECT id FROM neutron_floatingips)",
                "port {} was left behind by floating ip {}"))
        out.push_back(line);
    return out;
}

std::vector<std::string> routers_agree(Cloud&, db::Tx& tx) {
    return broken(tx,
                  "SELECT id, device_id FROM neutron_ports WHERE device_owner IN "
                  "('network:router_interface', 'network:router_gateway') AND device_id NOT IN "
                  "(SELECT id FROM neutron_routers)",
                  "port {} was left behind by router {}");
}

std::vector<std::string> northbound_agrees(Cloud& cloud, db::Tx& tx) {
    if (!cloud.has_state<Wires>()) return {};
    auto& wires = cloud.state<Wires>();
    if (!wires.driver().wait_ready(1'000)) return {"OVN's databases do not answer"};
    return wires.differences(tx);
}
} // namespace

std::vector<api::Check> checks() {
    return {{"neutron.addresses_have_ports", addresses_have_ports},
            {"neutron.addresses_agree", addresses_agree},
            {"neutron.ports_have_networks", ports_have_networks},
            {"neutron.groups_exist", groups_exist},
            {"neutron.floating_ips_agree", floating_ips_agree},
            {"neutron.routers_agree", routers_agree},
            {"neutron.northbound_agrees", northbound_agrees}};
}

} // namespace nephele::neutron
