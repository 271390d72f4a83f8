// SPDX-License-Identifier: Apache-2.0
// Routers over HTTP.
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {
namespace {
struct Routed : World {
    Json net = network(alice);
    Json sub = subnet(alice, net, "10.0.0.0/24");
    Json router = make("routers", "router", alice, Json::object({{"name", "r"}}));
    std::string path = "/network/v2.0/routers/" + router.text("id");
    test::Answer add(const Json& body) { return put(path + "/add_router_interface", alice, body); }
    test::Answer remove(const Json& body) {
        return put(path + "/remove_router_interface", alice, body);
    }
    Json by_subnet() { return Json::object({{"subnet_id", sub.at("id")}}); }
};
} // namespace

TEST_CASE("an interface takes the subnet's gateway address and gives it back") {
    Routed world;
    auto added = world.add(world.by_subnet());
    INFO(added.text);
    REQUIRE(added.status == 200);
    CHECK(added.json.text("id") == world.router.text("id"));
    auto port =
        world.show("ports", "port", world.alice, Json::object({{"id", added.json.at("port_id")}}));
    CHECK(port.text("device_owner") == "network:router_interface");
    CHECK(port.at("fixed_ips").as_array()[0].text("ip_address") == "10.0.0.1");
    CHECK(port.at("security_groups").size() == 0);
    check_refused(world.add(world.by_subnet()), 400, "BadRequest");
    check_refused(world.del("/network/v2.0/ports/" + port.text("id"), world.alice), 409,
                  "ServicePortInUse");
    check_refused(world.del(world.path, world.alice), 409, "RouterInUse");
    check_refused(world.del("/network/v2.0/subnets/" + world.sub.text("id"), world.alice), 409,
                  "SubnetInUse");
    CHECK(world.remove(world.by_subnet()).status == 200);
    check_refused(world.remove(world.by_subnet()), 404, "RouterInterfaceNotFoundForSubnet");
    CHECK(world.del(world.path, world.alice).status == 204);
}

TEST_CASE("an interface may be a port made before") {
    Routed world;
    auto port = world.port(world.alice, world.net);
    auto added = world.add(Json::object({{"port_id", port.at("id")}}));
    INFO(added.text);
    CHECK(added.status == 200);
    CHECK(world.show("ports", "port", world.alice, port).text("device_id") ==
          world.router.text("id"));
    check_refused(world.add(Json::object({{"port_id", port.at("id")}})), 409, "PortInUse");
    check_refused(world.add(Json::object()), 400, "BadRequest");
    CHECK(world.remove(Json::object({{"port_id", port.at("id")}})).status == 200);
    CHECK(world.get("/network/v2.0/ports/" + port.text("id"), world.alice).status == 404);
}

TEST_CASE("subnets that overlap do not meet on one router") {
    Routed world;
    REQUIRE(world.add(world.by_subnet()).status == 200);
    auto other = world.network(world.alice);
    auto same = world.subnet(world.alice, other, "10.0.0.0/25");
    check_refused(world.add(Json::object({{"subnet_id", same.at("id")}})), 400, "BadRequest");
}

TEST_CASE("a gateway takes an external address; clearing it gives it back") {
    Routed world;
    auto external = world.external();
    auto set = world.put(
        world.path, world.alice,
        Json::object(
            {{"router", Json::object({{"external_gateway_info",
                                       Json::object({{"network_id", external.at("id")}})}})}}));
    INFO(set.text);
    REQUIRE(set.status == 200);
    auto& info = set.json.at("router").at("external_gateway_info");
    CHECK(info.at("enable_snat").as_bool());
    CHECK(info.at("external_fixed_ips").as_array()[0].text("ip_address") == "172.24.4.2");
    // The gateway's port belongs to the operator.
    CHECK(world.ids("ports?device_owner=network:router_gateway", world.alice).empty());
    CHECK(world.ids("ports?device_owner=network:router_gateway", world.root).size() == 1);
    check_refused(
        world.put(
            world.path, world.alice,
            Json::object({{"router", Json::object({{"external_gateway_info",
                                                    Json::object({{"network_id", external.at("id")},
                                                                  {"enable_snat", false}})}})}})),
        403, "PolicyNotAuthorized");
    check_refused(
        world.put(
            world.path, world.alice,
            Json::object({{"router",
                           Json::object({{"external_gateway_info",
                                          Json::object({{"network_id", world.net.at("id")}})}})}})),
        400, "BadRequest");
    auto cleared = world.put(world.path, world.alice,
                             Json::parse(R"({"router":{"external_gateway_info":{}}})"));
    CHECK(cleared.json.at("router").at("external_gateway_info").is_null());
    CHECK(world.ids("ports?device_owner=network:router_gateway", world.root).empty());
}

TEST_CASE("routes must be reachable and hold their interface") {
    Routed world;
    REQUIRE(world.add(world.by_subnet()).status == 200);
    auto put = [&](const char* verb, const char* nexthop) {
        return world.put(
            world.path + verb, world.alice,
            Json::object({{"router", Json::object({{"routes", Json::array({Json::object(
                                                                  {{"destination", "10.7.0.0/16"},
                                                                   {"nexthop", nexthop}})})}})}}));
    };
    CHECK(put("", "10.0.0.9").status == 200);
    check_refused(put("", "192.168.1.1"), 400, "InvalidRoutes");
    check_refused(put("", "10.0.0.1"), 400, "InvalidRoutes");
    check_refused(world.remove(world.by_subnet()), 409, "RouterInterfaceInUseByRoute");
    CHECK(put("/add_extraroutes", "10.0.0.10").json.at("router").at("routes").size() == 2);
    CHECK(put("/remove_extraroutes", "10.0.0.9").json.at("router").at("routes").size() == 1);
}

TEST_CASE("routers of others are not there") {
    Routed world;
    CHECK(world.get(world.path, world.bob).status == 404);
    check_refused(world.put(world.path + "/add_router_interface", world.bob, world.by_subnet()),
                  404, "RouterNotFound");
    CHECK(world.ids("routers", world.bob).empty());
}

TEST_CASE("null as routes removes them, as a MAC address makes a new one") {
    World world;
    auto network = world.network(world.alice);
    auto subnet = world.subnet(world.alice, network, "10.0.0.0/24");
    auto router = world.make("routers", "router", world.alice, Json::object());
    std::string path = "/network/v2.0/routers/" + router.text("id");
    world.put(path + "/add_router_interface", world.alice,
              Json::object({{"subnet_id", subnet.at("id")}}));
    auto set = world.put(path, world.alice, Json::parse(R"({"router":{"routes":
        [{"destination":"10.9.0.0/24","nexthop":"10.0.0.9"}]}})"));
    REQUIRE(set.json.at("router").at("routes").size() == 1);
    auto cleared = world.put(path, world.alice, Json::parse(R"({"router":{"routes":null}})"));
    CHECK(cleared.json.at("router").at("routes").size() == 0);
    check_refused(world.put(path + "/add_router_interface", world.alice,
                            Json::parse(R"({"port_id":"no uuid"})")),
                  400, "HTTPBadRequest");
    auto port = world.port(world.alice, network);
    auto fresh = world.put("/network/v2.0/ports/" + port.text("id"), world.root,
                           Json::parse(R"({"port":{"mac_address":null}})"));
    CHECK(fresh.status == 200);
    CHECK(fresh.json.at("port").text("mac_address") != port.text("mac_address"));
}

} // namespace nephele::neutron::testing
