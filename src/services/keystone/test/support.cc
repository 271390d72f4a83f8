// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

namespace nephele::keystone::test {

std::vector<std::string> Identity::with_basics(std::vector<std::string> settings) {
    std::vector<std::string> all{"keystone.password_hash_rounds=4",
                                 "keystone.admin_password=\"secret\""};
    all.insert(all.end(), settings.begin(), settings.end());
    return all;
}

Json Identity::login(const std::string& user, const std::string& password, const Json& scope) {
    Json auth = Json::object(
        {{"identity",
          Json::object(
              {{"methods", Json::array({"password"})},
               {"password",
                Json::object({{"user", Json::object({{"name", user},
                                                     {"password", password},
                                                     {"domain",
                                                      Json::object({{"id", "default"}})}})}})}})}});
    if (!scope.is_null()) auth["scope"] = scope;
    return Json::object({{"auth", auth}});
}
Json Identity::project_scope(const std::string& name) {
    return Json::object(
        {{"project",
          Json::object({{"name", name}, {"domain", Json::object({{"name", "Default"}})}})}});
}
Json Identity::system_scope() { return Json::object({{"system", Json::object({{"all", true}})}}); }
Json Identity::domain_scope(const std::string& id) {
    return Json::object({{"domain", Json::object({{"id", id}})}});
}

Answer Identity::log_in(const std::string& user, const std::string& password, const Json& scope) {
    return post("/identity/v3/auth/tokens", "", login(user, password, scope));
}

std::string Identity::token(const std::string& user, const std::string& password,
                            const Json& scope) {
    const Answer answer = log_in(user, password, scope);
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.headers.get("X-Subject-Token");
}

std::string Identity::admin() {
    if (admin_.empty()) admin_ = token("admin", "secret", project_scope("admin"));
    return admin_;
}

std::string Identity::add_user(const std::string& name, const std::string& password) {
    const Answer answer =
        post("/identity/v3/users", admin(),
             Json::object({{"user", Json::object({{"name", name}, {"password", password}})}}));
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.json.at("user").text("id");
}

std::string Identity::add_project(const std::string& name, const Json& more) {
    Json project = more;
    project["name"] = name;
    const Answer answer =
        post("/identity/v3/projects", admin(), Json::object({{"project", project}}));
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.json.at("project").text("id");
}

std::string Identity::role_id(const std::string& name) {
    const Answer answer = get("/identity/v3/roles?name=" + name, admin());
    REQUIRE(answer.json.at("roles").size() == 1);
    return answer.json.at("roles").as_array()[0].text("id");
}

std::string Identity::project_id(const std::string& name) {
    const Answer answer = get("/identity/v3/projects?name=" + name, admin());
    REQUIRE(answer.json.at("projects").size() == 1);
    return answer.json.at("projects").as_array()[0].text("id");
}

void Identity::grant(const std::string& project_id, const std::string& user_id,
                     const std::string& role) {
    const Answer answer = request("PUT",
                                  "/identity/v3/projects/" + project_id + "/users/" + user_id +
                                      "/roles/" + role_id(role),
                                  admin());
    REQUIRE_MESSAGE(answer.status == 204, answer.text);
}

} // namespace nephele::keystone::test
