// SPDX-License-Identifier: Apache-2.0
// Registered limits and limits over HTTP, in both enforcement models.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";

std::string add_service(Identity& cloud, const std::string& type) {
    const Answer answer =
        cloud.post(v3 + "/services", cloud.admin(),
                   Json::object({{"service", Json::object({{"type", type}, {"name", type}})}}));
    REQUIRE(answer.status == 201);
    return answer.json.at("service").text("id");
}

Answer add(Identity& cloud, const std::string& kind, std::initializer_list<Json> items) {
    return cloud.post(v3 + "/" + kind, cloud.admin(), Json::object({{kind, Json::array(items)}}));
}

Json limit_of(const char* owner, const std::string& id, const std::string& service,
              std::int64_t value) {
    return Json::object({{owner, id},
                         {"service_id", service},
                         {"resource_name", "cores"},
                         {"resource_limit", value}});
}
Json registered(const std::string& service, std::int64_t value, const char* name = "cores") {
    return Json::object(
        {{"service_id", service}, {"resource_name", name}, {"default_limit", value}});
}
std::string first_id(const Answer& answer, const std::string& kind) {
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.json.at(kind).as_array()[0].text("id");
}
} // namespace

TEST_CASE("registered limits: several at once or none, unique, not changed while referred to") {
    Identity cloud;
    const std::string service = add_service(cloud, "compute-x"), kind = "registered_limits";
    const Answer made = add(cloud, kind, {registered(service, 10), registered(service, 20, "ram")});
    REQUIRE_MESSAGE(made.status == 201, made.text);
    CHECK(!made.json.has("links"));
    const Json& one = made.json.at(kind).as_array()[0];
    CHECK(one.dump().find("\"region_id\":null") != std::string::npos);
    CHECK(one.at("links").text("self").ends_with("/registered_limits/" + one.text("id")));
    const std::string path = v3 + "/registered_limits/" + one.text("id");

    // One that is there already takes the whole list with it.
    CHECK(add(cloud, kind, {registered(service, 1, "disk"), registered(service, 5)}).status == 409);
    CHECK(cloud.get(v3 + "/registered_limits?service_id=" + service, cloud.admin())
              .json.at(kind)
              .size() == 2);
    CHECK(add(cloud, kind, {}).status == 400);
    CHECK(add(cloud, kind, {registered("nothing", 5)}).status == 400);
    CHECK(add(cloud, kind, {registered(service, -2, "a")}).status == 400);
    CHECK(add(cloud, kind, {registered(service, 1LL << 31, "a")}).status == 400);
    CHECK(add(cloud, kind, {Json::object({{"service_id", service}})}).status == 400);

    CHECK(cloud
              .patch(path, cloud.admin(),
                     Json::parse(R"({"registered_limit": {"default_limit": 7}})"))
              .json.at("registered_limit")
              .integer("default_limit") == 7);
    const std::string project = cloud.add_project("p");
    const std::string limit =
        first_id(add(cloud, "limits", {limit_of("project_id", project, service, 99)}), "limits");
    CHECK(cloud
              .patch(path, cloud.admin(),
                     Json::parse(R"({"registered_limit": {"default_limit": 8}})"))
              .status == 403);
    CHECK(cloud.del(path, cloud.admin()).status == 403);
    CHECK(cloud.del(v3 + "/limits/" + limit, cloud.admin()).status == 204);
    CHECK(cloud.del(path, cloud.admin()).status == 204);
    CHECK(cloud.get(path, cloud.admin()).status == 404);
}

TEST_CASE("limits: flat model") {
    Identity cloud;
    const std::string service = add_service(cloud, "compute-x");
    const std::string project = cloud.add_project("p");
    CHECK(cloud.get(v3 + "/limits/model", cloud.admin()).json.at("model").text("name") == "flat");
    CHECK(add(cloud, "limits", {limit_of("project_id", project, service, 5)}).status == 403);
    add(cloud, "registered_limits", {registered(service, 10)});
    const std::string id = first_id(add(cloud, "limits",
                                        {limit_of("project_id", project, service, 5000),
                                         limit_of("domain_id", "default", service, 3)}),
                                    "limits");
    CHECK(add(cloud, "limits", {limit_of("project_id", project, service, 6)}).status == 409);
    CHECK(add(cloud, "limits", {limit_of("project_id", "nothing", service, 6)}).status == 400);
    Json both = limit_of("project_id", project, service, 6);
    both["domain_id"] = "default";
    CHECK(add(cloud, "limits", {both}).status == 400);

    // Who is shown what: the system all, a domain its own and its projects', a project its own.
    const std::string bob = cloud.add_user("bob");
    cloud.grant(project, bob, "member");
    const std::string token = cloud.token("bob", "pw", Identity::project_scope("p"));
    const std::string admin_of_system = cloud.token("admin", "secret", Identity::system_scope());
    const std::string admin_of_domain = cloud.token("admin", "secret", Identity::domain_scope());
    CHECK(cloud.get(v3 + "/limits", token).json.at("limits").size() == 1);
    CHECK(cloud.get(v3 + "/limits", cloud.admin()).json.at("limits").size() == 0);
    CHECK(cloud.get(v3 + "/limits", admin_of_system).json.at("limits").size() == 2);
    CHECK(cloud.get(v3 + "/limits", admin_of_domain).json.at("limits").size() == 2);
    CHECK(cloud.get(v3 + "/limits/" + id, token).status == 200);
    CHECK(cloud.get(v3 + "/limits/nothing", token).status == 403);
    CHECK(
        cloud.patch(v3 + "/limits/" + id, token, Json::parse(R"({"limit": {"resource_limit": 1}})"))
            .status == 403);

    CHECK(cloud
              .patch(v3 + "/limits/" + id, cloud.admin(),
                     Json::parse(R"({"limit": {"resource_limit": 0, "description": "none"}})"))
              .json.at("limit")
              .integer("resource_limit", 1) == 0);
    CHECK(cloud
              .patch(v3 + "/limits/" + id, cloud.admin(),
                     Json::parse(R"({"limit": {"resource_name": "ram"}})"))
              .status == 400);

    // What other services read, and nothing left when the project goes.
    cloud.cloud().db().read([&](db::Tx& tx) {
        namespace client = keystone::client;
        CHECK(client::find_limit(cloud.cloud(), tx, "compute-x", "cores", project)->limit == 0);
        CHECK(client::find_limit(cloud.cloud(), tx, "compute-x", "cores", "other")->limit == 10);
        CHECK(!client::find_limit(cloud.cloud(), tx, "compute-x", "ram", project));
    });
    CHECK(cloud.del(v3 + "/projects/" + project, cloud.admin()).status == 204);
    CHECK(cloud.get(v3 + "/limits", admin_of_system).json.at("limits").size() == 1);
}

TEST_CASE("limits: strict two-level model") {
    Identity cloud({"keystone.limit_enforcement_model=\"strict_two_level\""});
    const std::string service = add_service(cloud, "compute-x");
    add(cloud, "registered_limits", {registered(service, 10)});
    const std::string project = cloud.add_project("p");
    CHECK(cloud
              .post(v3 + "/projects", cloud.admin(),
                    Json::object(
                        {{"project", Json::object({{"name", "below"}, {"parent_id", project}})}}))
              .status == 403);
    // Without a limit of the domain its projects stay within the registered one.
    CHECK(add(cloud, "limits", {limit_of("project_id", project, service, 11)}).status == 403);
    CHECK(add(cloud, "limits", {limit_of("project_id", project, service, -1)}).status == 403);
    // In one request the domain's counts, wherever it stands.
    const Answer made = add(cloud, "limits",
                            {limit_of("project_id", project, service, 15),
                             limit_of("domain_id", "default", service, 20)});
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string of_project = made.json.at("limits").as_array()[0].text("id");
    const std::string of_domain = made.json.at("limits").as_array()[1].text("id");
    const auto change = [&](const std::string& id, std::int64_t value) {
        return cloud
            .patch(v3 + "/limits/" + id, cloud.admin(),
                   Json::object({{"limit", Json::object({{"resource_limit", value}})}}))
            .status;
    };
    CHECK(change(of_project, 21) == 403);
    CHECK(change(of_project, 20) == 200);
    CHECK(change(of_domain, 19) == 403);
    CHECK(change(of_domain, -1) == 200);
    CHECK(change(of_project, 1000) == 200);
    cloud.cloud().db().read([&](db::Tx& tx) {
        const auto facts =
            keystone::client::find_limit(cloud.cloud(), tx, "compute-x", "cores", project);
        CHECK(facts->limit == 1000);
        CHECK(facts->domain_limit == -1);
    });
}
