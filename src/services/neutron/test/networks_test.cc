// SPDX-License-Identifier: Apache-2.0
// Networks over HTTP.
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {

TEST_CASE("a project makes, sees, changes and removes its network") {
    World world;
    auto network = world.network(world.alice, "mine");
    CHECK(network.text("status") == "ACTIVE");
    CHECK(network.text("project_id") == "alice");
    CHECK(network.text("tenant_id") == "alice");
    CHECK(network.integer("mtu") == 1442);
    CHECK(network.at("port_security_enabled").as_bool());
    CHECK_FALSE(network.has("provider:network_type"));
    std::string path = "/network/v2.0/networks/" + network.text("id");
    auto changed = world.put(path, world.alice, Json::parse(R"({"network":{"name":"new"}})"));
    CHECK(changed.status == 200);
    CHECK(changed.json.at("network").text("name") == "new");
    CHECK(world.get(path, world.bob).status == 404);
    CHECK(world.put(path, world.bob, Json::parse(R"({"network":{}})")).status == 404);
    CHECK(world.del(path, world.bob).status == 404);
    CHECK(world.del(path, world.alice).status == 204);
    check_refused(world.get(path, world.alice), 404, "NetworkNotFound");
}

TEST_CASE("administrators see what the network is made of") {
    World world;
    auto one = world.show("networks", "network", world.root, world.network(world.alice));
    CHECK(one.text("provider:network_type") == "geneve");
    CHECK(one.at("provider:physical_network").is_null());
    auto two = world.show("networks", "network", world.root, world.network(world.alice));
    CHECK(one.integer("provider:segmentation_id") != two.integer("provider:segmentation_id"));
    world.external();
    check_refused(world.post("/network/v2.0/networks", world.root,
                             Json::parse(R"({"network":{"provider:network_type":"flat",
                                 "provider:physical_network":"public"}})")),
                  409, "FlatNetworkInUse");
}

TEST_CASE("what only administrators may set is refused to others") {
    World world;
    for (const char* body :
         {R"({"network":{"shared":true}})", R"({"network":{"router:external":true}})",
          R"({"network":{"provider:network_type":"flat"}})"}) {
        check_refused(world.post("/network/v2.0/networks", world.alice, Json::parse(body)), 403,
                      "PolicyNotAuthorized");
    }
    CHECK(world
              .post("/network/v2.0/networks", world.alice,
                    Json::parse(R"({"network":{"shared":false}})"))
              .status == 201);
    auto reader = world.token("alice", {"reader"}, "looker");
    check_refused(world.post("/network/v2.0/networks", reader, Json::parse(R"({"network":{}})")),
                  403, "PolicyNotAuthorized");
    CHECK(world.ids("networks", reader).size() == 1);
    check_refused(world.post("/network/v2.0/networks", world.alice,
                             Json::parse(R"({"network":{"project_id":"bob"}})")),
                  400, "HTTPBadRequest");
    CHECK(world.make("networks", "network", world.root, Json::object({{"tenant_id", "bob"}}))
              .text("project_id") == "bob");
}

TEST_CASE("wrong bodies are refused in neutron's words") {
    World world;
    for (const char* body :
         {R"({})", R"({"net":{}})", R"({"network":[]})", R"({"network":{"name":7}})",
          R"({"network":{"colour":"red"}})", R"({"network":{"id":"x"}})",
          R"({"network":{"mtu":9000}})", R"({"networks":[]})", R"({"networks":[{"name":[]}]})"}) {
        auto answer = world.post("/network/v2.0/networks", world.alice, Json::parse(body));
        INFO(body << " " << answer.text);
        CHECK(answer.status == 400);
        CHECK(answer.json.has("NeutronError"));
    }
    CHECK(world.ids("networks", world.alice).empty());
}

TEST_CASE("several at once are all made or none") {
    World world;
    auto answer = world.post("/network/v2.0/networks", world.alice,
                             Json::parse(R"({"networks":[{"name":"a"},{"name":"b"}]})"));
    CHECK(answer.status == 201);
    CHECK(answer.json.at("networks").size() == 2);
    CHECK(world
              .post("/network/v2.0/networks", world.alice,
                    Json::parse(R"({"networks":[{"name":"c"},{"name":5}]})"))
              .status == 400);
    CHECK(world.ids("networks", world.alice).size() == 2);
}

TEST_CASE("external networks are seen by all and changed by none but administrators") {
    World world;
    auto external = world.external();
    CHECK(world.ids("networks?router:external=True", world.alice).size() == 1);
    CHECK(world.ids("subnets", world.alice).empty());
    std::string path = "/network/v2.0/networks/" + external.text("id");
    check_refused(world.put(path, world.alice, Json::parse(R"({"network":{"name":"x"}})")), 403,
                  "PolicyNotAuthorized");
    check_refused(world.del(path, world.alice), 403, "PolicyNotAuthorized");
    CHECK_FALSE(world.show("networks", "network", world.alice, external).boolean("shared"));
    CHECK(world.ids("rbac-policies?action=access_as_external", world.root).size() == 1);
}

TEST_CASE("a network with ports of others stays") {
    World world;
    auto network = world.network(world.alice);
    world.subnet(world.alice, network, "10.0.0.0/24");
    auto port = world.port(world.alice, network);
    std::string path = "/network/v2.0/networks/" + network.text("id");
    check_refused(world.del(path, world.alice), 409, "NetworkInUse");
    CHECK(world.del("/network/v2.0/ports/" + port.text("id"), world.alice).status == 204);
    CHECK(world.del(path, world.alice).status == 204);
    CHECK(world.ids("ports", world.root).empty());
    CHECK(world.ids("subnets", world.root).empty());
}

TEST_CASE("availability of addresses is counted") {
    World world;
    auto network = world.network(world.alice);
    world.subnet(world.alice, network, "10.0.0.0/24");
    world.port(world.alice, network);
    auto answer =
        world.get("/network/v2.0/network-ip-availabilities/" + network.text("id"), world.root);
    REQUIRE(answer.status == 200);
    auto& availability = answer.json.at("network_ip_availability");
    CHECK(availability.integer("total_ips") == 253);
    // The port's and the service port's.
    CHECK(availability.integer("used_ips") == 2);
    CHECK(world.get("/network/v2.0/network-ip-availabilities/" + network.text("id"), world.alice)
              .status == 403);
}

} // namespace nephele::neutron::testing
