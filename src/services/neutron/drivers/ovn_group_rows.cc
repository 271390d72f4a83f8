// SPDX-License-Identifier: Apache-2.0
// Security groups as port groups with ACLs.
#include "base/strings.h"
#include "services/neutron/drivers/ovn_rows.h"
#include "services/neutron/model/address.h"
#include "services/neutron/model/protocols.h"

namespace nephele::neutron {
namespace {
constexpr int drop_priority = 1001, allow_priority = 1002;
constexpr const char* drop_group = "neutron_pg_drop";

std::string ports_match(const SecurityGroupRule& rule, const char* protocol) {
    std::string out = std::string(" && ") + protocol;
    if (!rule.port_range_min && !rule.port_range_max) return out;
    auto low = rule.port_range_min.value_or(*rule.port_range_max);
    auto high = rule.port_range_max.value_or(*rule.port_range_min);
    if (low == high) return out + format(" && {}.dst == {}", protocol, low);
    return out + format(" && {}.dst >= {} && {}.dst <= {}", protocol, low, protocol, high);
}

std::string icmp_match(const SecurityGroupRule& rule, const char* protocol) {
    std::string out = std::string(" && ") + protocol;
    if (rule.port_range_min) out += format(" && {}.type == {}", protocol, *rule.port_range_min);
    if (rule.port_range_max) out += format(" && {}.code == {}", protocol, *rule.port_range_max);
    return out;
}

std::string protocol_match(const SecurityGroupRule& rule) {
    if (!rule.protocol) return "";
    const std::string& name = *rule.protocol;
    if (name == "tcp" || name == "6") return ports_match(rule, "tcp");
    if (name == "udp" || name == "17") return ports_match(rule, "udp");
    if (name == "sctp" || name == "132") return ports_match(rule, "sctp");
    if (name == "ipv6-icmp" || name == "icmpv6" || name == "58") return icmp_match(rule, "icmp6");
    if (name == "icmp" || name == "1")
        return icmp_match(rule, rule.ethertype == "IPv6" ? "icmp6" : "icmp4");
    return format(" && ip.proto == {}", protocol_number(name).value_or(255));
}

ovn::Acl drop_acl(const char* id, ovn::Acl::Direction direction, int priority, std::string match,
                  const char* action) {
    ovn::Acl acl;
    acl.self = {"acl", id, "drop"};
    acl.group = {"group", "drop"};
    acl.direction = direction;
    acl.priority = priority;
    acl.match = std::move(match);
    acl.action = action;
    return acl;
}

// What no rule allows is dropped; asking for an address is always allowed.
void add_drop_rows(ovn::Desired& out) {
    using Direction = ovn::Acl::Direction;
    out.port_groups.push_back({{"group", "drop"}, drop_group});
    const std::string in = format("outport == @{}", drop_group);
    const std::string from = format("inport == @{}", drop_group);
    out.acls.push_back(
        drop_acl("drop-to", Direction::to_port, drop_priority, in + " && ip", "drop"));
    out.acls.push_back(
        drop_acl("drop-from", Direction::from_port, drop_priority, from + " && ip", "drop"));
    out.acls.push_back(drop_acl("dhcp4", Direction::from_port, allow_priority,
                                from + " && ip4 && ip4.dst == 255.255.255.255 && udp && udp.src == "
                                       "68 && udp.dst == 67",
                                "allow"));
    out.acls.push_back(drop_acl("dhcp6", Direction::from_port, allow_priority,
                                from +
                                    " && ip6 && ip6.dst == ff02::1:2 && udp && udp.src == 546 && "
                                    "udp.dst == 547",
                                "allow"));
}
} // namespace

std::string group_name(const std::string& security_group_id) {
    return "pg_" + replace_all(security_group_id, "-", "_");
}

std::string acl_match(const SecurityGroupRule& rule) {
    bool ingress = rule.direction == "ingress";
    const char* ip = rule.ethertype == "IPv6" ? "ip6" : "ip4";
    const char* side = ingress ? "src" : "dst";
    std::string out = format("{} == @{} && {}", ingress ? "outport" : "inport",
                             group_name(rule.security_group_id), ip);
    if (rule.remote_ip_prefix)
        if (auto prefix = parse_cidr(*rule.remote_ip_prefix); prefix && prefix->length > 0)
            out += format(" && {}.{} == {}", ip, side, prefix->text());
    // OVN keeps an address set of each port group's addresses.
    if (rule.remote_group_id)
        out += format(" && {}.{} == ${}_{}", ip, side, group_name(*rule.remote_group_id), ip);
    return out + protocol_match(rule);
}

void add_group_rows(const Wiring& wiring, ovn::Desired& out) {
    add_drop_rows(out);
    for (auto& group : wiring.groups) {
        out.port_groups.push_back({{"group", group.id}, group_name(group.id)});
        for (auto& rule : group.security_group_rules) {
            ovn::Acl acl;
            acl.self = {"acl", rule.id, group.id};
            acl.group = {"group", group.id};
            acl.direction = rule.direction == "ingress" ? ovn::Acl::Direction::to_port
                                                        : ovn::Acl::Direction::from_port;
            acl.priority = allow_priority;
            acl.match = acl_match(rule);
            acl.action = group.stateful ? "allow-related" : "allow-stateless";
            out.acls.push_back(std::move(acl));
        }
    }
}

} // namespace nephele::neutron
