// SPDX-License-Identifier: Apache-2.0
#include "engines/ovn/rows.h"

#include "base/check.h"
#include "base/strings.h"

#include <algorithm>
#include <set>

namespace nephele::ovn {

const char* const own_prefix = "nephele:";
const char* const id_entry = "nephele:id";
const char* const owner_entry = "nephele:owner";

namespace {

using ovsdb::Value;

const char* const kind_entry = "nephele:kind";
const char* const revision_entry = "nephele:revision";

const HolderColumn switch_ports{"Logical_Switch", "ports", true};
const HolderColumn switch_qos{"Logical_Switch", "qos_rules", true};
const HolderColumn switch_dns{"Logical_Switch", "dns_records", false};
const HolderColumn switch_balancers{"Logical_Switch", "load_balancer", false};
const HolderColumn router_ports{"Logical_Router", "ports", true};
const HolderColumn router_nat{"Logical_Router", "nat", true};
const HolderColumn router_routes{"Logical_Router", "static_routes", true};
const HolderColumn router_policies{"Logical_Router", "policies", true};
const HolderColumn router_balancers{"Logical_Router", "load_balancer", false};
const HolderColumn port_gateways{"Logical_Router_Port", "gateway_chassis", true};
const HolderColumn group_ports{"Port_Group", "ports", false};
const HolderColumn group_acls{"Port_Group", "acls", true};

/// The empty string stands for "not set" in optional columns.
Value optional_text(const std::string& text) { return text.empty() ? Value() : Value(text); }

const char* direction_name(Acl::Direction direction) {
    return direction == Acl::Direction::to_port ? "to-lport" : "from-lport";
}

const char* nat_type_name(Nat::Type type) {
    switch (type) {
    case Nat::Type::snat:
        return "snat";
    case Nat::Type::dnat:
        return "dnat";
    case Nat::Type::dnat_and_snat:
        return "dnat_and_snat";
    }
    NEPHELE_CHECK(false);
}

References references(const char* table, const std::optional<RowKey>& key) {
    return {table, key ? std::vector<RowKey>{*key} : std::vector<RowKey>{}};
}

DesiredRow row_of(const AddressSet& set) {
    return {"Address_Set",
            set.self,
            {{"name", Value(set.name)}, {"addresses", Value::strings(set.addresses)}},
            {},
            {}};
}

DesiredRow row_of(const DhcpOptions& options) {
    return {"DHCP_Options",
            options.self,
            {{"cidr", Value(options.cidr)}, {"options", Value::map(options.options)}},
            {},
            {}};
}

DesiredRow row_of(const PortGroup& group) {
    return {"Port_Group", group.self, {{"name", Value(group.name)}}, {}, {}};
}

DesiredRow row_of(const LogicalSwitch& logical_switch) {
    return {"Logical_Switch",
            logical_switch.self,
            {{"name", Value(logical_switch.name)},
             {"other_config", Value::map(logical_switch.other_config)}},
            {},
            {}};
}

DesiredRow row_of(const LogicalRouter& router) {
    return {"Logical_Router",
            router.self,
            {{"name", Value(router.name)},
             {"enabled", Value(router.enabled)},
             {"options", Value::map(router.options)}},
            {},
            {}};
}

DesiredRow row_of(const DnsRecords& dns) {
    return {
        "DNS", dns.self, {{"records", Value::map(dns.records)}}, {}, {{switch_dns, dns.switches}}};
}

DesiredRow row_of(const LoadBalancer& balancer) {
    return {"Load_Balancer",
            balancer.self,
            {{"name", Value(balancer.name)},
             {"vips", Value::map(balancer.vips)},
             {"protocol", optional_text(balancer.protocol)},
             {"selection_fields", Value::strings(balancer.selection_fields)},
             {"options", Value::map(balancer.options)}},
            {},
            {{switch_balancers, balancer.switches}, {router_balancers, balancer.routers}}};
}

DesiredRow row_of(const SwitchPort& port) {
    return {"Logical_Switch_Port",
            port.self,
            {{"name", Value(port.name)},
             {"type", Value(port.type)},
             {"addresses", Value::strings(port.addresses)},
             {"port_security", Value::strings(port.port_security)},
             {"options", Value::map(port.options)},
             {"enabled", Value(port.enabled)},
             {"parent_name", optional_text(port.parent_name)},
             {"tag", port.tag ? Value(*port.tag) : Value()}},
            {{"dhcpv4_options", references("DHCP_Options", port.dhcpv4)},
             {"dhcpv6_options", references("DHCP_Options", port.dhcpv6)}},
            {{switch_ports, {port.logical_switch}}, {group_ports, port.groups}}};
}

DesiredRow row_of(const RouterPort& port) {
    return {"Logical_Router_Port",
            port.self,
            {{"name", Value(port.name)},
             {"mac", Value(port.mac)},
             {"networks", Value::strings(port.networks)},
             {"options", Value::map(port.options)},
             {"ipv6_ra_configs", Value::map(port.ipv6_ra_configs)},
             {"enabled", Value(port.enabled)}},
            {},
            {{router_ports, {port.router}}}};
}

DesiredRow row_of(const RouterPort& port, const GatewayChassis& gateway) {
    Identity self{"gateway_chassis",
                  port.self.id + ":" + gateway.chassis,
                  port.self.id,
                  port.self.revision,
                  {}};
    return {"Gateway_Chassis",
            self,
            {{"name", Value(port.name + "_" + gateway.chassis)},
             {"chassis_name", Value(gateway.chassis)},
             {"priority", Value(gateway.priority)}},
            {},
            {{port_gateways, {port.self.key()}}}};
}

DesiredRow row_of(const Nat& nat) {
    return {"NAT",
            nat.self,
            {{"type", Value(nat_type_name(nat.type))},
             {"external_ip", Value(nat.external_ip)},
             {"logical_ip", Value(nat.logical_ip)},
             {"external_mac", optional_text(nat.external_mac)},
             {"logical_port", optional_text(nat.logical_port)},
             {"external_port_range", Value(nat.external_port_range)},
             {"options", Value::map(nat.options)}},
            {{"gateway_port", references("Logical_Router_Port", nat.gateway_port)}},
            {{router_nat, {nat.router}}}};
}

DesiredRow row_of(const StaticRoute& route) {
    return {"Logical_Router_Static_Route",
            route.self,
            {{"ip_prefix", Value(route.ip_prefix)},
             {"nexthop", Value(route.nexthop)},
             {"output_port", optional_text(route.output_port)},
             {"policy", route.by_source ? Value("src-ip") : Value()},
             {"route_table", Value(route.route_table)},
             {"options", Value::map(route.options)}},
            {},
            {{router_routes, {route.router}}}};
}

DesiredRow row_of(const RouterPolicy& policy) {
    return {"Logical_Router_Policy",
            policy.self,
            {{"priority", Value(policy.priority)},
             {"match", Value(policy.match)},
             {"action", Value(policy.action)},
             {"nexthops", Value::strings(policy.nexthops)}},
            {},
            {{router_policies, {policy.router}}}};
}

DesiredRow row_of(const QosRule& rule) {
    std::map<std::string, std::int64_t> action, bandwidth;
    if (rule.dscp) action["dscp"] = *rule.dscp;
    if (rule.rate_kbps) bandwidth["rate"] = *rule.rate_kbps;
    if (rule.burst_kb) bandwidth["burst"] = *rule.burst_kb;
    return {"QoS",
            rule.self,
            {{"direction", Value(direction_name(rule.direction))},
             {"priority", Value(rule.priority)},
             {"match", Value(rule.match)},
             {"action", Value::map(action)},
             {"bandwidth", Value::map(bandwidth)}},
            {},
            {{switch_qos, {rule.logical_switch}}}};
}

DesiredRow row_of(const Acl& acl) {
    return {"ACL",
            acl.self,
            {{"direction", Value(direction_name(acl.direction))},
             {"priority", Value(acl.priority)},
             {"match", Value(acl.match)},
             {"action", Value(acl.action)},
             {"log", Value(acl.log)},
             {"name", optional_text(acl.name)},
             {"severity", optional_text(acl.severity)},
             {"meter", optional_text(acl.meter)},
             {"label", Value(acl.label)}},
            {},
            {{group_acls, {acl.group}}}};
}

template <class T> void add(std::vector<DesiredRow>& rows, const std::vector<T>& things) {
    for (const auto& thing : things) rows.push_back(row_of(thing));
}

} // namespace

const std::vector<TableKind>& table_kinds() {
    static const std::vector<TableKind> kinds = {
        {"Address_Set", true, {}, {"name", "addresses"}, true},
        {"DHCP_Options", true, {}, {"cidr", "options"}},
        {"Port_Group", true, {}, {"name", "ports", "acls"}, true},
        {"Logical_Switch",
         true,
         {},
         {"name", "other_config", "ports", "qos_rules", "dns_records", "load_balancer"}},
        {"Logical_Router",
         true,
         {},
         {"name", "enabled", "options", "ports", "nat", "static_routes", "policies",
          "load_balancer"}},
        {"DNS", true, {switch_dns}, {"records"}},
        {"Load_Balancer",
         true,
         {switch_balancers, router_balancers},
         {"name", "vips", "protocol", "selection_fields", "options"}},
        {"Logical_Switch_Port",
         false,
         {switch_ports, group_ports},
         {"name", "type", "addresses", "port_security", "options", "enabled", "parent_name", "tag",
          "dhcpv4_options", "dhcpv6_options", "up"},
         true},
        {"Logical_Router_Port",
         false,
         {router_ports},
         {"name", "mac", "networks", "options", "ipv6_ra_configs", "enabled", "gateway_chassis"},
         true},
        {"Gateway_Chassis", false, {port_gateways}, {"name", "chassis_name", "priority"}, true},
        {"NAT",
         false,
         {router_nat},
         {"type", "external_ip", "logical_ip", "external_mac", "logical_port",
          "external_port_range", "options", "gateway_port"}},
        {"Logical_Router_Static_Route",
         false,
         {router_routes},
         {"ip_prefix", "nexthop", "output_port", "policy", "route_table", "options"}},
        {"Logical_Router_Policy",
         false,
         {router_policies},
         {"priority", "match", "action", "nexthops"}},
        {"QoS", false, {switch_qos}, {"direction", "priority", "match", "action", "bandwidth"}},
        {"ACL",
         false,
         {group_acls},
         {"direction", "priority", "match", "action", "log", "name", "severity", "meter", "label"}},
    };
    return kinds;
}

const TableKind& table_kind(const std::string& name) {
    const auto& kinds = table_kinds();
    auto found = std::find_if(kinds.begin(), kinds.end(),
                              [&](const TableKind& kind) { return name == kind.name; });
    NEPHELE_CHECK(found != kinds.end());
    return *found;
}

std::vector<DesiredRow> desired_rows(const Desired& desired) {
    std::vector<DesiredRow> rows;
    add(rows, desired.address_sets);
    add(rows, desired.dhcp_options);
    add(rows, desired.port_groups);
    add(rows, desired.switches);
    add(rows, desired.routers);
    add(rows, desired.dns);
    add(rows, desired.load_balancers);
    add(rows, desired.switch_ports);
    add(rows, desired.router_ports);
    for (const auto& port : desired.router_ports)
        for (const auto& gateway : port.gateway_chassis) rows.push_back(row_of(port, gateway));
    add(rows, desired.nats);
    add(rows, desired.routes);
    add(rows, desired.policies);
    add(rows, desired.qos_rules);
    add(rows, desired.acls);
    return rows;
}

StringMap identity_entries(const Identity& self) {
    StringMap entries;
    for (const auto& [name, note] : self.notes) entries[own_prefix + name] = note;
    entries[id_entry] = self.id;
    entries[kind_entry] = self.kind;
    entries[revision_entry] = std::to_string(self.revision);
    if (!self.owner.empty()) entries[owner_entry] = self.owner;
    return entries;
}

std::optional<RowKey> key_of(const ovsdb::Row& row) {
    auto id = row.entry("external_ids", id_entry);
    auto kind = row.entry("external_ids", kind_entry);
    if (!id || !kind) return std::nullopt;
    return RowKey{*kind, *id};
}

std::int64_t revision_of(const ovsdb::Row& row) {
    return to_int(row.entry("external_ids", revision_entry).value_or("")).value_or(0);
}

std::string owner_of(const ovsdb::Row& row) {
    return row.entry("external_ids", owner_entry).value_or("");
}

void prepare_replica(ovsdb::Replica& replica) {
    for (const auto& kind : table_kinds()) {
        replica.index_entry(kind.name, "external_ids", id_entry);
        replica.index_entry(kind.name, "external_ids", owner_entry);
        for (const auto& holder : kind.holders)
            replica.index_references(holder.table, holder.column);
    }
}

std::vector<ovsdb::Watch> watches() {
    std::vector<ovsdb::Watch> list;
    for (const auto& kind : table_kinds()) {
        list.push_back({kind.name, kind.columns});
        list.back().columns.push_back("external_ids");
    }
    list.push_back({"NB_Global", {"nb_cfg", "sb_cfg", "hv_cfg"}});
    return list;
}

} // namespace nephele::ovn
