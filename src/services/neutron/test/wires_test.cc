// SPDX-License-Identifier: Apache-2.0
// The reconciler: the same contract on the rows in memory and on a real ovsdb-server.
#include "services/neutron/tasks/northbound.h"

#include "engines/ovsdb/client.h"
#include "engines/ovsdb/private_server.h"
#include "services/neutron/drivers/fake_northbound.h"
#include "services/neutron/test/story.h"

namespace nephele::neutron::testing {
namespace {
const char* northbound_schema = "/usr/share/ovn/ovn-nb.ovsschema";
const char* southbound_schema = "/usr/share/ovn/ovn-sb.ovsschema";

// Every step leaves the rows as a full comparison would make them, though each run looks only at
// what has changed.
void run_contract(Wired& world) {
    world.run();
    CHECK(world.differences().empty());
    Story story(world);
    CHECK_FALSE(world.differences().empty());
    world.run();
    CHECK(world.differences().empty());
    world.make("security-group-rules", "security_group_rule", world.alice,
               Json::object({{"security_group_id", story.vm.at("security_groups").as_array()[0]},
                             {"direction", "ingress"},
                             {"protocol", "icmp"}}));
    world.put("/network/v2.0/subnets/" + story.sub.text("id"), world.alice,
              Json::parse(R"({"subnet":{"dns_nameservers":["1.1.1.1"]}})"));
    world.run();
    CHECK(world.differences().empty());
    world.put("/network/v2.0/subnets/" + story.sub.text("id"), world.alice,
              Json::parse(R"({"subnet":{"enable_dhcp":false}})"));
    world.put("/network/v2.0/ports/" + story.vm.text("id"), world.alice,
              Json::parse(R"({"port":{"security_groups":[],"admin_state_up":false}})"));
    world.run();
    CHECK(world.differences().empty());
    world.check_invariants();
    story.remove(world);
    world.run();
    CHECK(world.differences().empty());
    world.check_invariants();
}
} // namespace

TEST_CASE("rows in memory follow the records") {
    Wired world;
    run_contract(world);
}

TEST_CASE("rows of a real server follow the records") {
    if (!ovsdb::PrivateServer::available(northbound_schema)) {
        MESSAGE("OVN is not installed");
        return;
    }
    ovsdb::PrivateServer northbound(northbound_schema), southbound(southbound_schema);
    Wired world({"neutron.driver=\"ovn\"", "neutron.northbound=\"" + northbound.remote() + "\"",
                 "neutron.southbound=\"" + southbound.remote() + "\""});
    run_contract(world);
}

TEST_CASE("a bound port goes ACTIVE when it is up, and DOWN with its binding") {
    std::string driver;
    SUBCASE("rows in memory") { driver = "fake"; }
    SUBCASE("no rows") { driver = "simulated"; }
    Wired world({"neutron.driver=\"" + driver + "\""});
    Story story(world);
    world.run();
    CHECK(world.status(story.vm) == "DOWN");
    world.bind(story.vm, "node1");
    CHECK(world.status(story.vm) == "DOWN");
    world.run();
    CHECK(world.status(story.vm) == "ACTIVE");
    world.bind(story.vm, "");
    CHECK(world.status(story.vm) == "DOWN");
    world.run();
    CHECK(world.status(story.vm) == "DOWN");
}

TEST_CASE("a port that is up on a real server goes ACTIVE") {
    if (!ovsdb::PrivateServer::available(northbound_schema)) {
        MESSAGE("OVN is not installed");
        return;
    }
    ovsdb::PrivateServer northbound(northbound_schema), southbound(southbound_schema);
    Wired world({"neutron.driver=\"ovn\"", "neutron.northbound=\"" + northbound.remote() + "\"",
                 "neutron.southbound=\"" + southbound.remote() + "\""});
    ovsdb::Client hand({.remote = northbound.remote(),
                        .database = "OVN_Northbound",
                        .watches = {{"Logical_Switch_Port", {"name", "up"}}}});
    Story story(world);
    world.run();
    auto set_up = [&](bool up) {
        hand.transact({ovsdb::update("Logical_Switch_Port",
                                     {{"name", "==", ovsdb::Value(story.vm.text("id"))}},
                                     {{"up", ovsdb::Value(up)}})});
    };
    // Up before it is bound: the binding itself must find out.
    set_up(true);
    world.bind(story.vm, "node1");
    auto wait_for = [&](const std::string& wanted) {
        for (int i = 0; i < 200 && world.status(story.vm) != wanted; ++i) world.run();
        return world.status(story.vm);
    };
    CHECK(wait_for("ACTIVE") == "ACTIVE");
    set_up(false);
    CHECK(wait_for("DOWN") == "DOWN");
}

TEST_CASE("what others break is repaired by a full comparison, failures by the next run") {
    Wired world;
    Story story(world);
    auto& fake = dynamic_cast<FakeNorthbound&>(world.wires().driver());
    fake.fail_next(1);
    CHECK_THROWS_AS(world.run(), EngineFailure);
    world.run();
    CHECK(world.differences().empty());
    world.network(world.alice);
    fake.fail_next(1, true);
    CHECK_THROWS_AS(world.run(), EngineFailure);
    world.run();
    CHECK(world.differences().empty());
    fake.lose_port(story.vm.text("id"));
    CHECK_FALSE(world.differences().empty());
    int before = fake.transactions();
    fake.fail_next(1);
    world.network(world.alice);
    CHECK_THROWS_AS(world.run(), EngineFailure);
    world.run();
    CHECK(fake.transactions() > before);
    CHECK(world.differences().empty());
    before = fake.transactions();
    world.run();
    CHECK(fake.transactions() == before);
}

TEST_CASE("in the background a bound port is ACTIVE by itself") {
    test::TestCloud cloud({service()}, {}, true);
    auto alice = cloud.token("alice");
    auto root = cloud.admin();
    auto net = cloud.post("/network/v2.0/networks", alice, Json::parse(R"({"network":{}})"));
    auto port = cloud.post(
        "/network/v2.0/ports", root,
        Json::object({{"port", Json::object({{"network_id", net.json.at("network").at("id")},
                                             {"binding:host_id", "node1"}})}}));
    REQUIRE(port.status == 201);
    std::string path = "/network/v2.0/ports/" + port.json.at("port").text("id");
    std::string status;
    auto until = cloud.cloud().now().plus_seconds(20);
    while (status != "ACTIVE" && cloud.cloud().now() < until)
        status = cloud.get(path, root).json.at("port").text("status");
    CHECK(status == "ACTIVE");
}

} // namespace nephele::neutron::testing
