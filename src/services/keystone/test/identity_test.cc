// SPDX-License-Identifier: Apache-2.0
// Domains, projects, tags, users, passwords and groups over HTTP.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";

Json body(const char* kind, const char* members) {
    return Json::object({{kind, Json::parse(members)}});
}
std::string message(const Answer& answer) { return answer.json.get("error").text("message"); }
} // namespace

TEST_CASE("the version documents") {
    Identity cloud;
    const Answer root = cloud.get("/identity/", "");
    CHECK(root.status == 300);
    const Json& version = root.json.at("versions").at("values").as_array().at(0);
    CHECK(version.text("id") == "v3.14");
    CHECK(version.at("links").as_array()[0].text("href") == cloud.url() + "/identity/v3/");
    CHECK(root.headers.get("Location") == cloud.url() + "/identity/v3/");
    for (const char* path : {"/identity/v3", "/identity/v3/"}) {
        const Answer one = cloud.get(path, "");
        CHECK(one.status == 200);
        CHECK(one.json.at("version").text("status") == "stable");
    }
}

TEST_CASE("errors have keystone's body") {
    Identity cloud;
    const Answer missing = cloud.get(v3 + "/users/nobody", cloud.admin());
    CHECK(missing.status == 404);
    CHECK(missing.json.dump() ==
          R"({"error":{"code":404,"message":"Could not find user: nobody.","title":"Not Found"}})");
    CHECK(cloud.get(v3 + "/users", "").json.at("error").integer("code") == 401);
    CHECK(cloud.get(v3 + "/nothing", cloud.admin()).status == 404);
    CHECK(cloud.raw("POST", v3 + "/users", cloud.admin(), "{", {}).status == 400);
}

TEST_CASE("users: create, show, list, update, delete") {
    Identity cloud;
    const Answer made =
        cloud.post(v3 + "/users", cloud.admin(), body("user", R"({"name": "bob", "password": "pw",
                                        "email": "bob@example.org", "colour": "blue"})"));
    REQUIRE(made.status == 201);
    const Json& user = made.json.at("user");
    const std::string path = v3 + "/users/" + user.text("id");
    CHECK(user.text("domain_id") == "default");
    CHECK(user.text("colour") == "blue");
    CHECK(user.boolean("enabled"));
    CHECK_FALSE(user.has("password"));
    CHECK_FALSE(user.has("password_hash"));
    CHECK(user.at("links").text("self") == cloud.url() + path);
    CHECK(cloud.get(path, cloud.admin()).json.at("user") == user);

    CHECK(cloud.post(v3 + "/users", cloud.admin(), body("user", R"({"name": "bob"})")).status ==
          409);
    CHECK(cloud.post(v3 + "/users", cloud.admin(), body("user", R"({"name": ""})")).status == 400);
    CHECK(cloud.post(v3 + "/users", cloud.admin(), body("user", R"({})")).status == 400);
    CHECK(
        cloud.post(v3 + "/users", cloud.admin(), body("user", R"({"name": "x", "enabled": "yes"})"))
            .status == 400);
    CHECK(cloud
              .post(v3 + "/users", cloud.admin(),
                    body("user", R"({"name": "x", "domain_id": "nowhere"})"))
              .status == 404);
    CHECK(cloud
              .post(v3 + "/users", cloud.admin(),
                    body("user", R"({"name": "x", "options": {"fly": true}})"))
              .status == 400);

    const Answer listed = cloud.get(v3 + "/users?name=bob", cloud.admin());
    CHECK(listed.json.at("users").size() == 1);
    CHECK(listed.json.at("links").has("next"));
    CHECK(cloud.get(v3 + "/users?name__contains=dmi", cloud.admin()).json.at("users").size() == 1);
    CHECK(cloud.get(v3 + "/users?enabled=false", cloud.admin()).json.at("users").size() == 0);
    CHECK(cloud.get(v3 + "/users?limit=1", cloud.admin()).json.at("links").at("next").is_string());

    const Answer renamed =
        cloud.patch(path, cloud.admin(), body("user", R"({"name": "robert", "colour": "red",
                                     "options": {"ignore_password_expiry": true}})"));
    REQUIRE(renamed.status == 200);
    CHECK(renamed.json.at("user").text("name") == "robert");
    CHECK(renamed.json.at("user").text("email") == "bob@example.org");
    CHECK(renamed.json.at("user").text("colour") == "red");
    const Answer option = cloud.patch(path, cloud.admin(),
                                      body("user", R"({"options": {"ignore_password_expiry": null,
                                                 "lock_password": false}})"));
    CHECK(option.json.at("user").at("options").dump() == R"({"lock_password":false})");
    CHECK(cloud.patch(path, cloud.admin(), body("user", R"({"domain_id": "x"})")).status == 400);
    CHECK(cloud.log_in("robert", "pw").status == 201);
    CHECK(cloud.del(path, cloud.admin()).status == 204);
    CHECK(cloud.get(path, cloud.admin()).status == 404);
}

TEST_CASE("a change may repeat the id but not alter it") {
    Identity cloud;
    const Answer made =
        cloud.post(v3 + "/users", cloud.admin(), body("user", R"({"name": "eve"})"));
    const std::string id = made.json.at("user").text("id"), path = v3 + "/users/" + id;
    const auto change = [&](const std::string& with) {
        return cloud.patch(
            path, cloud.admin(),
            Json::object({{"user", Json::object({{"id", with}, {"email", "e@x"}})}}));
    };
    CHECK(change(id).status == 200);
    CHECK(cloud.get(path, cloud.admin()).json.at("user").text("email") == "e@x");
    const Answer refused = change("another");
    CHECK(refused.status == 400);
    CHECK(message(refused) == "Cannot change user ID");
}

TEST_CASE("an ordinary user sees itself and nobody else, present or absent") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob"), eve = cloud.add_user("eve");
    const std::string project = cloud.add_project("p");
    cloud.grant(project, bob, "member");
    const std::string token = cloud.token("bob", "pw", Identity::project_scope("p"));
    CHECK(cloud.get(v3 + "/users/" + bob, token).status == 200);
    const Answer foreign = cloud.get(v3 + "/users/" + eve, token);
    const Answer absent = cloud.get(v3 + "/users/nobody", token);
    CHECK(foreign.status == 403);
    CHECK(foreign.text == absent.text);
    CHECK(message(foreign) ==
          "You are not authorized to perform the requested action: identity:get_user.");
    CHECK(cloud.get(v3 + "/users", token).status == 403);
    CHECK(cloud.get(v3 + "/projects/" + project, token).status == 200);
    CHECK(cloud.get(v3 + "/users/" + bob + "/projects", token).json.at("projects").size() == 1);
    CHECK(cloud.get(v3 + "/users/" + bob + "/groups", token).status == 200);
    CHECK(cloud.get(v3 + "/users/" + eve + "/projects", token).status == 403);
    CHECK(cloud.get(v3 + "/domains/default", token).status == 200);
    for (const char* path : {"/users", "/projects", "/domains", "/groups", "/roles", "/regions",
                             "/services", "/endpoints"})
        CHECK(cloud
                  .post(v3 + path, token,
                        Json::object({
                            {"user", Json::object({{"name", "x"}})},
                        }))
                  .status >= 400);
}

TEST_CASE("a user changes the own password, an administrator any") {
    Identity cloud({"keystone.unique_last_password_count=2", "keystone.password_regex=\"^.{2,}$\"",
                    "keystone.password_regex_description=\"two characters\""});
    const std::string bob = cloud.add_user("bob");
    const std::string token = cloud.token("bob", "pw", Json("unscoped"));
    const auto change = [&](const char* members) {
        return cloud.post(v3 + "/users/" + bob + "/password", "", body("user", members));
    };
    CHECK(change(R"({"original_password": "no", "password": "new"})").status == 401);
    CHECK(change(R"({"password": "new"})").status == 400);
    CHECK(
        message(change(R"({"original_password": "pw", "password": "n"})")).find("two characters") !=
        std::string::npos);
    CHECK(change(R"({"original_password": "pw", "password": "pw"})").status == 400);
    CHECK(change(R"({"original_password": "pw", "password": "new"})").status == 204);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
    CHECK(cloud.log_in("bob", "pw").status == 401);
    // A token got right after the change lives.
    const std::string after = cloud.token("bob", "new", Json("unscoped"));
    CHECK(cloud.get(v3 + "/auth/projects", after).status == 200);
    CHECK(change(R"({"original_password": "new", "password": "pw"})").status == 400);
    CHECK(cloud
              .patch(v3 + "/users/" + bob, cloud.admin(),
                     body("user", R"({"password": "reset", "options": {"lock_password": true}})"))
              .status == 200);
    CHECK(cloud.log_in("bob", "reset").status == 201);
    CHECK(change(R"({"original_password": "reset", "password": "mine"})").status == 400);
}

TEST_CASE("a password that must be changed first can be changed and then used") {
    Identity cloud({"keystone.change_password_upon_first_use=true"});
    const std::string bob = cloud.add_user("bob");
    const Answer expired = cloud.log_in("bob", "pw");
    CHECK(expired.status == 401);
    CHECK(message(expired) ==
          "The password is expired and needs to be changed for user: " + bob + ".");
    CHECK(cloud
              .post(v3 + "/users/" + bob + "/password", "",
                    body("user", R"({"original_password": "pw", "password": "mine"})"))
              .status == 204);
    CHECK(cloud.log_in("bob", "mine").status == 201);
}

TEST_CASE("projects form a tree") {
    Identity cloud({"keystone.max_project_tree_depth=3"});
    const std::string top = cloud.add_project("top");
    const std::string mid = cloud.add_project("mid", Json::object({{"parent_id", top}}));
    const std::string low = cloud.add_project("low", Json::object({{"parent_id", mid}}));
    const Answer deep =
        cloud.post(v3 + "/projects", cloud.admin(),
                   Json::object({{"project", Json::object({{"name", "x"}, {"parent_id", low}})}}));
    CHECK(deep.status == 403);
    const Json shown =
        cloud.get(v3 + "/projects/" + low + "?parents_as_ids&subtree_as_list", cloud.admin())
            .json.at("project");
    CHECK(shown.at("parents").dump() == "{\"" + mid + "\":{\"" + top + "\":{\"default\":null}}}");
    CHECK(shown.at("subtree").size() == 0);
    CHECK(cloud.get(v3 + "/projects/" + top + "?subtree_as_ids", cloud.admin())
              .json.at("project")
              .at("subtree")
              .dump() == "{\"" + mid + "\":{\"" + low + "\":null}}");
    CHECK(cloud.get(v3 + "/projects?parent_id=" + top, cloud.admin()).json.at("projects").size() ==
          1);
    CHECK(cloud.del(v3 + "/projects/" + mid, cloud.admin()).status == 403);
    CHECK(
        cloud
            .patch(v3 + "/projects/" + mid, cloud.admin(), body("project", R"({"enabled": false})"))
            .status == 403);
    CHECK(cloud
              .patch(v3 + "/projects/" + low, cloud.admin(),
                     body("project", R"({"parent_id": "default"})"))
              .status == 403);
    CHECK(cloud.del(v3 + "/projects/" + low, cloud.admin()).status == 204);
    CHECK(cloud.del(v3 + "/projects/" + mid, cloud.admin()).status == 204);
    CHECK(
        cloud.post(v3 + "/projects", cloud.admin(), body("project", R"({"name": "top"})")).status ==
        409);
}

TEST_CASE("immutable records are left alone until the option is cleared") {
    Identity cloud;
    const std::string project =
        cloud.add_project("p", Json::parse(R"({"options": {"immutable": true}})"));
    const std::string path = v3 + "/projects/" + project;
    CHECK(cloud.del(path, cloud.admin()).status == 403);
    CHECK(cloud.patch(path, cloud.admin(), body("project", R"({"name": "q"})")).status == 403);
    CHECK(cloud.patch(path, cloud.admin(), body("project", R"({"options": {"immutable": false}})"))
              .status == 200);
    CHECK(cloud.del(path, cloud.admin()).status == 204);
}

TEST_CASE("tags of a project") {
    Identity cloud;
    const std::string project =
        cloud.add_project("p", Json::object({{"tags", Json::array({"one"})}}));
    cloud.add_project("q");
    const std::string tags = v3 + "/projects/" + project + "/tags";
    CHECK(cloud.put(tags + "/two", cloud.admin(), Json()).status == 201);
    CHECK(cloud.get(tags, cloud.admin()).json.at("tags").dump() == R"(["one","two"])");
    CHECK(cloud.get(tags + "/two", cloud.admin()).status == 204);
    CHECK(cloud.get(tags + "/three", cloud.admin()).status == 404);
    const auto listed = [&](const std::string& query) {
        return cloud.get(v3 + "/projects?" + query, cloud.admin()).json.at("projects").size();
    };
    CHECK(listed("tags=one,two") == 1);
    CHECK(listed("tags=one,three") == 0);
    CHECK(listed("tags-any=one,three") == 1);
    CHECK(listed("not-tags-any=one") == 3);
    CHECK(cloud.put(tags, cloud.admin(), Json::parse(R"({"tags": ["a,b"]})")).status == 400);
    CHECK(cloud.put(tags, cloud.admin(), Json::parse(R"({"tags": ["a", "a"]})")).status == 400);
    CHECK(cloud.put(tags, cloud.admin(), Json::parse(R"({"tags": ["z"]})")).status == 200);
    CHECK(cloud.del(tags + "/z", cloud.admin()).status == 204);
    CHECK(cloud.del(tags + "/z", cloud.admin()).status == 404);
    CHECK(cloud.del(tags, cloud.admin()).status == 204);
}

TEST_CASE("a domain goes with everything in it, once disabled") {
    Identity cloud;
    const Answer made =
        cloud.post(v3 + "/domains", cloud.admin(), body("domain", R"({"name": "acme"})"));
    REQUIRE(made.status == 201);
    const std::string domain = made.json.at("domain").text("id"), path = v3 + "/domains/" + domain;
    CHECK(
        cloud.post(v3 + "/domains", cloud.admin(), body("domain", R"({"name": "acme"})")).status ==
        409);
    const std::string project =
        cloud.add_project("admin", Json::object({{"domain_id", domain}})); // names are per domain
    const Answer user = cloud.post(
        v3 + "/users", cloud.admin(),
        Json::object({{"user", Json::object({{"name", "admin"}, {"domain_id", domain}})}}));
    REQUIRE(user.status == 201);
    const std::string user_id = user.json.at("user").text("id");
    cloud.grant(project, user_id, "member");
    CHECK(cloud.get(v3 + "/projects/" + domain, cloud.admin())
              .json.at("project")
              .boolean("is_domain"));
    CHECK(cloud.get(v3 + "/domains/" + project, cloud.admin()).status == 404);
    CHECK(cloud.get(v3 + "/domains", cloud.admin()).json.at("domains").size() == 2);
    CHECK(cloud.del(path, cloud.admin()).status == 403);
    CHECK(cloud.patch(path, cloud.admin(), body("domain", R"({"enabled": false})")).status == 200);
    CHECK(cloud.del(path, cloud.admin()).status == 204);
    CHECK(cloud.get(v3 + "/users/" + user_id, cloud.admin()).status == 404);
    CHECK(cloud.get(v3 + "/projects/" + project, cloud.admin()).status == 404);
    CHECK(cloud.get(v3 + "/role_assignments?user.id=" + user_id, cloud.admin())
              .json.at("role_assignments")
              .size() == 0);
}

TEST_CASE("groups and their members") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob");
    const Answer made =
        cloud.post(v3 + "/groups", cloud.admin(), body("group", R"({"name": "devs"})"));
    REQUIRE(made.status == 201);
    const std::string group = made.json.at("group").text("id"), path = v3 + "/groups/" + group;
    const std::string member = path + "/users/" + bob;
    CHECK(cloud.get(member, cloud.admin()).status == 404);
    CHECK(cloud.put(member, cloud.admin(), Json()).status == 204);
    CHECK(cloud.put(member, cloud.admin(), Json()).status == 204);
    CHECK(cloud.get(member, cloud.admin()).status == 204);
    CHECK(cloud.get(path + "/users", cloud.admin()).json.at("users").size() == 1);
    CHECK(cloud.get(v3 + "/users/" + bob + "/groups", cloud.admin()).json.at("groups").size() == 1);

    // Roles of a group are its members'.
    const std::string project = cloud.add_project("p");
    const std::string grant =
        v3 + "/projects/" + project + "/groups/" + group + "/roles/" + cloud.role_id("member");
    CHECK(cloud.put(grant, cloud.admin(), Json()).status == 204);
    const std::string token = cloud.token("bob", "pw", Identity::project_scope("p"));
    CHECK(cloud.get(v3 + "/auth/projects", token).json.at("projects").size() == 1);
    CHECK(cloud.del(member, cloud.admin()).status == 204);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
    CHECK(cloud.patch(path, cloud.admin(), body("group", R"({"name": "ops"})")).status == 200);
    CHECK(cloud.del(path, cloud.admin()).status == 204);
    CHECK(cloud.get(grant, cloud.admin()).status == 404);
}
