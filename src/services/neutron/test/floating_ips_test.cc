// SPDX-License-Identifier: Apache-2.0
// Floating IPs over HTTP.
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {
namespace {
struct Reachable : World {
    Json out = external();
    Json net = network(alice);
    Json sub = subnet(alice, net, "10.0.0.0/24");
    Json vm = port(alice, net, Json::object({{"device_id", "vm"}}));
    Json router = make(
        "routers", "router", alice,
        Json::object({{"external_gateway_info", Json::object({{"network_id", out.at("id")}})}}));
    Reachable() {
        REQUIRE(put("/network/v2.0/routers/" + router.text("id") + "/add_router_interface", alice,
                    Json::object({{"subnet_id", sub.at("id")}}))
                    .status == 200);
    }
    Json floating(Json more = Json::object()) {
        more["floating_network_id"] = out.at("id");
        return make("floatingips", "floatingip", alice, more);
    }
    test::Answer change(const Json& floating, Json fields) {
        return put("/network/v2.0/floatingips/" + floating.text("id"), alice,
                   Json::object({{"floatingip", std::move(fields)}}));
    }
};
} // namespace

TEST_CASE("a floating IP is taken, associated, moved off and given back") {
    Reachable world;
    auto floating = world.floating();
    CHECK(floating.text("status") == "DOWN");
    CHECK(floating.text("floating_ip_address").substr(0, 9) == "172.24.4.");
    CHECK(floating.at("port_id").is_null());
    auto on = world.change(floating, Json::object({{"port_id", world.vm.at("id")}}));
    INFO(on.text);
    REQUIRE(on.status == 200);
    auto& associated = on.json.at("floatingip");
    CHECK(associated.text("status") == "ACTIVE");
    CHECK(associated.text("fixed_ip_address") == "10.0.0.3");
    CHECK(associated.text("router_id") == world.router.text("id"));
    CHECK(associated.at("port_details").text("device_id") == "vm");
    CHECK(world.ids("floatingips?port_id=" + world.vm.text("id"), world.alice).size() == 1);
    auto off = world.change(floating, Json::object({{"port_id", nullptr}}));
    CHECK(off.json.at("floatingip").at("fixed_ip_address").is_null());
    CHECK(off.json.at("floatingip").at("router_id").is_null());
    CHECK(world.del("/network/v2.0/floatingips/" + floating.text("id"), world.alice).status == 204);
    CHECK(world.ids("ports?device_owner=network:floatingip", world.root).empty());
}

TEST_CASE("one fixed address has one floating IP; a way to it must be there") {
    Reachable world;
    auto first = world.floating(Json::object({{"port_id", world.vm.at("id")}}));
    CHECK(first.text("status") == "ACTIVE");
    auto second = world.floating();
    check_refused(world.change(second, Json::object({{"port_id", world.vm.at("id")}})), 409,
                  "FloatingIPPortAlreadyAssociated");
    auto island = world.network(world.alice);
    world.subnet(world.alice, island, "10.1.0.0/24");
    auto lonely = world.port(world.alice, island);
    check_refused(world.change(second, Json::object({{"port_id", lonely.at("id")}})), 404,
                  "ExternalGatewayForFloatingIPNotFound");
    check_refused(world.post("/network/v2.0/floatingips", world.alice,
                             Json::object({{"floatingip", Json::object({{"floating_network_id",
                                                                         world.net.at("id")}})}})),
                  400, "BadRequest");
    check_refused(
        world.post(
            "/network/v2.0/floatingips", world.alice,
            Json::object({{"floatingip", Json::object({{"floating_network_id", world.out.at("id")},
                                                       {"floating_ip_address", "172.24.4.50"}})}})),
        403, "PolicyNotAuthorized");
    CHECK(world.get("/network/v2.0/floatingips/" + first.text("id"), world.bob).status == 404);
}

TEST_CASE("what a floating IP needs cannot be taken away under it") {
    Reachable world;
    auto floating = world.floating(Json::object({{"port_id", world.vm.at("id")}}));
    std::string router = "/network/v2.0/routers/" + world.router.text("id");
    check_refused(world.put(router + "/remove_router_interface", world.alice,
                            Json::object({{"subnet_id", world.sub.at("id")}})),
                  409, "RouterInterfaceInUseByFloatingIP");
    check_refused(
        world.put(router, world.alice, Json::parse(R"({"router":{"external_gateway_info":null}})")),
        409, "RouterExternalGatewayInUseByFloatingIp");
    CHECK(world.del("/network/v2.0/ports/" + world.vm.text("id"), world.alice).status == 204);
    auto left = world.show("floatingips", "floatingip", world.alice, floating);
    CHECK(left.text("status") == "DOWN");
    CHECK(left.at("port_id").is_null());
}

TEST_CASE("an external network takes its unassociated floating IPs along") {
    World world;
    auto external = world.external();
    auto floating = world.make("floatingips", "floatingip", world.root,
                               Json::object({{"floating_network_id", external.at("id")}}));
    CHECK(world.del("/network/v2.0/networks/" + external.text("id"), world.root).status == 204);
    CHECK(world.ids("floatingips", world.root).empty());
    CHECK(world.ids("ports", world.root).empty());
}

TEST_CASE("the port of another project on the own network is not published") {
    World world;
    auto external = world.external();
    auto network = world.network(world.alice);
    world.subnet(world.alice, network, "10.0.0.0/24");
    auto port = world.port(world.root, network, Json::object({{"project_id", "bob"}}));
    auto floating = world.make("floatingips", "floatingip", world.alice,
                               Json::object({{"floating_network_id", external.at("id")}}));
    check_refused(
        world.put("/network/v2.0/floatingips/" + floating.text("id"), world.alice,
                  Json::object({{"floatingip", Json::object({{"port_id", port.at("id")}})}})),
        400, "BadRequest");
}

TEST_CASE("a change of nothing ends the association") {
    World world;
    auto external = world.external();
    auto network = world.network(world.alice);
    auto subnet = world.subnet(world.alice, network, "10.0.0.0/24");
    auto router = world.make("routers", "router", world.alice,
                             Json::object({{"external_gateway_info",
                                            Json::object({{"network_id", external.at("id")}})}}));
    world.put("/network/v2.0/routers/" + router.text("id") + "/add_router_interface", world.alice,
              Json::object({{"subnet_id", subnet.at("id")}}));
    auto port = world.port(world.alice, network);
    auto floating = world.make(
        "floatingips", "floatingip", world.alice,
        Json::object({{"floating_network_id", external.at("id")}, {"port_id", port.at("id")}}));
    std::string path = "/network/v2.0/floatingips/" + floating.text("id");
    auto named =
        world.put(path, world.alice, Json::parse(R"({"floatingip":{"description":"mine"}})"));
    CHECK(named.json.at("floatingip").text("port_id") == port.text("id"));
    auto blank = world.put(path, world.alice, Json::parse(R"({"floatingip":{}})"));
    CHECK(blank.status == 200);
    CHECK(blank.json.at("floatingip").at("port_id").is_null());
    CHECK(blank.json.at("floatingip").at("fixed_ip_address").is_null());
}

} // namespace nephele::neutron::testing
