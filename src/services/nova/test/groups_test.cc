// SPDX-License-Identifier: Apache-2.0
// Host aggregates, server groups, and usage: what administrators sort hosts and servers by.
#include "services/nova/logic/extra_specs.h"
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova::test;

namespace {
Json one(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

std::string make_aggregate(World& w, const char* name, Json more = Json::object()) {
    more["name"] = name;
    auto made = w.call("POST", "/os-aggregates", w.admin, one("aggregate", more));
    INFO(made.text);
    REQUIRE(made.status == 200);
    CHECK(!made.json.at("aggregate").has("hosts"));
    return std::to_string(made.json.at("aggregate").integer("id"));
}
Answer act(World& w, const std::string& id, const char* action, Json body) {
    return w.call("POST", "/os-aggregates/" + id + "/action", w.admin, one(action, body));
}
std::string host_of(World& w, const std::string& id) {
    return w.show(id, w.admin).text("OS-EXT-SRV-ATTR:host");
}
} // namespace

TEST_CASE("nova aggregates: made, changed, removed") {
    World w;
    CHECK(w.call("GET", "/os-aggregates", w.member).status == 403);
    std::string id = make_aggregate(w, "fast");
    CHECK(w.call("POST", "/os-aggregates", w.admin, one("aggregate", one("name", "fast"))).status ==
          409);
    CHECK(w.call("GET", "/os-aggregates/77", w.admin).status == 404);
    CHECK(w.call("GET", "/os-aggregates/x", w.admin).status == 400);
    auto added = act(w, id, "add_host", one("host", "h1"));
    CHECK(added.json.at("aggregate").at("hosts") == Json::array({"h1"}));
    CHECK(act(w, id, "add_host", one("host", "h1")).status == 409);
    CHECK(act(w, id, "add_host", one("host", "nowhere")).status == 404);
    auto set = act(w, id, "set_metadata", one("metadata", Json::object({{"a", "1"}, {"b", "2"}})));
    CHECK(set.json.at("aggregate").at("metadata").size() == 2);
    set = act(w, id, "set_metadata", one("metadata", one("a", Json())));
    CHECK(set.json.at("aggregate").at("metadata") == one("b", "2"));
    auto hypervisor =
        w.call("GET", "/os-hypervisors", w.admin).json.at("hypervisors").as_array()[0].text("id");
    auto shown = w.call("GET", "/os-aggregates/" + id, w.admin).json.at("aggregate");
    auto mirrored = [&] {
        http::Headers headers;
        headers.set("OpenStack-API-Version", "placement 1.19");
        return w.cloud
            .request("GET", "/placement/resource_providers/" + hypervisor + "/aggregates", w.admin,
                     Json(), headers)
            .json.at("aggregates");
    };
    CHECK(mirrored() == Json::array({shown.text("uuid")}));
    CHECK(w.call("DELETE", "/os-aggregates/" + id, w.admin).status == 400);
    CHECK(act(w, id, "remove_host", one("host", "h1")).status == 200);
    CHECK(mirrored().size() == 0);
    CHECK(act(w, id, "remove_host", one("host", "h1")).status == 404);
    CHECK(w.call("PUT", "/os-aggregates/" + id, w.admin, one("aggregate", one("name", "quick")))
              .json.at("aggregate")
              .text("name") == "quick");
    CHECK(w.call("DELETE", "/os-aggregates/" + id, w.admin).status == 200);
    CHECK(make_aggregate(w, "next") != id);
}

TEST_CASE("nova aggregates: a zone of some hosts, and flavors that ask for some") {
    World w(2);
    std::string id = make_aggregate(w, "east", one("availability_zone", "east"));
    CHECK(act(w, id, "add_host", one("host", "h2")).status == 200);
    auto zones = w.call("GET", "/os-availability-zone", w.member).json.at("availabilityZoneInfo");
    CHECK(zones.size() == 2);
    std::string server = w.create_active("web", one("availability_zone", "east"));
    CHECK(host_of(w, server) == "h2");
    w.cloud.node().tasks().run_all();
    CHECK(w.call("GET", "/os-services?host=h2", w.admin)
              .json.at("services")
              .as_array()[0]
              .text("zone") == "east");
    // Not under its servers, and not two zones at once.
    CHECK(act(w, id, "remove_host", one("host", "h2")).status == 409);
    std::string west = make_aggregate(w, "west", one("availability_zone", "west"));
    CHECK(act(w, west, "add_host", one("host", "h2")).status == 409);
    std::string ssd = make_aggregate(w, "ssd");
    CHECK(act(w, ssd, "add_host", one("host", "h1")).status == 200);
    CHECK(act(w, ssd, "set_metadata", one("metadata", one("disk", "ssd"))).status == 200);
    CHECK(w.call("POST", "/flavors/1/os-extra_specs", w.admin,
                 one("extra_specs", one("aggregate_instance_extra_specs:disk", "<or> ssd <or> x")))
              .status == 200);
    for (auto name : {"a", "b", "c"}) CHECK(host_of(w, w.create_active(name)) == "h1");
}

TEST_CASE("nova extra specs: what is asked of a value") {
    using nova::logic::spec_matches;
    CHECK(spec_matches("ssd", "ssd"));
    CHECK(!spec_matches("ssd", "hdd"));
    CHECK(spec_matches("b", "<or> a <or> b"));
    CHECK(spec_matches("12", ">= 7"));
    CHECK(!spec_matches("x", ">= 7"));
    CHECK(spec_matches("abc", "<in> b"));
    CHECK(spec_matches("a", "s!= b"));
}

TEST_CASE("nova server groups: apart, together, and softly so") {
    World w(2);
    auto make = [&](Json body, const char* version = "2.96") {
        return w.call("POST", "/os-server-groups", w.member, one("server_group", body), version);
    };
    auto create = [&](const std::string& group, const char* name) {
        Json body = w.server_body(name);
        body["os:scheduler_hints"] = one("group", group);
        return w.call("POST", "/servers", w.member, body);
    };
    CHECK(make(Json::object({{"name", "g"}, {"policy", "closeness"}})).status == 400);
    CHECK(make(Json::object({{"name", "g"}, {"policies", Json::array({"affinity"})}})).status ==
          400);
    auto made = make(Json::object({{"name", "apart"}, {"policy", "anti-affinity"}}));
    REQUIRE(made.status == 200);
    std::string apart = made.json.at("server_group").text("id");
    CHECK(made.json.at("server_group").at("rules").size() == 0);
    std::string ids[3];
    for (int i = 0; i < 3; ++i) {
        auto server = create(apart, "s");
        REQUIRE(server.status == 202);
        ids[i] = server.json.at("server").text("id");
        w.settle();
    }
    CHECK(host_of(w, ids[0]) != host_of(w, ids[1]));
    CHECK(w.show(ids[2]).text("status") == "ERROR");
    CHECK(w.show(ids[0]).at("server_groups") == Json::array({apart}));
    auto shown = w.call("GET", "/os-server-groups/" + apart, w.member, Json(), "2.63");
    CHECK(shown.json.at("server_group").at("members").size() == 3);
    CHECK(shown.json.at("server_group").at("policies") == Json::array({"anti-affinity"}));
    CHECK(w.call("GET", "/os-server-groups/" + apart, w.other).status == 404);
    auto together =
        make(Json::object({{"name", "t"}, {"policies", Json::array({"affinity"})}}), "2.1")
            .json.at("server_group")
            .text("id");
    std::string first = create(together, "a").json.at("server").text("id");
    std::string second = create(together, "b").json.at("server").text("id");
    w.settle();
    CHECK(host_of(w, first) == host_of(w, second));
    w.call("DELETE", "/servers/" + first, w.member);
    w.settle();
    CHECK(w.call("GET", "/os-server-groups/" + together, w.member)
              .json.at("server_group")
              .at("members") == Json::array({second}));
    auto spread = make(Json::object({{"name", "s"}, {"policy", "soft-anti-affinity"}}))
                      .json.at("server_group")
                      .text("id");
    for (auto& id : ids) {
        id = create(spread, "x").json.at("server").text("id");
        w.settle();
        CHECK(w.show(id).text("status") == "ACTIVE");
    }
    CHECK(host_of(w, ids[0]) != host_of(w, ids[1]));
    CHECK(
        w.call("PUT", "/os-quota-sets/p1", w.admin,
               one("quota_set", Json::object({{"server_groups", 3}, {"server_group_members", 3}})))
            .status == 200);
    CHECK(make(Json::object({{"name", "g"}, {"policy", "affinity"}})).status == 403);
    CHECK(create(spread, "y").status == 403);
    CHECK(create("0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0a", "y").status == 400);
    CHECK(w.call("DELETE", "/os-server-groups/" + spread, w.member).status == 204);
    CHECK(w.show(ids[0]).at("server_groups").size() == 0);
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova usage: hours of servers, also of those that are gone") {
    World w;
    std::string id = w.create_active("web");
    std::string gone = w.create_active("gone");
    w.call("DELETE", "/servers/" + gone, w.member);
    w.settle();
    std::string period = "?start=2020-01-01T00:00:00&end=2100-01-01T00:00:00";
    auto mine = w.call("GET", "/os-simple-tenant-usage/p1" + period, w.member);
    REQUIRE(mine.status == 200);
    auto usage = mine.json.at("tenant_usage");
    REQUIRE(usage.at("server_usages").size() == 2);
    CHECK(usage.at("total_hours").as_double() > 0);
    int terminated = 0;
    for (auto& server : usage.at("server_usages").as_array())
        terminated += server.text("state") == "terminated" && !server.at("ended_at").is_null();
    CHECK(terminated == 1);
    CHECK(w.call("GET", "/os-simple-tenant-usage/p2" + period, w.member).status == 403);
    CHECK(w.call("GET", "/os-simple-tenant-usage", w.member).status == 403);
    auto all = w.call("GET", "/os-simple-tenant-usage" + period + "&limit=1", w.admin);
    CHECK(all.json.at("tenant_usages").size() == 1);
    CHECK(all.json.has("tenant_usages_links"));
    CHECK(w.call("GET", "/os-simple-tenant-usage?start=never", w.admin).status == 400);
    CHECK(w.call("GET", "/os-simple-tenant-usage?start=2100-01-01T00:00:00", w.admin).status ==
          400);
}
