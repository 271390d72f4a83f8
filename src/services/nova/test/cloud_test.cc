// SPDX-License-Identifier: Apache-2.0
// What administrators see: hosts, zones, quotas.
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova::test;

namespace {
Json one(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }
} // namespace

TEST_CASE("nova hosts: services are listed and switched off") {
    World w(2);
    CHECK(w.call("GET", "/os-services", w.member).status == 403);
    auto list = w.call("GET", "/os-services?host=h1", w.admin).json.at("services");
    REQUIRE(list.size() == 1);
    auto& h1 = list.as_array()[0];
    CHECK(h1.text("state") == "up");
    CHECK(h1.text("status") == "enabled");
    auto off = w.call("PUT", "/os-services/" + h1.text("id"), w.admin,
                      Json::object({{"status", "disabled"}, {"disabled_reason", "cleaning"}}));
    CHECK(off.status == 200);
    CHECK(off.json.at("service").text("disabled_reason") == "cleaning");
    for (auto name : {"a", "b", "c"})
        CHECK(w.show(w.create_active(name), w.admin).text("OS-EXT-SRV-ATTR:host") == "h2");
    auto on = w.call("PUT", "/os-services/enable", w.admin,
                     Json::object({{"host", "h1"}, {"binary", "nova-compute"}}), "2.1");
    CHECK(on.json.at("service").text("status") == "enabled");
    CHECK(w.call("PUT", "/os-services/" + h1.text("id"), w.admin, Json::object()).status == 400);
    CHECK(w.call("DELETE", "/os-services/" + h1.text("id"), w.admin).status == 409);
    // A host whose agent went away is down and gets nothing.
    auto gone = w.cloud.cloud().db().write([](db::Tx& tx) {
        return tx.exec("UPDATE agent_hosts SET connected = 0 WHERE host = 'h2'");
    });
    CHECK(gone == 1);
    w.cloud.node().tasks().run_all();
    auto down = w.call("GET", "/os-services?host=h2", w.admin).json.at("services").as_array()[0];
    CHECK(down.text("state") == "down");
    CHECK(w.show(w.create_active("d"), w.admin).text("OS-EXT-SRV-ATTR:host") == "h1");
}

TEST_CASE("nova hosts: hypervisors by version") {
    World w;
    w.create_active("web");
    auto now =
        w.call("GET", "/os-hypervisors/detail", w.admin).json.at("hypervisors").as_array()[0];
    CHECK(now.text("hypervisor_hostname") == "h1");
    CHECK(now.has("uptime"));
    CHECK(!now.has("vcpus"));
    auto old = w.call("GET", "/os-hypervisors/detail", w.admin, Json(), "2.87")
                   .json.at("hypervisors")
                   .as_array()[0];
    CHECK(old.integer("vcpus_used") == 1);
    CHECK(old.integer("running_vms") == 1);
    CHECK(old.at("cpu_info").is_object());
    auto oldest = w.call("GET", "/os-hypervisors", w.admin, Json(), "2.1")
                      .json.at("hypervisors")
                      .as_array()[0];
    CHECK(oldest.at("id").is_integer());
    CHECK(w.call("GET", "/os-hypervisors/" + now.text("id") + "?with_servers=true", w.admin)
              .json.at("hypervisor")
              .at("servers")
              .size() == 1);
    CHECK(w.call("GET", "/os-hypervisors/1", w.admin).status == 400);
    CHECK(w.call("GET", "/os-hypervisors/statistics", w.admin, Json(), "2.1")
              .json.at("hypervisor_statistics")
              .integer("running_vms") == 1);
}

TEST_CASE("nova hosts: availability zones, chosen and forced") {
    World w;
    w.hosts.add("far", 8, 8192, "away");
    w.cloud.node().tasks().run_all();
    auto zones = w.call("GET", "/os-availability-zone", w.member).json.at("availabilityZoneInfo");
    CHECK(zones.size() == 2);
    CHECK(zones.as_array()[0].at("hosts").is_null());
    CHECK(w.call("GET", "/os-availability-zone/detail", w.member).status == 403);
    std::string id = w.create_active("web", one("availability_zone", "away"));
    CHECK(w.show(id, w.admin).text("OS-EXT-SRV-ATTR:host") == "far");
    CHECK(w.show(id).text("pinned_availability_zone") == "away");
    CHECK(w.call("POST", "/servers", w.member,
                 w.server_body("web", one("availability_zone", "nova:h1")))
              .status == 403);
}

TEST_CASE("nova quotas: shown, set, enforced, given back") {
    World w;
    auto mine = w.call("GET", "/os-quota-sets/p1", w.member).json.at("quota_set");
    CHECK(mine.integer("cores") == 20);
    CHECK(!mine.has("injected_files"));
    CHECK(w.call("GET", "/os-quota-sets/p1", w.member, Json(), "2.35")
              .json.at("quota_set")
              .has("floating_ips"));
    CHECK(w.call("GET", "/os-quota-sets/p2", w.member).status == 403);
    CHECK(w.call("PUT", "/os-quota-sets/p1", w.member, one("quota_set", one("cores", 1))).status ==
          403);
    CHECK(w.call("PUT", "/os-quota-sets/p1", w.admin, one("quota_set", one("instances", 1)))
              .json.at("quota_set")
              .integer("instances") == 1);
    w.create_active("web");
    CHECK(w.call("POST", "/servers", w.member, w.server_body("web")).status == 403);
    CHECK(
        w.call("PUT", "/os-quota-sets/p1", w.admin, one("quota_set", one("instances", 0))).status ==
        400);
    CHECK(w.call("PUT", "/os-quota-sets/p1", w.admin, one("quota_set", one("dreams", 0))).status ==
          400);
    auto detail = w.call("GET", "/os-quota-sets/p1/detail", w.member).json.at("quota_set");
    CHECK(detail.at("instances").integer("in_use") == 1);
    auto limits = w.call("GET", "/limits", w.member).json.at("limits").at("absolute");
    CHECK(limits.integer("totalInstancesUsed") == 1);
    CHECK(limits.integer("maxTotalInstances") == 1);
    CHECK(w.call("DELETE", "/os-quota-sets/p1", w.admin).status == 202);
    CHECK(w.call("POST", "/servers", w.member, w.server_body("web")).status == 202);
}

TEST_CASE("nova quotas: what a class says is the default of every project") {
    World w;
    auto set = [&](Json quotas, const std::string& token) {
        return w.call("PUT", "/os-quota-class-sets/default", token,
                      one("quota_class_set", std::move(quotas)));
    };
    CHECK(set(one("cores", 3), w.member).status == 403);
    CHECK(set(one("dreams", 3), w.admin).status == 400);
    auto answer = set(one("cores", 3), w.admin);
    CHECK(answer.status == 200);
    CHECK(answer.json.at("quota_class_set").integer("cores") == 3);
    CHECK(!answer.json.at("quota_class_set").has("id"));
    CHECK(w.call("GET", "/os-quota-sets/p1", w.member).json.at("quota_set").integer("cores") == 3);
    CHECK(w.call("GET", "/os-quota-sets/p1/defaults", w.member)
              .json.at("quota_set")
              .integer("cores") == 3);
    CHECK(w.call("PUT", "/os-quota-sets/p1", w.admin, one("quota_set", one("cores", 9))).status ==
          200);
    CHECK(w.call("GET", "/os-quota-sets/p1", w.member).json.at("quota_set").integer("cores") == 9);
}

TEST_CASE("nova versions: the old root answers as the first version") {
    World w;
    auto all = w.cloud.get("/compute/", "").json.at("versions");
    REQUIRE(all.size() == 2);
    CHECK(all.as_array()[0].text("id") == "v2.0");
    CHECK(all.as_array()[0].text("version") == "");
    auto shown = w.cloud.get("/compute/v2/", "").json.at("version");
    CHECK(shown.text("id") == "v2.0");
    CHECK(w.cloud.get("/compute/v2.1", "").json.at("version").text("id") == "v2.1");
    std::string id = w.create_active("web");
    http::Headers headers;
    headers.set("OpenStack-API-Version", "compute 2.96");
    auto server = w.cloud.request("GET", "/compute/v2/servers/" + id, w.member, Json(), headers);
    CHECK(server.status == 200);
    CHECK(!server.json.at("server").has("tags"));
    CHECK(server.json.at("server").at("flavor").has("id"));
    CHECK(w.cloud.get("/compute/v2/p1/servers", w.member).status == 200);
}
