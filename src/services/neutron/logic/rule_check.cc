// SPDX-License-Identifier: Apache-2.0
// Validation of security-group rules.
#include "services/neutron/logic/rule_check.h"

#include "base/strings.h"
#include "services/neutron/model/address.h"
#include "services/neutron/model/protocols.h"

namespace nephele::neutron {
namespace {
bool has_ports(int number) {
    return number == 6 || number == 17 || number == 33 || number == 132 || number == 136;
}

void check_ports(const SecurityGroupRule& rule, int number) {
    if (has_ports(number)) {
        for (auto& value : {rule.port_range_min, rule.port_range_max})
            if (value && (*value < 1 || *value > 65535))
                throw bad_request("SecurityGroupInvalidPortValue",
                                  format("Invalid value for port {}", *value));
        if (rule.port_range_min && rule.port_range_max &&
            *rule.port_range_min <= *rule.port_range_max)
            return;
        throw bad_request("SecurityGroupInvalidPortRange",
                          "For TCP/UDP protocols, port_range_min must be <= port_range_max");
    }
    if (number == 1 || number == 58) {
        const std::pair<const char*, std::optional<std::int64_t>> fields[] = {
            {"type", rule.port_range_min}, {"code", rule.port_range_max}};
        for (auto& [what, value] : fields)
            if (value && (*value < 0 || *value > 255))
                throw bad_request(
                    "SecurityGroupInvalidIcmpValue",
                    format("Invalid value for ICMP {} ({}) {}. It must be 0 to 255.", what,
                           std::string(what) == "type" ? "port-range-min" : "port-range-max",
                           *value));
        if (!rule.port_range_min && rule.port_range_max)
            throw bad_request("SecurityGroupMissingIcmpType",
                              format("ICMP code (port-range-max) {} is provided but ICMP type "
                                     "(port-range-min) is missing.",
                                     *rule.port_range_max));
        return;
    }
    throw bad_request("SecurityGroupInvalidProtocolForPort",
                      format("Invalid protocol {} for port range, only supported for TCP, UDP, "
                             "UDPLITE, SCTP and DCCP.",
                             *rule.protocol));
}

// Extension headers of IPv6, ICMPv6, "no next header", destination options; encapsulated IPv6 is
// one of them for upstream too.
bool belongs_to_v6(int number) {
    return number == 41 || number == 43 || number == 44 || (number >= 58 && number <= 60);
}

void check_protocol(SecurityGroupRule& rule) {
    if (rule.protocol && (lower(*rule.protocol) == "any" || rule.protocol->empty()))
        rule.protocol.reset();
    if (!rule.protocol) {
        if (rule.port_range_min || rule.port_range_max)
            throw bad_request("SecurityGroupProtocolRequiredWithPorts",
                              "Must also specify protocol if port range is given.");
        return;
    }
    rule.protocol = lower(*rule.protocol);
    auto number = protocol_number(*rule.protocol);
    if (!number)
        throw bad_request("SecurityGroupRuleInvalidProtocol",
                          format("Security group rule protocol {} not supported. Only protocol "
                                 "names (tcp, udp, icmp, ...) and integer representations "
                                 "[0 to 255] are supported.",
                                 *rule.protocol));
    bool v6_only = rule.protocol->rfind("ipv6-", 0) == 0 || *rule.protocol == "icmpv6" ||
                   belongs_to_v6(*number);
    if (v6_only && rule.ethertype == "IPv4")
        throw bad_request(
            "SecurityGroupEthertypeConflictWithProtocol",
            format("Invalid ethertype {} for protocol {}.", rule.ethertype, *rule.protocol));
    // "icmp" on an IPv6 rule means ICMPv6, as upstream reads it.
    if (rule.ethertype == "IPv6" && (*rule.protocol == "icmp" || *rule.protocol == "icmpv6"))
        rule.protocol = "ipv6-icmp";
    if (rule.port_range_min || rule.port_range_max)
        check_ports(rule, *protocol_number(*rule.protocol));
}
} // namespace

void normalize_rule(SecurityGroupRule& rule) {
    check_protocol(rule);
    if (rule.remote_ip_prefix && rule.remote_group_id)
        throw bad_request("SecurityGroupRemoteGroupAndRemoteIpPrefix",
                          "Only remote_ip_prefix or remote_group_id may be provided.");
    if (!rule.remote_ip_prefix) return;
    auto range = parse_cidr(*rule.remote_ip_prefix);
    if (!range)
        throw bad_request("InvalidCIDR",
                          format("Invalid CIDR {} given as IP prefix.", *rule.remote_ip_prefix));
    if ((range->network.version == 6) != (rule.ethertype == "IPv6"))
        throw bad_request("SecurityGroupRuleParameterConflict",
                          format("Conflicting value ethertype {} for CIDR {}", rule.ethertype,
                                 *rule.remote_ip_prefix));
    if (rule.remote_ip_prefix->find('/') == std::string::npos)
        rule.remote_ip_prefix = range->text();
}

bool same_traffic(const SecurityGroupRule& a, const SecurityGroupRule& b) {
    auto number = [](const SecurityGroupRule& r) {
        return r.protocol ? protocol_number(*r.protocol) : std::nullopt;
    };
    // Everything is the same as no prefix at all.
    auto prefix = [](const SecurityGroupRule& r) -> std::string {
        auto range = r.remote_ip_prefix ? parse_cidr(*r.remote_ip_prefix) : std::nullopt;
        return range && range->length > 0 ? range->text() : "";
    };
    return a.security_group_id == b.security_group_id && a.direction == b.direction &&
           a.ethertype == b.ethertype && number(a) == number(b) &&
           a.port_range_min == b.port_range_min && a.port_range_max == b.port_range_max &&
           prefix(a) == prefix(b) && a.remote_group_id == b.remote_group_id;
}

std::vector<SecurityGroupRule> starting_rules(bool default_group, const std::string& group_id) {
    std::vector<SecurityGroupRule> out;
    for (const char* ethertype : {"IPv4", "IPv6"}) {
        if (default_group) {
            auto& in = out.emplace_back();
            in.direction = "ingress";
            in.ethertype = ethertype;
            in.remote_group_id = group_id;
        }
        auto& all_out = out.emplace_back();
        all_out.direction = "egress";
        all_out.ethertype = ethertype;
    }
    for (auto& rule : out) rule.security_group_id = group_id;
    return out;
}

} // namespace nephele::neutron
