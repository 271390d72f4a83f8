// SPDX-License-Identifier: Apache-2.0
// Roles, implications, grants and the list of assignments over HTTP.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";

std::string add(Identity& cloud, const std::string& kind, const Json& members) {
    const Answer answer =
        cloud.post(v3 + "/" + kind + "s", cloud.admin(), Json::object({{kind, members}}));
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.json.at(kind).text("id");
}
const Json::Array& assignments(Answer& answer, Identity& cloud, const std::string& query) {
    answer = cloud.get(v3 + "/role_assignments?" + query, cloud.admin());
    REQUIRE_MESSAGE(answer.status == 200, answer.text);
    return answer.json.at("role_assignments").as_array();
}
} // namespace

TEST_CASE("roles: create, list, update, delete") {
    Identity cloud;
    CHECK(cloud.get(v3 + "/roles", cloud.admin()).json.at("roles").size() == 5);
    const std::string role = add(cloud, "role", Json::object({{"name", "operator"}}));
    const Answer shown = cloud.get(v3 + "/roles/" + role, cloud.admin());
    CHECK(shown.json.at("role").at("domain_id").is_null());
    CHECK(cloud.post(v3 + "/roles", cloud.admin(), Json::parse(R"({"role": {"name": "operator"}})"))
              .status == 409);
    // A role of a domain may have the same name, and is not in the general list.
    const std::string own =
        add(cloud, "role", Json::object({{"name", "operator"}, {"domain_id", "default"}}));
    CHECK(cloud.get(v3 + "/roles", cloud.admin()).json.at("roles").size() == 6);
    CHECK(cloud.get(v3 + "/roles?domain_id=default", cloud.admin()).json.at("roles").size() == 1);
    CHECK(cloud
              .patch(v3 + "/roles/" + role, cloud.admin(),
                     Json::parse(R"({"role": {"description": "runs things"}})"))
              .json.at("role")
              .text("description") == "runs things");
    CHECK(cloud.del(v3 + "/roles/" + role, cloud.admin()).status == 204);
    CHECK(cloud.get(v3 + "/roles/" + role, cloud.admin()).status == 404);
    CHECK(cloud.del(v3 + "/roles/" + own, cloud.admin()).status == 204);
}

TEST_CASE("implied roles") {
    Identity cloud;
    const std::string prior = add(cloud, "role", Json::object({{"name", "prior"}}));
    const std::string implied = add(cloud, "role", Json::object({{"name", "implied"}}));
    const std::string rule = v3 + "/roles/" + prior + "/implies/" + implied;
    CHECK(cloud.get(rule, cloud.admin()).status == 404);
    const Answer made = cloud.put(rule, cloud.admin(), Json());
    CHECK(made.status == 201);
    CHECK(made.json.at("role_inference").at("implies").text("name") == "implied");
    CHECK(cloud.get(rule, cloud.admin()).status == 200);
    CHECK(cloud.request("HEAD", rule, cloud.admin()).status == 204);
    CHECK(cloud.get(v3 + "/roles/" + prior + "/implies", cloud.admin())
              .json.at("role_inference")
              .at("implies")
              .size() == 1);
    CHECK(cloud.get(v3 + "/role_inferences", cloud.admin()).json.at("role_inferences").size() == 4);
    CHECK(cloud.put(v3 + "/roles/" + implied + "/implies/" + prior, cloud.admin(), Json()).status ==
          403);
    CHECK(cloud
              .put(v3 + "/roles/" + implied + "/implies/" + cloud.role_id("admin"), cloud.admin(),
                   Json())
              .status == 403);
    CHECK(cloud.del(rule, cloud.admin()).status == 204);
    CHECK(cloud.del(rule, cloud.admin()).status == 404);
}

TEST_CASE("grants on every place, to users and groups") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob");
    const std::string group = add(cloud, "group", Json::object({{"name", "devs"}}));
    const std::string project = cloud.add_project("p");
    const std::string role = cloud.role_id("member");
    for (const std::string& place :
         {"/projects/" + project, std::string("/domains/default"), std::string("/system"),
          "/OS-INHERIT/projects/" + project, std::string("/OS-INHERIT/domains/default")}) {
        const bool inherited = place.starts_with("/OS-INHERIT");
        const std::string suffix = inherited ? "/inherited_to_projects" : "";
        for (const std::string& actor : {"/users/" + bob, "/groups/" + group}) {
            const std::string roles = v3 + place + actor + "/roles";
            const std::string one = roles + "/" + role + suffix;
            CAPTURE(one);
            CHECK(cloud.get(one, cloud.admin()).status == 404);
            CHECK(cloud.put(one, cloud.admin(), Json()).status == 204);
            CHECK(cloud.put(one, cloud.admin(), Json()).status == 204);
            CHECK(cloud.get(one, cloud.admin()).status == 204);
            CHECK(cloud.request("HEAD", one, cloud.admin()).status == 204);
            CHECK(cloud.get(roles + suffix, cloud.admin()).json.at("roles").size() == 1);
            CHECK(cloud.del(one, cloud.admin()).status == 204);
            CHECK(cloud.del(one, cloud.admin()).status == 404);
            CHECK(cloud.put(roles + "/nothing" + suffix, cloud.admin(), Json()).status == 404);
        }
    }
    CHECK(cloud.put(v3 + "/projects/x/users/" + bob + "/roles/" + role, cloud.admin(), Json())
              .status == 404);
}

TEST_CASE("inherited roles count below, not at the place itself") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob");
    const std::string top = cloud.add_project("top");
    const std::string low = cloud.add_project("low", Json::object({{"parent_id", top}}));
    const std::string role = cloud.role_id("member");
    CHECK(cloud
              .put(v3 + "/OS-INHERIT/projects/" + top + "/users/" + bob + "/roles/" + role +
                       "/inherited_to_projects",
                   cloud.admin(), Json())
              .status == 204);
    CHECK(cloud.log_in("bob", "pw", Identity::project_scope("top")).status == 401);
    CHECK(cloud.log_in("bob", "pw", Identity::project_scope("low")).status == 201);
    const std::string token = cloud.token("bob", "pw", Json("unscoped"));
    const Answer mine = cloud.get(v3 + "/auth/projects", token);
    REQUIRE(mine.json.at("projects").size() == 1);
    CHECK(mine.json.at("projects").as_array()[0].text("id") == low);
}

TEST_CASE("the list of assignments, as assigned and as it works out") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob");
    const std::string group = add(cloud, "group", Json::object({{"name", "devs"}}));
    const std::string top = cloud.add_project("top");
    const std::string low = cloud.add_project("low", Json::object({{"parent_id", top}}));
    const std::string member = cloud.role_id("member");
    cloud.put(v3 + "/groups/" + group + "/users/" + bob, cloud.admin(), Json());
    cloud.put(v3 + "/OS-INHERIT/projects/" + top + "/groups/" + group + "/roles/" + member +
                  "/inherited_to_projects",
              cloud.admin(), Json());
    Answer answer;
    const auto& direct = assignments(answer, cloud, "group.id=" + group);
    REQUIRE(direct.size() == 1);
    CHECK(direct[0].at("scope").dump() ==
          "{\"project\":{\"id\":\"" + top + "\"},\"OS-INHERIT:inherited_to\":\"projects\"}");
    CHECK(direct[0].at("group").text("id") == group);
    CHECK(assignments(answer, cloud, "user.id=" + bob).empty());

    const auto& effective = assignments(answer, cloud, "effective&include_names&user.id=" + bob);
    REQUIRE(effective.size() == 2); // member, and reader that follows from it
    CHECK(effective[0].at("user").text("name") == "bob");
    CHECK(effective[0].at("scope").at("project").text("name") == "low");
    CHECK(effective[0].at("scope").at("project").at("domain").text("name") == "Default");
    CHECK(effective[0].at("links").has("membership"));
    CHECK(effective[1].at("role").text("name") == "reader");
    CHECK(effective[1].at("links").text("prior_role").ends_with(member));

    CHECK(assignments(answer, cloud, "scope.system=all").size() == 1);
    CHECK(assignments(answer, cloud, "scope.domain.id=default").size() == 1);
    CHECK(assignments(answer, cloud, "scope.project.id=" + low).empty());
    CHECK(assignments(answer, cloud, "effective&scope.project.id=" + low).size() == 2);
    CHECK(assignments(answer, cloud, "include_subtree&scope.project.id=" + top).size() == 1);
    CHECK(assignments(answer, cloud, "role.id=" + member).size() == 1);
    CHECK(assignments(answer, cloud, "scope.OS-INHERIT:inherited_to=projects").size() == 1);
    for (const char* bad : {"effective&group.id=x", "user.id=x&group.id=y", "include_subtree"})
        CHECK(cloud.get(v3 + "/role_assignments?" + bad, cloud.admin()).status == 400);
}

TEST_CASE("a manager of a domain works inside of it only") {
    Identity cloud;
    const std::string domain = add(cloud, "domain", Json::object({{"name", "acme"}}));
    const std::string boss = add(
        cloud, "user", Json::object({{"name", "boss"}, {"password", "pw"}, {"domain_id", domain}}));
    const std::string manager = cloud.role_id("manager"), member = cloud.role_id("member");
    REQUIRE(cloud
                .put(v3 + "/domains/" + domain + "/users/" + boss + "/roles/" + manager,
                     cloud.admin(), Json())
                .status == 204);
    Json login = Identity::login("boss", "pw", Identity::domain_scope(domain));
    login["auth"]["identity"]["password"]["user"]["domain"]["id"] = domain;
    const Answer logged_in = cloud.post(v3 + "/auth/tokens", "", login);
    REQUIRE(logged_in.status == 201);
    const std::string token = logged_in.headers.get("X-Subject-Token");

    const Answer user =
        cloud.post(v3 + "/users", token, Json::parse(R"({"user": {"name": "worker"}})"));
    REQUIRE_MESSAGE(user.status == 201, user.text);
    CHECK(user.json.at("user").text("domain_id") == domain);
    const Answer project =
        cloud.post(v3 + "/projects", token, Json::parse(R"({"project": {"name": "work"}})"));
    REQUIRE_MESSAGE(project.status == 201, project.text);
    CHECK(cloud.get(v3 + "/users", token).json.at("users").size() == 2);
    CHECK(cloud.get(v3 + "/projects", token).json.at("projects").size() == 1);
    const std::string grants = v3 + "/projects/" + project.json.at("project").text("id") +
                               "/users/" + user.json.at("user").text("id") + "/roles/";
    CHECK(cloud.put(grants + member, token, Json()).status == 204);
    CHECK(cloud.put(grants + cloud.role_id("admin"), token, Json()).status == 403);
    CHECK(cloud
              .post(v3 + "/users", token,
                    Json::parse(R"({"user": {"name": "x", "domain_id": "default"}})"))
              .status == 403);
    CHECK(cloud.post(v3 + "/domains", token, Json::parse(R"({"domain": {"name": "x"}})")).status ==
          403);
    CHECK(cloud.get(v3 + "/projects/" + cloud.project_id("admin"), token).status == 403);
    CHECK(cloud
              .put(v3 + "/projects/" + cloud.project_id("admin") + "/users/" + boss + "/roles/" +
                       member,
                   token, Json())
              .status == 403);
}
