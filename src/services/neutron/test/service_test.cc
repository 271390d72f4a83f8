// SPDX-License-Identifier: Apache-2.0
// The service as a whole: schema, discovery, quotas, tags, filters, errors.
#include "services/neutron/test/world.h"

#include "platform/policy/policy.h"

namespace nephele::neutron::testing {

TEST_CASE("records and tables agree") {
    World world;
    for (auto& problem : test::schema_problems(world)) FAIL_CHECK(problem);
}

TEST_CASE("every route's rule is declared") {
    World world;
    auto& policy = world.cloud().policy_of("neutron");
    for (auto& resource : service().resources)
        for (auto& route : resource.routes) {
            INFO(route.method << " " << route.path << " " << route.policy);
            CHECK((route.options.open || route.policy == api::enforced_by_handler ||
                   policy.has(route.policy)));
        }
}

TEST_CASE("versions are open, the rest needs a token") {
    World world;
    auto versions = world.get("/network/", "");
    CHECK(versions.status == 200);
    CHECK(versions.json.at("versions").as_array()[0].text("id") == "v2.0");
    CHECK(world.get("/network/v2.0/networks", "").status == 401);
    CHECK(world.get("/network/v2.0/networks", "wrong").status == 401);
    CHECK(world.get("/network/v2.0/extensions", world.alice).json.at("extensions").size() > 30);
    CHECK(world.get("/network/v2.0/extensions/router", world.alice).status == 200);
    check_refused(world.get("/network/v2.0/extensions/trunk", world.alice), 404, "HTTPNotFound");
    CHECK(world.get("/network/v2.0", world.alice).json.at("resources").size() > 10);
}

TEST_CASE("quotas have defaults, overrides and use") {
    World world;
    auto quota = world.get("/network/v2.0/quotas/alice", world.alice).json.at("quota");
    CHECK(quota.integer("network") == 100);
    CHECK(world.get("/network/v2.0/quotas/bob", world.alice).status == 403);
    check_refused(world.put("/network/v2.0/quotas/alice", world.alice,
                            Json::parse(R"({"quota":{"network":1}})")),
                  403, "PolicyNotAuthorized");
    CHECK(world
              .put("/network/v2.0/quotas/alice", world.root,
                   Json::parse(R"({"quota":{"network":1,"port":0}})"))
              .status == 200);
    auto network = world.network(world.alice);
    check_refused(
        world.post("/network/v2.0/networks", world.alice, Json::parse(R"({"network":{}})")), 409,
        "OverQuota");
    check_refused(
        world.post("/network/v2.0/ports", world.alice,
                   Json::object({{"port", Json::object({{"network_id", network.at("id")}})}})),
        409, "OverQuota");
    auto details = world.get("/network/v2.0/quotas/alice/details.json", world.root);
    CHECK(details.json.at("quota").at("network").integer("used") == 1);
    CHECK(details.json.at("quota").at("network").integer("limit") == 1);
    CHECK(world.get("/network/v2.0/quotas", world.root).json.at("quotas").size() == 1);
    CHECK(world.del("/network/v2.0/quotas/alice", world.root).status == 204);
    check_refused(world.del("/network/v2.0/quotas/alice", world.root), 404, "TenantQuotaNotFound");
    CHECK(
        world.get("/network/v2.0/quotas/alice", world.alice).json.at("quota").integer("network") ==
        100);
    check_refused(world.put("/network/v2.0/quotas/alice", world.root,
                            Json::parse(R"({"quota":{"networks":1}})")),
                  400, "HTTPBadRequest");
}

TEST_CASE("tags are kept, listed and filtered by") {
    World world;
    auto one = world.network(world.alice, "one"), two = world.network(world.alice, "two");
    std::string tags = "/network/v2.0/networks/" + one.text("id") + "/tags";
    CHECK(world.put(tags, world.alice, Json::parse(R"({"tags":["red","blue"]})")).status == 200);
    CHECK(world.put(tags + "/green", world.alice, Json()).status == 201);
    CHECK(world.get(tags + "/green", world.alice).status == 204);
    check_refused(world.get(tags + "/black", world.alice), 404, "TagNotFound");
    CHECK(world.get(tags, world.alice).json.at("tags").size() == 3);
    world.put("/network/v2.0/networks/" + two.text("id") + "/tags/red", world.alice, Json());
    auto first = std::vector<std::string>{one.text("id")};
    CHECK(world.ids("networks?tags=red,blue", world.alice) == first);
    CHECK(world.ids("networks?tags=red", world.alice).size() == 2);
    CHECK(world.ids("networks?tags=RED", world.alice).empty());
    CHECK(world.ids("networks?tags-any=blue,green", world.alice) == first);
    CHECK(world.ids("networks?not-tags=blue", world.alice).size() == 1);
    CHECK(world.ids("networks?not-tags-any=red", world.alice).empty());
    CHECK(world.del(tags + "/green", world.alice).status == 204);
    CHECK(world.del(tags, world.alice).status == 204);
    CHECK(world.show("networks", "network", world.alice, one).at("tags").size() == 0);
    check_refused(world.put(tags, world.bob, Json::parse(R"({"tags":[]})")), 404,
                  "NetworkNotFound");
}

TEST_CASE("lists are filtered, sorted, paged and cut to fields") {
    World world;
    for (const char* name : {"c", "a", "b"}) world.network(world.alice, name);
    auto sorted =
        world.get("/network/v2.0/networks?sort_key=name&sort_dir=desc&fields=name", world.alice);
    CHECK(sorted.json.at("networks").dump() == R"([{"name":"c"},{"name":"b"},{"name":"a"}])");
    auto page = world.get("/network/v2.0/networks?limit=2&sort_key=name", world.alice);
    CHECK(page.json.at("networks").size() == 2);
    CHECK(page.json.at("networks_links").as_array()[0].text("rel") == "next");
    // A full last page still has a link onwards, as upstream gives it.
    auto full = world.get("/network/v2.0/networks?limit=3", world.alice);
    CHECK(full.json.at("networks_links").as_array()[0].text("rel") == "next");
    // So the last page is empty; from there the way back begins at the end.
    auto links = world
                     .get("/network/v2.0/networks?limit=2&sort_key=name&marker=" +
                              world.ids("networks?sort_key=name", world.alice).back(),
                          world.alice)
                     .json.at("networks_links");
    REQUIRE(links.size() == 1);
    CHECK(links.as_array()[0].text("rel") == "previous");
    auto href = links.as_array()[0].text("href");
    auto back = world.get(href.substr(href.find("/network/")), world.alice);
    CHECK(back.json.at("networks").size() == 2);
    CHECK(back.json.at("networks").as_array()[1].text("name") == "c");
    CHECK_FALSE(
        world.get("/network/v2.0/networks?limit=0", world.alice).json.has("networks_links"));
    auto marker = page.json.at("networks").as_array()[1].text("id");
    CHECK(world.ids("networks?limit=2&sort_key=name&marker=" + marker, world.alice).size() == 1);
    CHECK(world.ids("networks?name=a&name=b", world.alice).size() == 2);
    CHECK(world.ids("networks?tenant_id=bob", world.alice).empty());
    CHECK(world.ids("networks?project_id=alice", world.root).size() == 3);
    check_refused(world.get("/network/v2.0/networks?colour=red", world.alice), 400,
                  "HTTPBadRequest");
    check_refused(world.get("/network/v2.0/networks?sort_key=colour", world.alice), 400,
                  "HTTPBadRequest");
}

TEST_CASE("an old revision number is refused") {
    World world;
    auto network = world.network(world.alice);
    std::string path = "/network/v2.0/networks/" + network.text("id");
    http::Headers old;
    old.set("If-Match", "revision_number=0");
    auto body = Json::parse(R"({"network":{"name":"x"}})");
    check_refused(world.request("PUT", path, world.alice, body, old), 412,
                  "RevisionNumberConstraintFailed");
    http::Headers right;
    right.set("If-Match", "revision_number=1");
    auto changed = world.request("PUT", path, world.alice, body, right);
    CHECK(changed.status == 200);
    CHECK(changed.json.at("network").integer("revision_number") == 2);
}

TEST_CASE("one record is cut to fields too") {
    World world;
    auto network = world.network(world.alice, "net");
    auto cut = world.get("/network/v2.0/networks/" + network.text("id") + "?fields=name&fields=mtu",
                         world.alice);
    CHECK(cut.json.dump() == R"({"network":{"name":"net","mtu":1442}})");
}

TEST_CASE("lists of operators' things are empty for others, not refused") {
    World world;
    world.network(world.alice);
    CHECK(world.get("/network/v2.0/agents", world.alice).json.at("agents").size() == 0);
    auto free = world.get("/network/v2.0/network-ip-availabilities", world.alice);
    CHECK(free.status == 200);
    CHECK(free.json.at("network_ip_availabilities").size() == 0);
    CHECK(world.get("/network/v2.0/network-ip-availabilities", world.root)
              .json.at("network_ip_availabilities")
              .size() == 1);
}

} // namespace nephele::neutron::testing
