// SPDX-License-Identifier: Apache-2.0
// Arithmetic of addresses, subnets, pools and prefixes.
#include "services/neutron/model/address.h"

#include "platform/fault/fault.h"
#include "services/neutron/logic/network_plan.h"
#include "services/neutron/logic/pool_check.h"
#include "services/neutron/logic/subnet_plan.h"

#include <doctest/doctest.h>

namespace nephele::neutron {
namespace {
Subnet planned(const std::string& cidr, int version = 4) {
    Subnet subnet;
    subnet.cidr = cidr;
    subnet.ip_version = version;
    plan_subnet(subnet, false, false, {});
    return subnet;
}
std::string code_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const Failure& failure) {
        return failure.code();
    }
    return "";
}
} // namespace

TEST_CASE("addresses of both families are read, written and counted") {
    CHECK(parse_address("10.0.0.255")->plus(1).text() == "10.0.1.0");
    CHECK(parse_address("2001:db8::ffff")->plus(1).text() == "2001:db8::1:0");
    CHECK(parse_address("2001:DB8:0::1")->text() == "2001:db8::1");
    CHECK_FALSE(parse_address("10.0.0.256"));
    CHECK_FALSE(parse_address("10.0.0"));
    auto address = *parse_address("2001:db8::abcd");
    CHECK(Address::from_sortable(6, address.sortable()) == address);
    CHECK(parse_address("10.0.0.9")->sortable() < parse_address("10.0.0.10")->sortable());
    CHECK(decimal(parse_cidr("::/64")->range().size()) == "18446744073709551616");
}

TEST_CASE("a CIDR knows its range and its neighbours") {
    auto cidr = *parse_cidr("10.0.0.77/24");
    CHECK(cidr.text() == "10.0.0.0/24");
    CHECK(cidr.range().last.text() == "10.0.0.255");
    CHECK(cidr.netmask() == "255.255.255.0");
    CHECK(cidr.overlaps(*parse_cidr("10.0.0.128/25")));
    CHECK_FALSE(cidr.overlaps(*parse_cidr("10.0.1.0/24")));
    CHECK_FALSE(is_exact_cidr("10.0.0.77/24"));
    CHECK(parse_cidr("0.0.0.0/0")->holds(*parse_address("255.255.255.255")));
    CHECK_FALSE(parse_cidr("0.0.0.0/0")->holds(*parse_address("::1")));
    CHECK_FALSE(parse_cidr("10.0.0.0/33"));
}

TEST_CASE("SLAAC addresses follow from the MAC") {
    CHECK(slaac_address(*parse_cidr("2001:db8::/64"), "fa:16:3e:12:34:56")->text() ==
          "2001:db8::f816:3eff:fe12:3456");
    CHECK_FALSE(slaac_address(*parse_cidr("2001:db8::/80"), "fa:16:3e:12:34:56"));
}

TEST_CASE("a new subnet gets the first address as gateway and the rest as its pool") {
    auto subnet = planned("10.0.0.0/24");
    CHECK(subnet.gateway_ip == "10.0.0.1");
    REQUIRE(subnet.allocation_pools.size() == 1);
    CHECK(subnet.allocation_pools[0] == AllocationPool{"10.0.0.2", "10.0.0.254"});
    auto six = planned("2001:db8::/64", 6);
    CHECK(six.gateway_ip == "2001:db8::1");
    CHECK(six.allocation_pools[0] ==
          AllocationPool{"2001:db8::2", "2001:db8::ffff:ffff:ffff:ffff"});
    auto tiny = planned("10.0.0.0/30");
    CHECK(tiny.allocation_pools[0] == AllocationPool{"10.0.0.2", "10.0.0.2"});
}

TEST_CASE("a gateway inside the range splits the pool") {
    auto pools = default_pools(*parse_cidr("10.0.0.0/24"), "10.0.0.100");
    REQUIRE(pools.size() == 2);
    CHECK(pools[0] == AllocationPool{"10.0.0.1", "10.0.0.99"});
    CHECK(pools[1] == AllocationPool{"10.0.0.101", "10.0.0.254"});
    CHECK(default_pools(*parse_cidr("10.0.0.0/24"), std::nullopt).size() == 1);
}

TEST_CASE("subnets that contradict themselves are refused under upstream's names") {
    Subnet base;
    base.cidr = "10.0.0.0/24";
    auto with = [&](const std::function<void(Subnet&)>& change, bool gateway = false,
                    bool pools = false) {
        Subnet subnet = base;
        change(subnet);
        return code_of([&] { plan_subnet(subnet, gateway, pools, {"10.9.0.0/16"}); });
    };
    CHECK(with([](Subnet&) {}) == "");
    CHECK(with([](Subnet& s) { s.cidr = "10.0.0.1/24"; }) == "HTTPBadRequest");
    CHECK(with([](Subnet& s) { s.cidr = "10.9.4.0/24"; }) == "InvalidInput");
    CHECK(with([](Subnet& s) { s.cidr = "224.0.0.0/24"; }) == "InvalidInput");
    CHECK(with([](Subnet& s) { s.ip_version = 6; }) == "InvalidInput");
    CHECK(with([](Subnet& s) { s.gateway_ip = "10.0.0.0"; }, true) == "InvalidInput");
    CHECK(with([](Subnet& s) { s.gateway_ip = "192.168.0.1"; }, true) == "");
    CHECK(with(
              [](Subnet& s) {
                  s.allocation_pools = {{"10.0.0.9", "10.0.0.2"}};
              },
              false, true) == "InvalidAllocationPool");
    CHECK(with(
              [](Subnet& s) {
                  s.allocation_pools = {{"10.0.0.9", "10.0.1.2"}};
              },
              false, true) == "OutOfBoundsAllocationPool");
    CHECK(with(
              [](Subnet& s) {
                  s.allocation_pools = {{"10.0.0.1", "10.0.0.9"}};
              },
              false, true) == "GatewayConflictWithAllocationPools");
    CHECK(with(
              [](Subnet& s) {
                  s.allocation_pools = {{"10.0.0.5", "10.0.0.9"}, {"10.0.0.9", "10.0.0.20"}};
              },
              false, true) == "OverlappingAllocationPools");
    CHECK(with([](Subnet& s) { s.ipv6_ra_mode = "slaac"; }) == "InvalidInput");
    CHECK(with([](Subnet& s) { s.dns_nameservers.assign(6, "1.1.1.1"); }) ==
          "DNSNameServersExhausted");
}

TEST_CASE("a free prefix is found between those in use") {
    std::vector<std::string> pool{"10.0.0.0/22"};
    CHECK(free_prefix(pool, 24, {})->text() == "10.0.0.0/24");
    CHECK(free_prefix(pool, 24, {"10.0.0.0/24", "10.0.2.0/24"})->text() == "10.0.1.0/24");
    CHECK(free_prefix(pool, 23, {"10.0.0.0/25"})->text() == "10.0.2.0/23");
    CHECK_FALSE(free_prefix(pool, 24, {"10.0.0.0/22"}));
    CHECK_FALSE(free_prefix(pool, 20, {}));
    CHECK(free_prefix({"10.0.0.0/24", "10.1.0.0/24"}, 24, {"10.0.0.0/24"})->text() ==
          "10.1.0.0/24");
}

TEST_CASE("prefixes of a pool are merged") {
    CHECK(merged_prefixes({"10.0.1.0/24", "10.0.0.0/24"}) ==
          std::vector<std::string>{"10.0.0.0/23"});
    CHECK(merged_prefixes({"10.0.0.0/16", "10.0.7.0/24"}) ==
          std::vector<std::string>{"10.0.0.0/16"});
    CHECK(merged_prefixes({"10.0.1.0/24", "10.0.2.0/24"}) ==
          std::vector<std::string>{"10.0.1.0/24", "10.0.2.0/24"});
}

TEST_CASE("provider attributes fit the network's type") {
    auto code = [](const char* type, std::optional<std::string> physical,
                   std::optional<std::int64_t> segment) {
        Network network;
        network.provider_network_type = type;
        network.provider_physical_network = physical;
        network.provider_segmentation_id = segment;
        return code_of([&] { plan_segment(network, "geneve"); });
    };
    CHECK(code("", {}, {}) == "");
    CHECK(code("flat", "public", {}) == "");
    CHECK(code("vlan", "public", 100) == "");
    CHECK(code("geneve", {}, 7) == "");
    CHECK(code("flat", {}, {}) == "InvalidInput");
    CHECK(code("vlan", "public", 5000) == "InvalidInput");
    CHECK(code("geneve", "public", {}) == "InvalidInput");
    CHECK(code("", "public", {}) == "InvalidInput");
    CHECK(code("vxlan", {}, {}) == "InvalidInput");
}

} // namespace nephele::neutron
