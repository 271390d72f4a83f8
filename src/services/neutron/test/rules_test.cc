// SPDX-License-Identifier: Apache-2.0
// Security-group rules: normal form, refusals, equality; router checks.
#include "services/neutron/logic/rule_check.h"

#include "services/neutron/logic/router_check.h"

#include <doctest/doctest.h>

namespace nephele::neutron {
namespace {
SecurityGroupRule rule(const std::function<void(SecurityGroupRule&)>& change = nullptr) {
    SecurityGroupRule r;
    r.security_group_id = "g";
    r.direction = "ingress";
    if (change) change(r);
    return r;
}
std::string refusal(const std::function<void(SecurityGroupRule&)>& change) {
    auto r = rule(change);
    try {
        normalize_rule(r);
    } catch (const Failure& failure) {
        return failure.code();
    }
    return "";
}
} // namespace

TEST_CASE("rules that mean nothing are refused under upstream's names") {
    CHECK(refusal([](auto& r) { r.protocol = "tcp"; }) == "");
    CHECK(refusal([](auto& r) { r.protocol = "carrier-pigeon"; }) ==
          "SecurityGroupRuleInvalidProtocol");
    CHECK(refusal([](auto& r) { r.protocol = "256"; }) == "SecurityGroupRuleInvalidProtocol");
    CHECK(refusal([](auto& r) { r.port_range_min = 22; }) ==
          "SecurityGroupProtocolRequiredWithPorts");
    CHECK(refusal([](auto& r) { r.protocol = "tcp", r.port_range_min = 22; }) ==
          "SecurityGroupInvalidPortRange");
    CHECK(refusal([](auto& r) {
              r.protocol = "tcp", r.port_range_min = 80, r.port_range_max = 22;
          }) == "SecurityGroupInvalidPortRange");
    CHECK(refusal([](auto& r) {
              r.protocol = "udp", r.port_range_min = 0, r.port_range_max = 70000;
          }) == "SecurityGroupInvalidPortValue");
    CHECK(refusal([](auto& r) { r.protocol = "icmp", r.port_range_min = 300; }) ==
          "SecurityGroupInvalidIcmpValue");
    CHECK(refusal([](auto& r) { r.protocol = "icmp", r.port_range_max = 3; }) ==
          "SecurityGroupMissingIcmpType");
    CHECK(refusal([](auto& r) { r.protocol = "esp", r.port_range_min = 1; }) ==
          "SecurityGroupInvalidProtocolForPort");
    CHECK(refusal([](auto& r) { r.protocol = "icmpv6"; }) ==
          "SecurityGroupEthertypeConflictWithProtocol");
    CHECK(refusal([](auto& r) { r.remote_ip_prefix = "10.0.0.0/8", r.remote_group_id = "x"; }) ==
          "SecurityGroupRemoteGroupAndRemoteIpPrefix");
    CHECK(refusal([](auto& r) { r.remote_ip_prefix = "2001:db8::/32"; }) ==
          "SecurityGroupRuleParameterConflict");
    CHECK(refusal([](auto& r) { r.remote_ip_prefix = "10.0.0.0/99"; }) == "InvalidCIDR");
}

TEST_CASE("rules are brought to one form") {
    auto r = rule([](auto& r) { r.protocol = "TCP", r.remote_ip_prefix = "10.1.1.1"; });
    normalize_rule(r);
    CHECK(r.protocol == "tcp");
    CHECK(r.remote_ip_prefix == "10.1.1.1/32");
    auto any = rule([](auto& r) { r.protocol = "any"; });
    normalize_rule(any);
    CHECK_FALSE(any.protocol);
    auto six = rule([](auto& r) { r.protocol = "icmp", r.ethertype = "IPv6"; });
    normalize_rule(six);
    CHECK(six.protocol == "ipv6-icmp");
}

TEST_CASE("two spellings of one rule are the same traffic") {
    auto tcp = rule([](auto& r) { r.protocol = "tcp"; });
    auto six = rule([](auto& r) { r.protocol = "6"; });
    CHECK(same_traffic(tcp, six));
    auto all = rule(), everything = rule([](auto&r) { r.remote_ip_prefix = "0.0.0.0/0"; });
    CHECK(same_traffic(all, everything));
    CHECK_FALSE(same_traffic(all, tcp));
    CHECK_FALSE(same_traffic(all, rule([](auto& r) { r.direction = "egress"; })));
}

TEST_CASE("a default group lets itself in and everything out") {
    auto rules = starting_rules(true, "g");
    CHECK(rules.size() == 4);
    CHECK(starting_rules(false, "g").size() == 2);
    for (auto& r : rules) CHECK((r.direction == "egress") == !r.remote_group_id.has_value());
}

TEST_CASE("a router's interfaces do not overlap and its routes can be followed") {
    Router router;
    router.id = "r";
    Subnet a, b;
    a.id = "a", a.cidr = "10.0.0.0/24";
    b.id = "b", b.cidr = "10.0.0.128/25";
    CHECK_THROWS_AS(check_interface_cidr(router, b, {a}), Failure);
    CHECK_THROWS_AS(check_interface_cidr(router, a, {a}), Failure);
    check_interface_cidr(router, a, {});
    check_routes(router, {{"192.168.0.0/16", "10.0.0.9"}}, {a}, {"10.0.0.1"});
    CHECK_THROWS_AS(check_routes(router, {{"192.168.0.0/16", "10.0.0.1"}}, {a}, {"10.0.0.1"}),
                    Failure);
    CHECK_THROWS_AS(check_routes(router, {{"192.168.0.0/16", "10.7.0.1"}}, {a}, {}), Failure);
    router.routes = {{"192.168.0.0/16", "10.0.0.9"}};
    CHECK_THROWS_AS(check_routes_survive(router, a), Failure);
    CHECK(routes_added(router.routes, router.routes).size() == 1);
    CHECK(routes_removed(router.routes, router.routes).empty());
}

} // namespace nephele::neutron
