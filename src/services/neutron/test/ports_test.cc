// SPDX-License-Identifier: Apache-2.0
// Ports over HTTP.
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {

TEST_CASE("a port gets a MAC, the next address and the default group") {
    World world;
    auto network = world.network(world.alice);
    auto subnet = world.subnet(world.alice, network, "10.0.0.0/24");
    auto first = world.port(world.alice, network), second = world.port(world.alice, network);
    CHECK(first.text("mac_address").substr(0, 8) == "fa:16:3e");
    CHECK(first.text("status") == "DOWN");
    CHECK(first.at("fixed_ips").as_array()[0].text("ip_address") == "10.0.0.3");
    CHECK(second.at("fixed_ips").as_array()[0].text("ip_address") == "10.0.0.4");
    CHECK(first.at("security_groups").size() == 1);
    CHECK_FALSE(first.has("binding:host_id"));
    CHECK(first.text("binding:vnic_type") == "normal");
    auto seen = world.show("ports", "port", world.root, first);
    CHECK(seen.text("binding:vif_type") == "unbound");
    CHECK(world.get("/network/v2.0/ports/" + first.text("id"), world.bob).status == 404);
}

TEST_CASE("a freed address is used again when the pool is full") {
    World world;
    auto network = world.network(world.alice);
    world.subnet(world.alice, network, "10.0.0.0/29", Json::object({{"enable_dhcp", false}}));
    std::vector<Json> ports;
    for (int i = 0; i < 5; ++i) ports.push_back(world.port(world.alice, network));
    auto wish = Json::object({{"port", Json::object({{"network_id", network.at("id")}})}});
    check_refused(world.post("/network/v2.0/ports", world.alice, wish), 409,
                  "IpAddressGenerationFailure");
    world.del("/network/v2.0/ports/" + ports[1].text("id"), world.alice);
    auto again = world.port(world.alice, network);
    CHECK(again.at("fixed_ips").dump() == ports[1].at("fixed_ips").dump());
}

TEST_CASE("asked addresses and MACs are given once") {
    World world;
    auto network = world.network(world.alice);
    auto subnet = world.subnet(world.alice, network, "10.0.0.0/24");
    auto fixed = Json::array({Json::object({{"ip_address", "10.0.0.77"}})});
    auto port =
        world.port(world.alice, network,
                   Json::object({{"fixed_ips", fixed}, {"mac_address", "FA:16:3E:00:00:01"}}));
    CHECK(port.text("mac_address") == "fa:16:3e:00:00:01");
    CHECK(port.at("fixed_ips").as_array()[0].text("subnet_id") == subnet.text("id"));
    auto post = [&](Json fields) {
        fields["network_id"] = network.at("id");
        return world.post("/network/v2.0/ports", world.alice, Json::object({{"port", fields}}));
    };
    check_refused(post(Json::object({{"fixed_ips", fixed}})), 409, "IpAddressAlreadyAllocated");
    check_refused(post(Json::object({{"mac_address", "fa:16:3e:00:00:01"}})), 409,
                  "MacAddressInUse");
    check_refused(post(Json::parse(R"({"fixed_ips":[{"ip_address":"192.168.3.3"}]})")), 400,
                  "InvalidIpForNetwork");
    check_refused(post(Json::parse(R"({"fixed_ips":[{}]})")), 400, "HTTPBadRequest");
    CHECK(post(Json::parse(R"({"fixed_ips":[]})")).json.at("port").at("fixed_ips").size() == 0);
}

TEST_CASE("ports are found by address, group, device and network") {
    World world;
    auto network = world.network(world.alice);
    auto subnet = world.subnet(world.alice, network, "10.0.0.0/24");
    auto port = world.port(world.alice, network, Json::object({{"device_id", "vm"}}));
    world.port(world.alice, network);
    auto wanted = std::vector<std::string>{port.text("id")};
    CHECK(world.ids("ports?fixed_ips=ip_address=10.0.0.3", world.alice) == wanted);
    CHECK(world.ids("ports?fixed_ips=ip_address_substr=0.0.3", world.alice) == wanted);
    CHECK(world.ids("ports?fixed_ips=subnet_id=" + subnet.text("id"), world.alice).size() == 3);
    CHECK(world.ids("ports?device_id=vm", world.alice) == wanted);
    CHECK(world
              .ids("ports?security_groups=" + port.at("security_groups").as_array()[0].as_string(),
                   world.alice)
              .size() == 2);
    check_refused(world.get("/network/v2.0/ports?fixed_ips=colour=red", world.alice), 400,
                  "HTTPBadRequest");
}

TEST_CASE("a port is changed; what it no longer has is free again") {
    World world;
    auto network = world.network(world.alice);
    world.subnet(world.alice, network, "10.0.0.0/24");
    auto port = world.port(world.alice, network);
    std::string path = "/network/v2.0/ports/" + port.text("id");
    auto changed =
        world.put(path, world.alice,
                  Json::parse(R"({"port":{"name":"eth0","fixed_ips":[{"ip_address":"10.0.0.50"}],
            "security_groups":[],"allowed_address_pairs":[{"ip_address":"10.0.0.200"}]}})"));
    INFO(changed.text);
    REQUIRE(changed.status == 200);
    auto& after = changed.json.at("port");
    CHECK(after.at("fixed_ips").as_array()[0].text("ip_address") == "10.0.0.50");
    CHECK(after.at("allowed_address_pairs").as_array()[0].text("mac_address") ==
          port.text("mac_address"));
    CHECK(after.at("security_groups").size() == 0);
    CHECK(world.ids("ports?fixed_ips=ip_address=10.0.0.3", world.alice).empty());
    check_refused(world.put(path, world.alice, Json::parse(R"({"port":{"binding:host_id":"h"}})")),
                  403, "PolicyNotAuthorized");
    check_refused(
        world.put(path, world.alice, Json::parse(R"({"port":{"port_security_enabled":false}})")),
        409, "AddressPairAndPortSecurityRequired");
    check_refused(world.put(path, world.alice, Json::parse(R"({"port":{"security_groups":
                                ["8ae35c1c-6fbc-4a2d-bd0d-3d3e2a9d7f00"]}})")),
                  404, "SecurityGroupNotFound");
    CHECK(world.put(path, world.alice, Json::parse(R"({"port":{"network_id":"x"}})")).status ==
          400);
}

TEST_CASE("binding says where and how a port is plugged") {
    World world;
    auto network = world.network(world.alice);
    world.subnet(world.alice, network, "10.0.0.0/24");
    auto port = world.port(world.alice, network);
    auto bound = world.put("/network/v2.0/ports/" + port.text("id"), world.root,
                           Json::parse(R"({"port":{"binding:host_id":"node1"}})"));
    REQUIRE(bound.status == 200);
    auto& after = bound.json.at("port");
    CHECK(after.text("binding:vif_type") == "ovs");
    CHECK(after.at("binding:vif_details").text("bridge_name") == "br-int");
    check_refused(world.put("/network/v2.0/ports/" + port.text("id"), world.root,
                            Json::parse(R"({"port":{"mac_address":"fa:16:3e:00:00:09"}})")),
                  409, "PortBound");
}

TEST_CASE("IPv6 addresses come from the MAC or from the pool") {
    World world;
    auto network = world.network(world.alice);
    world.subnet(world.alice, network, "2001:db8::/64",
                 Json::object({{"ipv6_ra_mode", "slaac"}, {"ipv6_address_mode", "slaac"}}));
    world.subnet(world.alice, network, "2001:db8:1::/64");
    auto port =
        world.port(world.alice, network, Json::object({{"mac_address", "fa:16:3e:12:34:56"}}));
    CHECK(port.at("fixed_ips").size() == 2);
    CHECK(
        world.ids("ports?fixed_ips=ip_address=2001:db8::f816:3eff:fe12:3456", world.alice).size() ==
        1);
}

TEST_CASE("many ports at once, with tags") {
    World world;
    auto network = world.network(world.alice);
    world.subnet(world.alice, network, "10.0.0.0/24");
    Json ports = Json::array();
    for (int i = 0; i < 5; ++i)
        ports.push_back(
            Json::object({{"network_id", network.at("id")}, {"tags", Json::array({"bulk"})}}));
    auto made = world.post("/network/v2.0/ports", world.alice, Json::object({{"ports", ports}}));
    INFO(made.text);
    CHECK(made.status == 201);
    CHECK(world.ids("ports?tags=bulk", world.alice).size() == 5);
}

TEST_CASE("owners of shared networks see and remove ports on them, others only their own") {
    World world;
    auto shared = world.make("networks", "network", world.root,
                             Json::object({{"shared", true}, {"project_id", "alice"}}));
    world.subnet(world.alice, shared, "10.0.0.0/24");
    auto bobs = world.port(world.bob, shared);
    auto alices = world.port(world.alice, shared);
    CHECK(world.show("ports", "port", world.alice, bobs).text("project_id") == "bob");
    CHECK(world.get("/network/v2.0/ports/" + alices.text("id"), world.bob).status == 404);
    check_refused(
        world.post("/network/v2.0/ports", world.bob,
                   Json::object({{"port", Json::object({{"network_id", shared.at("id")},
                                                        {"mac_address", "fa:16:3e:0a:0a:0a"}})}})),
        403, "PolicyNotAuthorized");
    CHECK(world.del("/network/v2.0/ports/" + bobs.text("id"), world.alice).status == 204);
}

} // namespace nephele::neutron::testing
