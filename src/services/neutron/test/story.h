// SPDX-License-Identifier: Apache-2.0
// The starter content in small: a project network behind a router, a port with a floating IP.
#pragma once
#include "services/neutron/tasks/checks.h"
#include "services/neutron/tasks/northbound.h"
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {

/// A world whose reconciler is run by hand.
struct Wired : World {
    explicit Wired(std::vector<std::string> settings = {}) : World(std::move(settings)) {}
    Wires& wires() { return cloud().state<Wires>(); }
    void run() {
        wires().reconcile();
        wires().write_states();
    }
    std::vector<std::string> differences() {
        return cloud().db().read([&](db::Tx& tx) { return wires().differences(tx); });
    }
    Json bind(const Json& port, const std::string& host) {
        auto answer = put("/network/v2.0/ports/" + port.text("id"), root,
                          Json::object({{"port", Json::object({{"binding:host_id", host}})}}));
        REQUIRE(answer.status == 200);
        return answer.json.at("port");
    }
    std::string status(const Json& port) {
        return show("ports", "port", root, port).text("status");
    }
    void check_invariants(bool with_northbound = true) {
        for (auto& check : checks())
            if (with_northbound || check.name != "neutron.northbound_agrees")
                for (auto& line :
                     cloud().db().read([&](db::Tx& tx) { return check.find(cloud(), tx); }))
                    FAIL_CHECK(check.name << ": " << line);
    }
};

struct Story {
    Json ext, net, sub, vm, router, floating;
    explicit Story(Wired& w) {
        ext = w.external();
        net = w.network(w.alice);
        sub = w.subnet(w.alice, net, "10.0.0.0/24");
        vm = w.port(w.alice, net);
        router = w.make("routers", "router", w.alice,
                        Json::object({{"external_gateway_info",
                                       Json::object({{"network_id", ext.at("id")}})}}));
        w.put("/network/v2.0/routers/" + router.text("id") + "/add_router_interface", w.alice,
              Json::object({{"subnet_id", sub.at("id")}}));
        floating =
            w.make("floatingips", "floatingip", w.alice,
                   Json::object({{"floating_network_id", ext.at("id")}, {"port_id", vm.at("id")}}));
    }
    void remove(Wired& w) {
        CHECK(w.del("/network/v2.0/floatingips/" + floating.text("id"), w.alice).status == 204);
        CHECK(w.put("/network/v2.0/routers/" + router.text("id") + "/remove_router_interface",
                    w.alice, Json::object({{"subnet_id", sub.at("id")}}))
                  .status == 200);
        CHECK(w.del("/network/v2.0/routers/" + router.text("id"), w.alice).status == 204);
        CHECK(w.del("/network/v2.0/ports/" + vm.text("id"), w.alice).status == 204);
        CHECK(w.del("/network/v2.0/networks/" + net.text("id"), w.alice).status == 204);
    }
};

} // namespace nephele::neutron::testing
