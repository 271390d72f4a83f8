// SPDX-License-Identifier: Apache-2.0
#include "services/placement/client.h"
#include "services/placement/service.h"
#include "services/placement/store/store.h"
#include "tests/support/test_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::TestCloud;

namespace {
struct World {
    TestCloud cloud{{placement::service()}};
    std::string admin = cloud.admin();
    http::Headers v(const char* version) {
        http::Headers headers;
        headers.set("OpenStack-API-Version", std::string("placement ") + version);
        return headers;
    }
    test::Answer call(const char* method, const std::string& path, const Json& body = Json(),
                      const char* version = "1.24") {
        return cloud.request(method, "/placement" + path, admin, body, v(version));
    }
    std::string provider(const std::string& name, int vcpus = 8) {
        auto made = call("POST", "/resource_providers", Json::object({{"name", name}}));
        REQUIRE(made.status == 200);
        std::string uuid = made.json.text("uuid");
        Json inventory = Json::object({{"total", vcpus}, {"allocation_ratio", 2.0}});
        auto put = call("PUT", "/resource_providers/" + uuid + "/inventories",
                        Json::object({{"resource_provider_generation", 0},
                                      {"inventories", Json::object({{"VCPU", inventory}})}}));
        CHECK(put.status == 200);
        return uuid;
    }
};
Json allocation(const std::string& provider, int vcpus) {
    return Json::object(
        {{"allocations",
          Json::object(
              {{provider, Json::object({{"resources", Json::object({{"VCPU", vcpus}})}})}})},
         {"project_id", "p"},
         {"user_id", "u"}});
}
const std::string consumer = "11111111-2222-4333-8444-555555555555";
const std::string other = "11111111-2222-4333-8444-555555555556";
} // namespace

TEST_CASE("placement: the schema is what the shapes say") {
    World w;
    CHECK(test::schema_problems(w.cloud).empty());
}

TEST_CASE("placement: versions are negotiated and answered") {
    World w;
    auto root = w.cloud.get("/placement/", "");
    CHECK(root.status == 200);
    CHECK(root.json.at("versions").as_array()[0].text("max_version") == "1.24");
    CHECK(w.call("GET", "/resource_providers", {}, "1.99").status == 406);
    CHECK(w.call("GET", "/resource_providers", {}, "one").status == 400);
    CHECK(w.call("GET", "/traits", {}, "1.5").status == 404);
    auto answer = w.call("GET", "/resource_providers", {}, "1.14");
    CHECK(answer.headers.get("OpenStack-API-Version") == "placement 1.14");
    CHECK(answer.headers.get("x-openstack-request-id").substr(0, 4) == "req-");
}

TEST_CASE("placement: only administrators and services may call") {
    World w;
    CHECK(w.cloud.get("/placement/resource_providers", "").status == 401);
    CHECK(w.cloud.get("/placement/resource_providers", w.cloud.token("p")).status == 403);
    CHECK(w.cloud.get("/placement/resource_providers", w.cloud.token("p", {"service"})).status ==
          200);
}

TEST_CASE("placement: providers are made, renamed, listed and removed") {
    World w;
    std::string uuid = w.provider("one");
    CHECK(w.call("POST", "/resource_providers", Json::object({{"name", "one"}})).status == 409);
    auto renamed = w.call("PUT", "/resource_providers/" + uuid, Json::object({{"name", "uno"}}));
    CHECK(renamed.json.text("name") == "uno");
    auto listed = w.call("GET", "/resource_providers?name=uno");
    CHECK(listed.json.at("resource_providers").size() == 1);
    CHECK(w.call("GET", "/resource_providers?nonsense=1").status == 400);
    CHECK(w.call("DELETE", "/resource_providers/" + uuid).status == 204);
    auto gone = w.call("GET", "/resource_providers/" + uuid);
    CHECK(gone.status == 404);
    CHECK(gone.json.at("errors").as_array()[0].integer("status") == 404);
}

TEST_CASE("placement: a stale generation is refused") {
    World w;
    std::string uuid = w.provider("one");
    auto put = w.call(
        "PUT", "/resource_providers/" + uuid + "/inventories",
        Json::object({{"resource_provider_generation", 0}, {"inventories", Json::object()}}));
    CHECK(put.status == 409);
    CHECK(put.json.at("errors").as_array()[0].text("code") == "placement.concurrent_update");
}

TEST_CASE("placement: allocations fill a provider to its capacity and no further") {
    World w;
    std::string uuid = w.provider("one", 4); // 8 with its ratio
    CHECK(w.call("PUT", "/allocations/" + consumer, allocation(uuid, 6)).status == 204);
    CHECK(w.call("PUT", "/allocations/" + other, allocation(uuid, 3)).status == 409);
    CHECK(w.call("PUT", "/allocations/" + other, allocation(uuid, 2)).status == 204);
    auto usages = w.call("GET", "/resource_providers/" + uuid + "/usages");
    CHECK(usages.json.at("usages").integer("VCPU") == 8);
    CHECK(w.call("GET", "/usages?project_id=p").json.at("usages").integer("VCPU") == 8);
    CHECK(w.call("GET", "/allocation_candidates?resources=VCPU:1")
              .json.at("allocation_requests")
              .size() == 0);
    CHECK(w.call("DELETE", "/resource_providers/" + uuid).status == 409);
    CHECK(w.call("DELETE", "/allocations/" + consumer).status == 204);
    CHECK(w.call("DELETE", "/allocations/" + consumer).status == 404);
    CHECK(w.call("GET", "/allocation_candidates?resources=VCPU:6")
              .json.at("allocation_requests")
              .size() == 1);
    w.cloud.cloud().db().read(
        [](db::Tx& tx) { CHECK(placement::store::usage_errors(tx).empty()); });
}

TEST_CASE("placement: traits choose candidates") {
    World w;
    std::string uuid = w.provider("one");
    w.provider("two");
    CHECK(w.call("PUT", "/traits/CUSTOM_GOLD").status == 201);
    CHECK(w.call("PUT", "/traits/CUSTOM_GOLD").status == 204);
    CHECK(w.call("PUT", "/traits/GOLD").status == 400);
    Json gold = Json::object(
        {{"traits", Json::array({"CUSTOM_GOLD"})}, {"resource_provider_generation", 1}});
    CHECK(w.call("PUT", "/resource_providers/" + uuid + "/traits", gold).status == 200);
    auto with = [&](const std::string& query) {
        return w.call("GET", "/allocation_candidates?resources=VCPU:1&required=" + query)
            .json.at("allocation_requests")
            .size();
    };
    CHECK(with("CUSTOM_GOLD") == 1);
    CHECK(with("!CUSTOM_GOLD") == 1);
    CHECK(w.call("DELETE", "/traits/CUSTOM_GOLD").status == 409);
}

TEST_CASE("placement: the client claims, releases and explains") {
    World w;
    write_as_cloud(w.cloud.cloud(), "t", [&](Context& context) {
        using namespace placement;
        Inventory four{.total = 4};
        auto a = ensure_provider(context, "a", {{"VCPU", four}}, {"COMPUTE_NODE"});
        CHECK(ensure_provider(context, "a", {{"VCPU", four}}, {"COMPUTE_NODE"}) == a);
        ensure_provider(context, "b", {{"VCPU", Inventory{.total = 2}}}, {});
        auto found = candidates(context.tx, {{"VCPU", 3}}, {}, {});
        CHECK(found.considered == 2);
        REQUIRE(found.fitting.size() == 1);
        CHECK(found.fitting[0].provider == a);
        CHECK(found.removed.back().providers == 1);
        claim(context, a, consumer, {{"VCPU", 4}, {"MEMORY_MB", 0}}, "p", "u");
        CHECK(allocations_of(context.tx, consumer).at(a).at("VCPU") == 4);
        CHECK(candidates(context.tx, {{"VCPU", 1}}, {"COMPUTE_NODE"}, {}).fitting.empty());
        release(context, consumer);
        CHECK(allocations_of(context.tx, consumer).empty());
    });
}
