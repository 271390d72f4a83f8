// SPDX-License-Identifier: Apache-2.0
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova::test;

namespace {
Json action(const char* name, Json body = Json()) {
    return Json::object({{name, std::move(body)}});
}
Json reboot(const char* type) { return action("reboot", Json::object({{"type", type}})); }
} // namespace

TEST_CASE("nova actions: stop, start, reboot, pause, suspend and back") {
    World w;
    std::string id = w.create_active("web");
    auto go = [&](Json body, const char* status, std::int64_t power_state) {
        CAPTURE(body.dump());
        auto answer = w.act(id, std::move(body));
        CHECK(answer.status == 202);
        CHECK(!w.show(id).at("OS-EXT-STS:task_state").is_null());
        w.settle();
        Json server = w.show(id);
        CHECK(server.text("status") == status);
        CHECK(server.at("OS-EXT-STS:task_state").is_null());
        CHECK(server.integer("OS-EXT-STS:power_state") == power_state);
    };
    go(action("os-stop"), "SHUTOFF", 4);
    auto wrong = w.act(id, action("pause"));
    CHECK(wrong.status == 409);
    CHECK(w.message(wrong) == "Cannot 'pause' instance " + id + " while it is in vm_state stopped");
    go(action("os-start"), "ACTIVE", 1);
    go(reboot("SOFT"), "ACTIVE", 1);
    CHECK(w.hosts.guests["h1"][id].integer("soft_reboots") == 1);
    go(reboot("HARD"), "ACTIVE", 1);
    CHECK(w.hosts.guests["h1"][id].integer("hard_reboots") == 1);
    go(action("pause"), "PAUSED", 3);
    go(action("unpause"), "ACTIVE", 1);
    go(action("suspend"), "SUSPENDED", 7);
    go(action("resume"), "ACTIVE", 1);
    CHECK(w.act(id, reboot("gentle")).status == 400);
    CHECK(w.act(id, action("explode")).status == 400);
    CHECK(w.act(id, action("os-stop"), w.other).status == 404);
    CHECK(broken_invariants(w.cloud.cloud()) == std::vector<std::string>{});
}

TEST_CASE("nova actions: a hard reboot takes the place of one that hangs") {
    World w;
    std::string id = w.create_active("web");
    w.hosts.asleep = {"h1"};
    CHECK(w.act(id, reboot("SOFT")).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "REBOOT");
    CHECK(w.act(id, action("os-stop")).status == 409);
    CHECK(w.act(id, reboot("HARD")).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "HARD_REBOOT");
    w.hosts.asleep.clear();
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(broken_invariants(w.cloud.cloud()) == std::vector<std::string>{});
}

TEST_CASE("nova actions: locks and the administrator's reset") {
    World w;
    std::string id = w.create_active("web");
    CHECK(w.call("POST", "/servers/" + id + "/action", w.member, action("lock", Json::object()),
                 "2.1")
              .status == 202);
    CHECK(w.act(id, action("unlock")).status == 202);
    CHECK(w.act(id, action("lock", Json::object({{"locked_reason", "mine"}}))).status == 202);
    CHECK(w.show(id).at("locked") == Json(true));
    CHECK(w.show(id).text("locked_reason") == "mine");
    auto refused = w.act(id, action("os-stop"));
    CHECK(refused.status == 409);
    CHECK(w.message(refused) == "Instance " + id + " is locked");
    CHECK(w.call("DELETE", "/servers/" + id, w.member).status == 409);
    CHECK(w.act(id, action("unlock")).status == 202);
    CHECK(w.act(id, action("lock"), w.admin).status == 202);
    CHECK(w.act(id, action("unlock")).status == 403);
    CHECK(w.act(id, action("unlock"), w.admin).status == 202);
    Json reset = action("os-resetState", Json::object({{"state", "error"}}));
    CHECK(w.act(id, reset).status == 403);
    CHECK(w.act(id, reset, w.admin).status == 202);
    CHECK(w.show(id).text("status") == "ERROR");
    CHECK(w.act(id, reboot("HARD")).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
}

TEST_CASE("nova actions: security groups of a running server") {
    World w;
    std::string id = w.create_active("web");
    auto made = w.cloud.post("/network/v2.0/security-groups", w.member,
                             Json::object({{"security_group", Json::object({{"name", "ssh"}})}}));
    REQUIRE(made.status == 201);
    Json named = Json::object({{"name", "ssh"}});
    CHECK(w.act(id, action("addSecurityGroup", named)).status == 202);
    CHECK(w.show(id).at("security_groups").size() == 2);
    CHECK(w.act(id, action("removeSecurityGroup", named)).status == 202);
    CHECK(w.show(id).at("security_groups").size() == 1);
    CHECK(w.act(id, action("removeSecurityGroup", named)).status == 404);
    CHECK(w.act(id, action("addSecurityGroup", Json::object({{"name", "none"}}))).status == 404);
}

// Found by the simulation: the word came while the server was busy, and was forgotten.
TEST_CASE("nova actions: a guest that stops by itself before its server is ready") {
    World w;
    w.cloud.node().tasks().run_all();
    std::string id = w.create("web");
    w.cloud.settle();
    CHECK(w.hosts.work());
    w.cloud.settle();
    REQUIRE(w.show(id).text("status") == "BUILD"); // its port is not up yet
    w.hosts.report_power("h1", id, 4);
    w.cloud.node().tasks().run_all();
    REQUIRE(w.show(id).text("status") == "BUILD");
    bring_ports_up(w.cloud.cloud());
    w.cloud.settle();
    w.cloud.node().tasks().run_all();
    CHECK(w.show(id).text("status") == "SHUTOFF");
    w.settle();
    CHECK(w.hosts.guests["h1"][id].text("power") == "stopped");
}

TEST_CASE("nova actions: a guest that stops by itself is SHUTOFF and stays so") {
    World w;
    std::string id = w.create_active("web");
    w.cloud.node().tasks().run_all();
    w.hosts.report_power("h1", id, 4);
    w.cloud.node().tasks().run_all();
    CHECK(w.show(id).text("status") == "SHUTOFF");
    w.settle();
    CHECK(w.hosts.guests["h1"][id].text("power") == "stopped");
    CHECK(w.act(id, action("os-start")).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
}
