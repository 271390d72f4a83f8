// SPDX-License-Identifier: Apache-2.0
#include "services/nova/service.h"
#include "tests/support/test_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::TestCloud;

namespace {
struct World {
    TestCloud cloud{{nova::service()}};
    std::string admin = cloud.admin(), member = cloud.token("p1"), other = cloud.token("p2");
    test::Answer call(const char* method, const std::string& path, const std::string& token,
                      const Json& body = Json(), const char* version = "2.96") {
        http::Headers headers;
        headers.set("OpenStack-API-Version", std::string("compute ") + version);
        return cloud.request(method, "/compute/v2.1" + path, token, body, headers);
    }
    test::Answer flavor(const std::string& id, bool is_public = true, int ram = 512) {
        return call(
            "POST", "/flavors", admin,
            Json::object({{"flavor", Json::object({{"id", id},
                                                   {"name", "name-" + id},
                                                   {"ram", ram},
                                                   {"vcpus", 1},
                                                   {"disk", 1},
                                                   {"os-flavor-access:is_public", is_public}})}}));
    }
};
std::string message_of(const test::Answer& answer) {
    return answer.json.as_object().front().second.text("message");
}
} // namespace

TEST_CASE("nova: versions are discovered and negotiated") {
    World w;
    auto root = w.cloud.get("/compute/", "");
    CHECK(root.status == 200);
    CHECK(root.json.at("versions").as_array()[1].text("version") == "2.96");
    auto one = w.cloud.get("/compute/v2.1/", "");
    CHECK(one.status == 200);
    CHECK(one.json.at("version").text("min_version") == "2.1");

    auto plain = w.cloud.get("/compute/v2.1/flavors", w.member);
    CHECK(plain.headers.get("OpenStack-API-Version") == "compute 2.1");
    CHECK(plain.headers.get("X-OpenStack-Nova-API-Version") == "2.1");
    CHECK(!plain.headers.get("x-compute-request-id").empty());
    CHECK(plain.headers.get("x-openstack-request-id") == plain.headers.get("x-compute-request-id"));
    CHECK(plain.headers.get("Vary").find("X-OpenStack-Nova-API-Version") != std::string::npos);
    http::Headers legacy;
    legacy.set("X-OpenStack-Nova-API-Version", "latest");
    auto latest = w.cloud.request("GET", "/compute/v2.1/flavors", w.member, Json(), legacy);
    CHECK(latest.headers.get("X-OpenStack-Nova-API-Version") == "2.96");
    auto too_new = w.call("GET", "/flavors", w.member, Json(), "2.999");
    CHECK(too_new.status == 406);
    CHECK(too_new.json.has("computeFault"));
    auto bad = w.call("GET", "/flavors", w.member, Json(), "two");
    CHECK(bad.status == 400);
    CHECK(bad.json.has("badRequest"));
}

TEST_CASE("nova: the project may stand in the path") {
    World w;
    CHECK(w.cloud.get("/compute/v2.1/p1/flavors", w.member).status == 200);
}

TEST_CASE("nova: tables agree with migrations") {
    World w;
    CHECK(test::schema_problems(w.cloud) == std::vector<std::string>{});
}

TEST_CASE("nova flavors: made, shown by version, listed, removed") {
    World w;
    CHECK(w.call("POST", "/flavors", w.member, Json::object()).status == 403);
    auto made = w.flavor("f1");
    REQUIRE(made.status == 200);
    CHECK(made.json.at("flavor").text("id") == "f1");

    auto now = w.call("GET", "/flavors/f1", w.member).json.at("flavor");
    CHECK(now.at("swap") == Json(0));
    CHECK(now.has("description"));
    CHECK(now.at("extra_specs") == Json::object());
    auto old = w.call("GET", "/flavors/f1", w.member, Json(), "2.1").json.at("flavor");
    CHECK(old.at("swap") == Json(""));
    CHECK(!old.has("description"));
    CHECK(!old.has("extra_specs"));

    CHECK(message_of(w.flavor("f1")) == "Flavor with name name-f1 already exists.");
    w.flavor("f2", true, 2048);
    auto listed = w.call("GET", "/flavors?minRam=1024", w.member).json.at("flavors");
    REQUIRE(listed.size() == 1);
    CHECK(listed.as_array()[0].text("id") == "f2");
    CHECK(!listed.as_array()[0].has("ram"));
    auto first = w.call("GET", "/flavors/detail?limit=1", w.member).json;
    CHECK(first.at("flavors").as_array()[0].integer("ram") == 512);
    CHECK(first.has("flavors_links"));

    CHECK(w.call("DELETE", "/flavors/f1", w.admin).status == 202);
    auto gone = w.call("GET", "/flavors/f1", w.member);
    CHECK(gone.status == 404);
    CHECK(gone.json.at("itemNotFound").text("message") == "Flavor f1 could not be found.");
}

TEST_CASE("nova flavors: a private one is seen by those let in") {
    World w;
    w.flavor("secret", false);
    CHECK(w.call("GET", "/flavors/secret", w.member).status == 404);
    // Not even the project that made it, until it is let in.
    CHECK(w.call("GET", "/flavors", w.admin).json.at("flavors").size() == 0);
    CHECK(w.call("GET", "/flavors/secret/os-flavor-access", w.admin)
              .json.at("flavor_access")
              .size() == 0);
    auto added = w.call("POST", "/flavors/secret/action", w.admin,
                        Json::object({{"addTenantAccess", Json::object({{"tenant", "p1"}})}}));
    CHECK(added.status == 200);
    CHECK(added.json.at("flavor_access").size() == 1);
    CHECK(w.call("GET", "/flavors/secret", w.member).status == 200);
    CHECK(w.call("GET", "/flavors", w.member).json.at("flavors").size() == 1);
    CHECK(w.call("GET", "/flavors", w.other).json.at("flavors").size() == 0);
    CHECK(w.call("GET", "/flavors?is_public=None", w.admin).json.at("flavors").size() == 1);
    auto removed = w.call("POST", "/flavors/secret/action", w.admin,
                          Json::object({{"removeTenantAccess", Json::object({{"tenant", "p1"}})}}));
    CHECK(removed.status == 200);
    CHECK(w.call("GET", "/flavors/secret", w.member).status == 404);
    CHECK(w.call("POST", "/flavors/secret/action", w.admin,
                 Json::object({{"removeTenantAccess", Json::object({{"tenant", "p1"}})}}))
              .status == 404);
}

TEST_CASE("nova flavors: extra specs") {
    World w;
    w.flavor("f1");
    auto set = w.call("POST", "/flavors/f1/os-extra_specs", w.admin,
                      Json::object({{"extra_specs", Json::object({{"hw:cpu_policy", "shared"}})}}));
    CHECK(set.status == 200);
    CHECK(w.call("GET", "/flavors/f1/os-extra_specs/hw:cpu_policy", w.member)
              .json.text("hw:cpu_policy") == "shared");
    CHECK(w.call("PUT", "/flavors/f1/os-extra_specs/hw:cpu_policy", w.admin,
                 Json::object({{"hw:cpu_policy", "dedicated"}}))
              .status == 200);
    CHECK(w.call("DELETE", "/flavors/f1/os-extra_specs/hw:cpu_policy", w.admin).status == 200);
    CHECK(w.call("GET", "/flavors/f1/os-extra_specs/hw:cpu_policy", w.member).status == 404);
    CHECK(w.call("POST", "/flavors/f1/os-extra_specs", w.admin,
                 Json::object({{"extra_specs", Json::object({{"a", Json::array()}})}}))
              .status == 400);
}

TEST_CASE("nova: a flavor's id may be given as a number") {
    World w;
    auto make = [&](Json id) {
        return w.call("POST", "/flavors", w.admin,
                      Json::object({{"flavor", Json::object({{"id", std::move(id)},
                                                             {"name", "numbered"},
                                                             {"ram", 64},
                                                             {"vcpus", 1},
                                                             {"disk", 0}})}}));
    };
    for (auto& bad : {Json(true), Json(1.5), Json(" 7"), Json(""), Json(std::string(256, 'x'))})
        CHECK(make(bad).status == 400);
    auto made = make(4711);
    REQUIRE(made.status == 200);
    CHECK(made.json.at("flavor").text("id") == "4711");
    CHECK(w.call("GET", "/flavors/4711", w.member).status == 200);
}
