// SPDX-License-Identifier: Apache-2.0
// Subnets over HTTP.
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {

TEST_CASE("a subnet gets gateway, pool and its network's service port") {
    World world;
    auto network = world.network(world.alice);
    auto subnet = world.subnet(world.alice, network, "10.0.0.0/24",
                               Json::object({{"dns_nameservers", Json::array({"1.1.1.1"})}}));
    CHECK(subnet.text("gateway_ip") == "10.0.0.1");
    CHECK(subnet.at("allocation_pools").dump() == R"([{"start":"10.0.0.2","end":"10.0.0.254"}])");
    CHECK_FALSE(subnet.has("prefixlen"));
    auto listed = world.show("networks", "network", world.alice, network);
    CHECK(listed.at("subnets").dump() == Json::array({subnet.at("id")}).dump());
    auto ports = world.get("/network/v2.0/ports?network_id=" + network.text("id"), world.alice);
    REQUIRE(ports.json.at("ports").size() == 1);
    auto& service_port = ports.json.at("ports").as_array()[0];
    CHECK(service_port.text("device_owner") == "network:distributed");
    CHECK(service_port.at("fixed_ips").as_array()[0].text("ip_address") == "10.0.0.2");
}

TEST_CASE("null means no gateway; a prefix with host bits is refused") {
    World world;
    auto network = world.network(world.alice);
    auto isolated =
        world.subnet(world.alice, network, "10.0.0.0/24", Json::object({{"gateway_ip", nullptr}}));
    CHECK(isolated.at("gateway_ip").is_null());
    auto refuse = [&](const char* fields, int status, const char* type) {
        Json wanted = Json::parse(fields);
        wanted["network_id"] = network.at("id");
        check_refused(
            world.post("/network/v2.0/subnets", world.alice, Json::object({{"subnet", wanted}})),
            status, type);
    };
    refuse(R"({"cidr":"10.1.0.5/24","ip_version":4})", 400, "HTTPBadRequest");
    refuse(R"({"cidr":"10.0.0.128/25","ip_version":4})", 400, "HTTPBadRequest");
    refuse(R"({"cidr":"10.1.0.0/24","ip_version":6})", 400, "HTTPBadRequest");
    refuse(R"({"cidr":"10.1.0.0/24"})", 400, "HTTPBadRequest");
    refuse(R"({"ip_version":4})", 400, "BadRequest");
    refuse(R"({"cidr":"10.1.0.0/24","ip_version":4,"gateway_ip":"x"})", 400, "HTTPBadRequest");
}

TEST_CASE("others cannot put subnets into a network they do not own") {
    World world;
    auto mine = world.network(world.alice);
    auto external = world.external();
    auto wish = [](const Json& network) {
        return Json::object({{"subnet", Json::object({{"network_id", network.at("id")},
                                                      {"cidr", "10.5.0.0/24"},
                                                      {"ip_version", 4}})}});
    };
    check_refused(world.post("/network/v2.0/subnets", world.bob, wish(mine)), 404,
                  "NetworkNotFound");
    check_refused(world.post("/network/v2.0/subnets", world.bob, wish(external)), 403,
                  "PolicyNotAuthorized");
}

TEST_CASE("a subnet is changed and, once unused, removed") {
    World world;
    auto network = world.network(world.alice);
    auto subnet = world.subnet(world.alice, network, "10.0.0.0/24");
    std::string path = "/network/v2.0/subnets/" + subnet.text("id");
    auto changed = world.put(path, world.alice,
                             Json::parse(R"({"subnet":{"name":"s","dns_nameservers":["9.9.9.9"],
                                 "host_routes":[{"destination":"10.9.0.0/16","nexthop":"10.0.0.9"}]}})"));
    INFO(changed.text);
    CHECK(changed.status == 200);
    CHECK(changed.json.at("subnet").at("host_routes").size() == 1);
    CHECK(
        world.put(path, world.alice, Json::parse(R"({"subnet":{"cidr":"10.1.0.0/24"}})")).status ==
        400);
    // Without DHCP the service port has nothing to do there.
    CHECK(world.put(path, world.alice, Json::parse(R"({"subnet":{"enable_dhcp":false}})")).status ==
          200);
    auto port = world.port(world.alice, network);
    check_refused(world.del(path, world.alice), 409, "SubnetInUse");
    world.del("/network/v2.0/ports/" + port.text("id"), world.alice);
    CHECK(world.del(path, world.alice).status == 204);
    CHECK(world.show("networks", "network", world.alice, network).at("subnets").size() == 0);
}

TEST_CASE("subnet pools hand out prefixes") {
    World world;
    auto pool = world.make("subnetpools", "subnetpool", world.alice,
                           Json::parse(R"({"name":"p","prefixes":["10.8.0.0/22"],
                               "default_prefixlen":24,"min_prefixlen":24})"));
    auto network = world.network(world.alice);
    auto make = [&](Json fields) {
        fields["network_id"] = network.at("id");
        fields["subnetpool_id"] = pool.at("id");
        fields["ip_version"] = 4;
        return world.make("subnets", "subnet", world.alice, fields);
    };
    CHECK(make(Json::object()).text("cidr") == "10.8.0.0/24");
    CHECK(make(Json::object({{"cidr", "10.8.2.0/24"}})).text("cidr") == "10.8.2.0/24");
    CHECK(make(Json::object()).text("cidr") == "10.8.1.0/24");
    CHECK(make(Json::object({{"prefixlen", 25}})).text("cidr") == "10.8.3.0/25");
    check_refused(world.del("/network/v2.0/subnetpools/" + pool.text("id"), world.alice), 409,
                  "SubnetPoolDeleteError");
    auto more = world.put("/network/v2.0/subnetpools/" + pool.text("id") + "/add_prefixes",
                          world.alice, Json::parse(R"({"prefixes":["10.9.0.0/24"]})"));
    CHECK(more.json.at("prefixes").size() == 2);
}

TEST_CASE("pools in a shared address scope take prefixes from the scope's owner only") {
    World world;
    auto scope = world.make("address-scopes", "address_scope", world.root,
                            Json::parse(R"({"name":"s","ip_version":4,"shared":true})"));
    auto pool = world.make("subnetpools", "subnetpool", world.alice,
                           Json::parse(R"({"name":"p","prefixes":["20.0.0.0/18"]})"));
    std::string path = "/network/v2.0/subnetpools/" + pool.text("id");
    auto pool_with = [](const char* name, Json value) {
        return Json::object({{"subnetpool", Json::object({{name, std::move(value)}})}});
    };
    CHECK(world.put(path, world.root, pool_with("address_scope_id", scope.at("id"))).status == 200);
    Json more = Json::parse(R"(["20.0.0.0/18","30.0.0.0/18"])");
    check_refused(world.put(path, world.alice, pool_with("prefixes", more)), 400,
                  "IllegalSubnetPoolUpdate");
    check_refused(world.put(path + "/add_prefixes", world.alice,
                            Json::parse(R"({"prefixes":["30.0.0.0/18"]})")),
                  400, "IllegalSubnetPoolUpdate");
    CHECK(world.put(path, world.alice, pool_with("name", "other")).status == 200);
    CHECK(world.put(path, world.root, pool_with("prefixes", more)).status == 200);
}

TEST_CASE("what no update may name is refused before the pool is looked for") {
    World world;
    auto pool = world.make("subnetpools", "subnetpool", world.root,
                           Json::parse(R"({"name":"p","prefixes":["20.0.0.0/18"]})"));
    Json shared = Json::parse(R"({"subnetpool":{"shared":true}})");
    for (auto& id : {pool.text("id"), std::string("nowhere")})
        CHECK(world.put("/network/v2.0/subnetpools/" + id, world.alice, shared).status == 400);
    CHECK(world
              .put("/network/v2.0/subnetpools/" + pool.text("id"), world.alice,
                   Json::parse(R"({"subnetpool":{"name":"x"}})"))
              .status == 404);
}

TEST_CASE("the subnets of an external network are the operator's") {
    World world;
    auto external = world.external();
    std::string query = "subnets?network_id=" + external.text("id");
    CHECK(world.ids(query, world.alice).empty());
    CHECK(world.ids(query, world.root).size() == 1);
}

TEST_CASE("a subnet of automatic addresses goes although ports have some of them") {
    World world;
    auto network = world.network(world.alice);
    Json modes = Json::object({{"ipv6_ra_mode", "slaac"}, {"ipv6_address_mode", "slaac"}});
    auto subnet = world.subnet(world.alice, network, "2001:db8::/64", modes);
    auto port = world.port(world.alice, network);
    REQUIRE(port.at("fixed_ips").size() == 1);
    std::string path = "/network/v2.0/subnets/" + subnet.text("id");
    CHECK(world.del(path, world.alice).status == 204);
    CHECK(world.show("ports", "port", world.alice, port).at("fixed_ips").size() == 0);
    check_refused(world.del("/network/v2.0/networks/" + network.text("id"), world.alice), 409,
                  "NetworkInUse");
    // A router's address keeps the subnet.
    auto routed = world.subnet(world.alice, network, "2001:db8:1::/64", modes);
    auto router = world.make("routers", "router", world.alice, Json::object());
    auto add = world.put("/network/v2.0/routers/" + router.text("id") + "/add_router_interface",
                         world.alice, Json::object({{"subnet_id", routed.at("id")}}));
    REQUIRE(add.status == 200);
    check_refused(world.del("/network/v2.0/subnets/" + routed.text("id"), world.alice), 409,
                  "SubnetInUse");
}

} // namespace nephele::neutron::testing
