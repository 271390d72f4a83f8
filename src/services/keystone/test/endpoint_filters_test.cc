// SPDX-License-Identifier: Apache-2.0
// Endpoint filters and groups with what they do to the catalog, policies and their associations.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";
const std::string filter = v3 + "/OS-EP-FILTER";

std::string add(Identity& cloud, const std::string& path, const std::string& kind,
                const Json& members) {
    const Answer answer = cloud.post(path, cloud.admin(), Json::object({{kind, members}}));
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.json.at(kind).text("id");
}

struct Catalog {
    Identity cloud;
    std::string service, endpoint, other, project;

    explicit Catalog(std::vector<std::string> settings = {}) : cloud(std::move(settings)) {
        service = add(cloud, v3 + "/services", "service",
                      Json::object({{"type", "thing"}, {"name", "thing"}}));
        endpoint = add_endpoint("public");
        other = add_endpoint("admin");
        project = cloud.add_project("p");
        cloud.grant(project, cloud.add_user("bob"), "member");
    }
    std::string add_endpoint(const char* interface) {
        return add(cloud, v3 + "/endpoints", "endpoint",
                   Json::object({{"service_id", service},
                                 {"interface", interface},
                                 {"region_id", "RegionOne"},
                                 {"url", "http://127.0.0.1:1/"}}));
    }
    // "service type/number of endpoints" of bob's catalog.
    std::string shown() {
        const std::string token = cloud.token("bob", "pw", Identity::project_scope("p"));
        const Answer answer = cloud.get(v3 + "/auth/catalog", token);
        std::string text;
        for (const Json& one : answer.json.at("catalog").as_array())
            text += one.text("type") + "/" + std::to_string(one.at("endpoints").size()) + " ";
        return text;
    }
};
} // namespace

TEST_CASE("endpoints of a project are its whole catalog") {
    Catalog world;
    Identity& cloud = world.cloud;
    CHECK(world.shown() == "cloud/3 identity/3 thing/2 ");
    const std::string one = filter + "/projects/" + world.project + "/endpoints/" + world.endpoint;
    CHECK(cloud.get(one, cloud.admin()).status == 404);
    CHECK(cloud.put(one, cloud.admin(), Json()).status == 204);
    CHECK(cloud.put(one, cloud.admin(), Json()).status == 409);
    CHECK(cloud.get(one, cloud.admin()).status == 204);
    CHECK(cloud.request("HEAD", one, cloud.admin()).status == 204);
    CHECK(cloud.put(filter + "/projects/x/endpoints/" + world.endpoint, cloud.admin(), Json())
              .status == 404);
    CHECK(world.shown() == "thing/1 ");
    const Answer endpoints =
        cloud.get(filter + "/projects/" + world.project + "/endpoints", cloud.admin());
    REQUIRE(endpoints.json.at("endpoints").size() == 1);
    CHECK(endpoints.json.at("endpoints").as_array()[0].text("id") == world.endpoint);
    const Answer projects =
        cloud.get(filter + "/endpoints/" + world.endpoint + "/projects", cloud.admin());
    REQUIRE(projects.json.at("projects").size() == 1);
    CHECK(projects.json.at("projects").as_array()[0].text("id") == world.project);
    const std::string bob = cloud.token("bob", "pw", Identity::project_scope("p"));
    CHECK(cloud.put(one, bob, Json()).status == 403);
    // An endpoint that goes takes its associations with it.
    CHECK(cloud.del(v3 + "/endpoints/" + world.endpoint, cloud.admin()).status == 204);
    CHECK(world.shown() == "cloud/3 identity/3 thing/1 ");
}

TEST_CASE("endpoint groups choose by what endpoints have in common") {
    Catalog world({"keystone.return_all_endpoints_if_no_filter=false"});
    Identity& cloud = world.cloud;
    CHECK(world.shown().empty());
    const std::string groups = filter + "/endpoint_groups";
    for (const char* bad : {R"({"name": "g", "filters": {}})", R"({"name": "g"})",
                            R"({"name": "g", "filters": {"url": "x"}})",
                            R"({"name": "g", "filters": {"interface": 1}})"})
        CHECK(
            cloud.post(groups, cloud.admin(), Json::object({{"endpoint_group", Json::parse(bad)}}))
                .status == 400);
    const std::string group = add(
        cloud, groups, "endpoint_group",
        Json::object(
            {{"name", "publics"},
             {"filters", Json::object({{"service_id", world.service}, {"interface", "public"}})}}));
    const std::string one = groups + "/" + group;
    CHECK(cloud.get(groups + "?name=publics", cloud.admin()).json.at("endpoint_groups").size() ==
          1);
    CHECK(cloud.get(one + "/endpoints", cloud.admin()).json.at("endpoints").size() == 1);
    const std::string in_project = one + "/projects/" + world.project;
    CHECK(cloud.get(in_project, cloud.admin()).status == 404);
    CHECK(cloud.put(in_project, cloud.admin(), Json()).status == 204);
    CHECK(
        cloud.get(in_project, cloud.admin()).json.at("project_endpoint_group").text("project_id") ==
        world.project);
    CHECK(world.shown() == "thing/1 ");
    CHECK(cloud.get(one + "/projects", cloud.admin()).json.at("projects").size() == 1);
    CHECK(cloud.get(filter + "/projects/" + world.project + "/endpoint_groups", cloud.admin())
              .json.at("endpoint_groups")
              .size() == 1);
    CHECK(cloud
              .patch(one, cloud.admin(),
                     Json::parse(R"({"endpoint_group": {"filters": {"region_id": "RegionOne"}}})"))
              .status == 200);
    CHECK(world.shown() == "cloud/3 identity/3 thing/2 ");
    CHECK(cloud.del(in_project, cloud.admin()).status == 204);
    CHECK(cloud.del(in_project, cloud.admin()).status == 404);
    CHECK(cloud.del(one, cloud.admin()).status == 204);
    CHECK(cloud.get(one, cloud.admin()).status == 404);
}

TEST_CASE("policies, and which is in force for an endpoint") {
    Catalog world;
    Identity& cloud = world.cloud;
    const auto policy = [&](const char* blob) {
        return add(cloud, v3 + "/policies", "policy",
                   Json::object({{"blob", blob}, {"type", "application/json"}}));
    };
    CHECK(cloud.post(v3 + "/policies", cloud.admin(), Json::parse(R"({"policy": {"blob": "x"}})"))
              .status == 400);
    const std::string of_service = policy("s"), of_region = policy("r"), of_endpoint = policy("e");
    CHECK(cloud.get(v3 + "/policies?type=application/json", cloud.admin())
              .json.at("policies")
              .size() == 3);
    CHECK(cloud
              .patch(v3 + "/policies/" + of_service, cloud.admin(),
                     Json::parse(R"({"policy": {"blob": "s2", "note": "kept"}})"))
              .json.at("policy")
              .text("note") == "kept");

    const auto path = [&](const std::string& id, const std::string& rest) {
        return v3 + "/policies/" + id + "/OS-ENDPOINT-POLICY" + rest;
    };
    const std::string in_force = v3 + "/endpoints/" + world.endpoint + "/OS-ENDPOINT-POLICY/policy";
    const auto effective = [&] {
        return cloud.get(in_force, cloud.admin()).json.at("policy").text("id");
    };
    CHECK(cloud.get(in_force, cloud.admin()).status == 404);
    const std::string service = path(of_service, "/services/" + world.service);
    const std::string region = path(of_region, "/services/" + world.service + "/regions/RegionOne");
    const std::string endpoint = path(of_endpoint, "/endpoints/" + world.endpoint);
    CHECK(cloud.get(service, cloud.admin()).status == 404);
    CHECK(cloud.put(service, cloud.admin(), Json()).status == 204);
    CHECK(effective() == of_service);
    CHECK(cloud.put(region, cloud.admin(), Json()).status == 204);
    CHECK(effective() == of_region);
    CHECK(cloud.put(endpoint, cloud.admin(), Json()).status == 204);
    CHECK(effective() == of_endpoint);
    for (const auto& one : {service, region, endpoint})
        CHECK(cloud.get(one, cloud.admin()).status == 204);
    CHECK(cloud.get(path(of_service, "/endpoints"), cloud.admin()).json.at("endpoints").size() ==
          2);
    CHECK(cloud.get(path(of_region, "/endpoints"), cloud.admin()).json.at("endpoints").size() == 2);
    CHECK(cloud.get(path(of_endpoint, "/endpoints"), cloud.admin()).json.at("endpoints").size() ==
          1);
    CHECK(cloud.get(path(of_endpoint, "/policy"), cloud.admin()).status == 200);
    CHECK(cloud.get(path(of_service, "/policy"), cloud.admin()).status == 404);

    // A second policy takes the place of the first.
    CHECK(
        cloud.put(path(of_service, "/endpoints/" + world.endpoint), cloud.admin(), Json()).status ==
        204);
    CHECK(effective() == of_service);
    CHECK(cloud.get(endpoint, cloud.admin()).status == 404);
    CHECK(cloud.del(region, cloud.admin()).status == 204);
    CHECK(cloud.get(region, cloud.admin()).status == 404);
    CHECK(cloud.del(v3 + "/policies/" + of_service, cloud.admin()).status == 204);
    CHECK(cloud.get(in_force, cloud.admin()).status == 404);
    CHECK(cloud.del(v3 + "/services/" + world.service, cloud.admin()).status == 204);
}
