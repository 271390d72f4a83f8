// SPDX-License-Identifier: Apache-2.0
// What nova uses, in one transaction with its own work.
#include "services/neutron/client.h"

#include "platform/agent/agent.h"
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {
namespace {
struct Server : World {
    Json net = network(alice, "private");
    Json sub = subnet(alice, net, "10.0.0.0/24");
    Port make_one(const std::string& device, const std::string& host = "") {
        return write_as_cloud(cloud(), "req-test", [&](Context& context) {
            return create_port(context, {.project_id = "alice",
                                         .network_id = net.text("id"),
                                         .device_id = device,
                                         .device_owner = "compute:nova",
                                         .host = host});
        });
    }
    template <class F> auto write(F f) { return write_as_cloud(cloud(), "req-test", f); }
    template <class F> auto read(F f) { return cloud().db().read(f); }
};
} // namespace

TEST_CASE("ports are made, bound and released with their device") {
    Server world;
    auto port = world.make_one("vm-1", "node1");
    CHECK(port.binding_vif_type == "ovs");
    CHECK(port.security_groups.size() == 1);
    auto mine = world.port(world.alice, world.net);
    world.write([&](Context& c) { attach_port(c, mine.text("id"), "vm-1", "compute:nova"); });
    CHECK_THROWS_AS(
        world.write([&](Context& c) { attach_port(c, mine.text("id"), "vm-2", "compute:nova"); }),
        Failure);
    CHECK(world.read([](db::Tx& tx) {
                   return ports_of_devices(tx, {"vm-1", "vm-2"});
               })["vm-1"]
              .size() == 2);
    CHECK_FALSE(world.read([](db::Tx& tx) { return all_ports_up(tx, "vm-1"); }));
    world.write([&](Context& c) { release_device(c, "vm-1", {mine.text("id")}); });
    auto kept = world.show("ports", "port", world.root, mine);
    CHECK(kept.text("device_id").empty());
    CHECK(kept.text("binding:vif_type") == "unbound");
    CHECK(world.get("/network/v2.0/ports/" + port.id, world.alice).status == 404);
}

TEST_CASE("a host serves metadata as long as it has ports of the network") {
    Server world;
    auto desired = [&] {
        return world.read([&](db::Tx& tx) {
            return agent::desired(tx, "node1", metadata_network_kind, world.net.text("id"));
        });
    };
    CHECK_FALSE(desired());
    auto one = world.make_one("vm-1"), two = world.make_one("vm-2", "node1");
    world.write([&](Context& c) { bind_port(c, one.id, "node1"); });
    REQUIRE(desired());
    CHECK(desired()->spec.text("namespace") == "ovnmeta-" + world.net.text("id"));
    CHECK(desired()->spec.at("addresses").dump() == R"(["10.0.0.2/24","169.254.169.254/32"])");
    world.write([&](Context& c) { unbind_port(c, one.id); });
    CHECK_FALSE(desired()->absent);
    world.write([&](Context& c) { delete_port(c, two.id); });
    CHECK((!desired() || desired()->absent));
}

TEST_CASE("addresses are listed as servers show them") {
    Server world;
    auto port = world.make_one("vm-1");
    auto external = world.external();
    auto router = world.make("routers", "router", world.alice,
                             Json::object({{"external_gateway_info",
                                            Json::object({{"network_id", external.at("id")}})}}));
    world.put("/network/v2.0/routers/" + router.text("id") + "/add_router_interface", world.alice,
              Json::object({{"subnet_id", world.sub.at("id")}}));
    auto floating = world.make(
        "floatingips", "floatingip", world.alice,
        Json::object({{"floating_network_id", external.at("id")}, {"port_id", port.id}}));
    auto addresses =
        world.read([](db::Tx& tx) { return addresses_of_devices(tx, {"vm-1"}); })["vm-1"];
    REQUIRE(addresses.size() == 2);
    CHECK(addresses[0].network_name == "private");
    CHECK(addresses[0].address == port.fixed_ips[0].ip_address);
    CHECK(addresses[1].floating);
    CHECK(addresses[1].address == floating.text("floating_ip_address"));
    auto at = world.read([&](db::Tx& tx) {
        return port_at(tx, world.net.text("id"), port.fixed_ips[0].ip_address);
    });
    REQUIRE(at);
    CHECK(at->device_id == "vm-1");
    auto attachments = world.read([](db::Tx& tx) { return attachments_of_device(tx, "vm-1"); });
    REQUIRE(attachments.size() == 1);
    CHECK(attachments[0].subnets[0].cidr == "10.0.0.0/24");
}

TEST_CASE("groups are found by name, networks by who may use them") {
    Server world;
    world.external();
    CHECK(world.read([](db::Tx& tx) { return networks_for_servers(tx, "alice"); }).size() == 1);
    CHECK(world.read([](db::Tx& tx) { return networks_for_servers(tx, "bob"); }).empty());
    auto group = world.make("security-groups", "security_group", world.alice,
                            Json::object({{"name", "web"}}));
    auto named = [&](const std::string& name) {
        return world.write([&](Context& c) { return security_group_named(c, "alice", name); });
    };
    CHECK(named("web") == group.text("id"));
    CHECK(named(group.text("id")) == group.text("id"));
    CHECK(!named("default").empty());
    CHECK_THROWS_AS(named("nothing"), Failure);
    world.make("security-groups", "security_group", world.alice, Json::object({{"name", "web"}}));
    CHECK_THROWS_AS(named("web"), Failure);
    world.make_one("vm-1");
    CHECK(world.read([](db::Tx& tx) { return security_group_names(tx, {"vm-1"}); })["vm-1"] ==
          std::vector<std::string>{"default"});
}

} // namespace nephele::neutron::testing
