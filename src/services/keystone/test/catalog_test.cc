// SPDX-License-Identifier: Apache-2.0
// Regions, services and endpoints over HTTP; the bootstrap.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";
} // namespace

TEST_CASE("regions form a tree") {
    Identity cloud;
    const Answer made =
        cloud.post(v3 + "/regions", cloud.admin(), Json::parse(R"({"region": {"id": "north"}})"));
    REQUIRE(made.status == 201);
    CHECK(cloud.post(v3 + "/regions", cloud.admin(), Json::parse(R"({"region": {"id": "north"}})"))
              .status == 409);
    CHECK(cloud
              .put(v3 + "/regions/south", cloud.admin(),
                   Json::parse(R"({"region": {"parent_region_id": "north"}})"))
              .status == 201);
    CHECK(cloud.get(v3 + "/regions?parent_region_id=north", cloud.admin())
              .json.at("regions")
              .size() == 1);
    CHECK(cloud
              .patch(v3 + "/regions/north", cloud.admin(),
                     Json::parse(R"({"region": {"parent_region_id": "south"}})"))
              .status == 400);
    CHECK(cloud
              .patch(v3 + "/regions/south", cloud.admin(),
                     Json::parse(R"({"region": {"parent_region_id": "nowhere"}})"))
              .status == 404);
    CHECK(cloud.del(v3 + "/regions/north", cloud.admin()).status == 403);
    CHECK(cloud.del(v3 + "/regions/south", cloud.admin()).status == 204);
    CHECK(cloud.del(v3 + "/regions/north", cloud.admin()).status == 204);
    CHECK(cloud.del(v3 + "/regions/RegionOne", cloud.admin()).status == 403);
}

TEST_CASE("services and endpoints appear in the next token's catalog") {
    Identity cloud;
    const Answer service =
        cloud.post(v3 + "/services", cloud.admin(),
                   Json::parse(R"({"service": {"type": "compute", "name": "nova"}})"));
    REQUIRE(service.status == 201);
    const std::string service_id = service.json.at("service").text("id");
    const auto endpoint = [&](const char* interface, const char* url) {
        return cloud.post(v3 + "/endpoints", cloud.admin(),
                          Json::object({{"endpoint", Json::object({{"service_id", service_id},
                                                                   {"interface", interface},
                                                                   {"region", "RegionTwo"},
                                                                   {"url", url}})}}));
    };
    const Answer made = endpoint("public", "http://host/v2.1/$(project_id)s");
    REQUIRE_MESSAGE(made.status == 201, made.text);
    CHECK(made.json.at("endpoint").text("region_id") == "RegionTwo");
    CHECK(made.json.at("endpoint").text("region") == "RegionTwo");
    CHECK(endpoint("sideways", "http://host").status == 400);
    CHECK(endpoint("admin", "http://host/$(password)s").status == 400);
    const auto shown = [&](const Json& scope) {
        const Answer token = cloud.log_in("admin", "secret", scope);
        for (const Json& one : token.json.at("token").at("catalog").as_array())
            if (one.text("type") == "compute") return one;
        return Json();
    };
    const Json of_project = shown(Identity::project_scope("admin"));
    REQUIRE(of_project.at("endpoints").size() == 1);
    CHECK(of_project.at("endpoints").as_array()[0].text("url") ==
          "http://host/v2.1/" + cloud.project_id("admin"));
    // There is no project to fill in.
    CHECK(shown(Identity::system_scope()).at("endpoints").size() == 0);
    const Answer catalog = cloud.get(v3 + "/auth/catalog", cloud.admin());
    CHECK(catalog.json.at("catalog").size() == 3); // identity, compute and the platform's own

    const std::string path = v3 + "/endpoints/" + made.json.at("endpoint").text("id");
    CHECK(cloud.patch(path, cloud.admin(), Json::parse(R"({"endpoint": {"enabled": false}})"))
              .status == 200);
    CHECK(shown(Identity::project_scope("admin")).at("endpoints").size() == 0);
    CHECK(cloud.get(v3 + "/endpoints?service_id=" + service_id, cloud.admin())
              .json.at("endpoints")
              .size() == 1);
    CHECK(cloud.get(v3 + "/services?type=compute", cloud.admin()).json.at("services").size() == 1);
    CHECK(cloud
              .patch(v3 + "/services/" + service_id, cloud.admin(),
                     Json::parse(R"({"service": {"enabled": false}})"))
              .status == 200);
    CHECK(shown(Identity::project_scope("admin")).is_null());
    CHECK(cloud.del(v3 + "/services/" + service_id, cloud.admin()).status == 204);
    CHECK(cloud.get(path, cloud.admin()).status == 404);
}

TEST_CASE("bootstrapping again changes nothing") {
    Identity cloud;
    const auto state = [&] {
        std::string all;
        for (const char* path :
             {"/users", "/projects", "/domains", "/roles", "/regions", "/services", "/endpoints",
              "/role_assignments", "/role_inferences"})
            all += cloud.get(v3 + path, cloud.admin()).text;
        return all;
    };
    const std::string before = state();
    keystone::client::bootstrap_node(cloud.cloud(), cloud.node().services());
    CHECK(state() == before);
    CHECK(cloud.log_in("admin", "secret").status == 201);
}

TEST_CASE("other services ask through the client") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob"), project = cloud.add_project("p");
    cloud.grant(project, bob, "member");
    std::string token;
    cloud.cloud().db().read([&](db::Tx& tx) {
        CHECK(keystone::client::find_project(tx, project)->name == "p");
        CHECK_FALSE(keystone::client::find_project(tx, "nothing"));
        CHECK(keystone::client::find_user(tx, bob)->name == "bob");
        CHECK(keystone::client::principal_on_project(tx, bob, project)->has_role("reader"));
        CHECK_FALSE(keystone::client::principal_on_project(tx, bob, cloud.project_id("admin")));
        token = keystone::client::issue_project_token(cloud.cloud(), tx, bob, project);
        CHECK(keystone::client::endpoint_url(tx, "identity", "public")->ends_with("/identity/v3"));
        CHECK_FALSE(keystone::client::endpoint_url(tx, "nothing", "public"));
    });
    CHECK(cloud.cloud().authenticator->authenticate(token)->project_id == project);
}
