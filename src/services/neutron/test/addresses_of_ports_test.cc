// SPDX-License-Identifier: Apache-2.0
// Which addresses a port asks for.
#include "services/neutron/logic/address_choice.h"

#include "platform/fault/fault.h"

#include <doctest/doctest.h>

namespace nephele::neutron {
namespace {
Subnet subnet(const char* id, const char* cidr, std::optional<std::string> mode = {}) {
    Subnet s;
    s.id = id;
    s.cidr = cidr;
    s.ip_version = std::string(cidr).find(':') == std::string::npos ? 4 : 6;
    s.ipv6_address_mode = mode;
    return s;
}
const std::vector<Subnet> both = {subnet("four", "10.0.0.0/24"), subnet("more", "10.0.1.0/24"),
                                  subnet("auto", "2001:db8::/64", "slaac"),
                                  subnet("six", "2001:db8:1::/64")};
std::string refusal(const std::vector<FixedIp>& wanted, const std::string& owner = "") {
    try {
        plan_addresses("n", both, wanted, owner);
    } catch (const Failure& failure) {
        return failure.code();
    }
    return "";
}
} // namespace

TEST_CASE("by default a port gets one address a family and all automatic ones") {
    auto asks = plan_addresses("n", both, std::nullopt, "compute:nova");
    REQUIRE(asks.size() == 3);
    CHECK(asks[0].from.size() == 2);
    CHECK(asks[1].from.front()->id == "six");
    CHECK(asks[2].by_mac);
    auto router = plan_addresses("n", both, std::nullopt, owner::router_gateway);
    REQUIRE(router.size() == 2);
    CHECK_FALSE(router[1].by_mac);
    CHECK(plan_addresses("n", {}, std::nullopt, "").empty());
}

TEST_CASE("subnets with service types serve only such ports") {
    auto only = both;
    only[0].service_types = {"network:floatingip"};
    CHECK(plan_addresses("n", only, std::nullopt, "compute:nova")[0].from.size() == 1);
    CHECK(plan_addresses("n", only, std::nullopt, owner::floating_ip)[0].from.size() == 2);
}

TEST_CASE("asked addresses must lie in the network and be usable") {
    CHECK(refusal({{"", "10.0.1.7"}}) == "");
    CHECK(plan_addresses("n", both, std::vector<FixedIp>{{"", "10.0.1.7"}}, "")[0].from[0]->id ==
          "more");
    CHECK(refusal({{"", "192.168.0.1"}}) == "InvalidIpForNetwork");
    CHECK(refusal({{"four", "10.0.1.7"}}) == "InvalidIpForSubnet");
    CHECK(refusal({{"four", "10.0.0.255"}}) == "InvalidIpForSubnet");
    CHECK(refusal({{"elsewhere", ""}}) == "InvalidInput");
    CHECK(refusal({{"", ""}}) == "HTTPBadRequest");
    CHECK(refusal({{"auto", "2001:db8::9"}}) == "AllocationOnAutoAddressSubnet");
    CHECK(refusal({{"auto", "2001:db8::9"}}, owner::router_interface) == "");
    CHECK(refusal({{"", "10.0.0.7"}, {"four", "10.0.0.7"}}) == "InvalidInput");
}

TEST_CASE("a change keeps what is still wanted") {
    std::vector<FixedIp> have{{"four", "10.0.0.5"}, {"four", "10.0.0.6"}};
    auto change = compare_addresses(have, {{"four", ""}, {"", "10.0.0.5"}, {"more", ""}});
    CHECK(change.kept.size() == 2);
    CHECK(change.released.empty());
    REQUIRE(change.wanted.size() == 1);
    CHECK(change.wanted[0].subnet_id == "more");
    CHECK(compare_addresses(have, {}).released.size() == 2);
}

} // namespace nephele::neutron
