// SPDX-License-Identifier: Apache-2.0
// Logging in, validating, rescoping, revoking: over HTTP.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {

http::Headers subject(const std::string& token) {
    http::Headers headers;
    headers.set("X-Subject-Token", token);
    return headers;
}
Answer validate(Identity& cloud, const std::string& caller, const std::string& token,
                const std::string& method = "GET") {
    return cloud.request(method, "/identity/v3/auth/tokens", caller, Json(), subject(token));
}
Json token_login(const std::string& token, const Json& scope = Json()) {
    Json auth =
        Json::object({{"identity", Json::object({{"methods", Json::array({"token"})},
                                                 {"token", Json::object({{"id", token}})}})}});
    if (!scope.is_null()) auth["scope"] = scope;
    return Json::object({{"auth", auth}});
}
std::vector<std::string> role_names(const Answer& answer) {
    std::vector<std::string> names;
    for (const Json& role : answer.json.at("token").get("roles").as_array())
        names.push_back(role.text("name"));
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

TEST_CASE("every table agrees with its migrations") {
    Identity cloud;
    for (const auto& problem : nephele::test::schema_problems(cloud)) FAIL_CHECK(problem);
}

TEST_CASE("a project-scoped token says who, where, which roles and where everything is") {
    Identity cloud;
    const Answer answer = cloud.log_in("admin", "secret", Identity::project_scope("admin"));
    REQUIRE(answer.status == 201);
    const Json& token = answer.json.at("token");
    CHECK(answer.headers.get("X-Subject-Token").size() < 255);
    CHECK(answer.headers.get("X-Subject-Token").find('=') == std::string::npos);
    CHECK(token.at("methods").dump() == R"(["password"])");
    CHECK(token.at("user").text("name") == "admin");
    CHECK(token.at("user").at("domain").dump() == R"({"id":"default","name":"Default"})");
    CHECK(token.at("user").at("password_expires_at").is_null());
    CHECK(token.at("project").text("name") == "admin");
    CHECK(token.at("project").at("domain").text("id") == "default");
    CHECK_FALSE(token.boolean("is_domain", true));
    CHECK(role_names(answer) == std::vector<std::string>{"admin", "manager", "member", "reader"});
    CHECK(token.at("audit_ids").size() == 1);
    CHECK(token.text("expires_at").size() == 27);
    CHECK(token.text("expires_at").ends_with(".000000Z"));
    REQUIRE(token.at("catalog").size() == 2); // and the platform's own
    const Json& service = token.at("catalog").as_array().at(1);
    CHECK(service.text("type") == "identity");
    CHECK(service.at("endpoints").size() == 3);
    CHECK(service.at("endpoints").as_array()[0].text("region_id") == "RegionOne");
}

TEST_CASE("the other scopes, and none") {
    Identity cloud;
    const Answer system = cloud.log_in("admin", "secret", Identity::system_scope());
    CHECK(system.json.at("token").at("system").dump() == R"({"all":true})");
    const Answer domain = cloud.log_in("admin", "secret", Identity::domain_scope());
    CHECK(domain.json.at("token").at("domain").text("name") == "Default");
    const Answer unscoped = cloud.log_in("admin", "secret", Json("unscoped"));
    CHECK(unscoped.status == 201);
    CHECK_FALSE(unscoped.json.at("token").has("roles"));
    CHECK_FALSE(unscoped.json.at("token").has("catalog"));
    // An unscoped token can list where its user may go, and be exchanged.
    const std::string token = unscoped.headers.get("X-Subject-Token");
    const Answer projects = cloud.get("/identity/v3/auth/projects", token);
    REQUIRE(projects.status == 200);
    CHECK(projects.json.at("projects").size() == 1);
    CHECK(cloud.get("/identity/v3/auth/domains", token).json.at("domains").size() == 1);
    CHECK(cloud.get("/identity/v3/auth/system", token).json.at("system").size() == 1);
    CHECK(cloud.get("/identity/v3/auth/catalog", token).status == 403);
    CHECK(cloud.get("/identity/v3/users", token).status == 403);
    const Answer exchanged = cloud.post("/identity/v3/auth/tokens", "",
                                        token_login(token, Identity::project_scope("admin")));
    REQUIRE(exchanged.status == 201);
    const Json& made = exchanged.json.at("token");
    CHECK(made.at("methods").dump() == R"(["token","password"])");
    CHECK(made.at("audit_ids").as_array()[1] ==
          unscoped.json.at("token").at("audit_ids").as_array()[0]);
    CHECK(made.at("expires_at") == unscoped.json.at("token").at("expires_at"));
}

TEST_CASE("a system's token is exchanged for no project's or domain's") {
    Identity cloud;
    const std::string token = cloud.token("admin", "secret", Identity::system_scope());
    const auto exchanged = [&](const Json& scope) {
        return cloud.post("/identity/v3/auth/tokens", "", token_login(token, scope)).status;
    };
    CHECK(exchanged(Identity::project_scope("admin")) == 403);
    CHECK(exchanged(Identity::domain_scope()) == 403);
    CHECK(exchanged(Identity::system_scope()) == 201);
}

TEST_CASE("refused logins tell nothing") {
    Identity cloud;
    const std::string user = cloud.add_user("bob");
    const auto refused = [&](const Answer& answer) {
        CHECK(answer.status == 401);
        CHECK(answer.json.at("error").text("message") ==
              "The request you have made requires authentication.");
        CHECK(answer.headers.find("WWW-Authenticate"));
        CHECK_FALSE(answer.headers.find("X-Subject-Token"));
    };
    refused(cloud.log_in("bob", "wrong"));
    refused(cloud.log_in("nobody", "pw"));
    refused(cloud.log_in("bob", "pw", Identity::project_scope("admin")));
    refused(cloud.log_in("bob", "pw", Identity::project_scope("nowhere")));
    refused(cloud.log_in("bob", "pw", Identity::system_scope()));
    refused(cloud.log_in("bob", "pw", Identity::domain_scope("nowhere")));
    // A token that is none says so, as upstream: there is nothing to guess.
    const Answer no_token =
        cloud.post("/identity/v3/auth/tokens", "", token_login("gAAAAAnothing"));
    CHECK(no_token.status == 404);
    CHECK(no_token.json.at("error").text("message").find("Log in again") != std::string::npos);
    const Json magic =
        Json::parse(R"({"auth": {"identity": {"methods": ["magic"], "magic": {}}}})");
    CHECK(cloud.post("/identity/v3/auth/tokens", "", magic).status == 401);
    CHECK(cloud.post("/identity/v3/auth/tokens", "", Json::object()).status == 400);
    CHECK(cloud.log_in("bob", "pw").status == 201);
}

TEST_CASE("validating, checking and revoking a token") {
    Identity cloud;
    const std::string user = cloud.add_user("bob");
    const std::string project = cloud.add_project("p");
    cloud.grant(project, user, "member");
    const std::string token = cloud.token("bob", "pw", Identity::project_scope("p"));
    const Answer shown = validate(cloud, cloud.admin(), token);
    REQUIRE(shown.status == 200);
    CHECK(shown.headers.get("X-Subject-Token") == token);
    CHECK(role_names(shown) == std::vector<std::string>{"member", "reader"});
    CHECK(shown.json.at("token").has("catalog"));
    CHECK_FALSE(cloud
                    .request("GET", "/identity/v3/auth/tokens?nocatalog", cloud.admin(), Json(),
                             subject(token))
                    .json.at("token")
                    .has("catalog"));
    // Its own subject may look; others without the right may not, whether it exists or not.
    CHECK(validate(cloud, token, token).status == 200);
    CHECK(validate(cloud, token, token, "HEAD").status == 200);
    CHECK(validate(cloud, token, cloud.admin()).status == 403);
    CHECK(validate(cloud, token, "gAAAAAnothing").status == 403);
    CHECK(validate(cloud, cloud.admin(), "gAAAAAnothing").status == 404);
    CHECK(validate(cloud, "gAAAAAnothing", token).status == 401);
    CHECK(cloud.get("/identity/v3/auth/tokens", cloud.admin()).status == 400);

    CHECK(validate(cloud, token, token, "DELETE").status == 204);
    CHECK(validate(cloud, token, token).status == 401);
    CHECK(validate(cloud, cloud.admin(), token).status == 404);
    CHECK(cloud.get("/identity/v3/OS-REVOKE/events", cloud.admin()).json.at("events").size() == 1);
    // Another token of the same user lives.
    CHECK(cloud.log_in("bob", "pw", Identity::project_scope("p")).status == 201);
}

TEST_CASE("what is disabled or gone stops its tokens at the next request") {
    Identity cloud;
    const std::string user = cloud.add_user("bob");
    const std::string project = cloud.add_project("p");
    cloud.grant(project, user, "member");
    const auto alive = [&](const std::string& token) {
        return cloud.get("/identity/v3/auth/projects", token).status == 200;
    };
    const auto fresh = [&] { return cloud.token("bob", "pw", Identity::project_scope("p")); };
    const auto set = [&](const std::string& path, const std::string& kind, bool enabled) {
        const Answer answer =
            cloud.patch("/identity/v3/" + path, cloud.admin(),
                        Json::object({{kind, Json::object({{"enabled", enabled}})}}));
        REQUIRE_MESSAGE(answer.status == 200, answer.text);
    };
    std::string token = fresh();
    CHECK(alive(token));
    set("projects/" + project, "project", false);
    CHECK_FALSE(alive(token));
    CHECK(cloud.log_in("bob", "pw", Identity::project_scope("p")).status == 401);
    set("projects/" + project, "project", true);
    CHECK(alive(token));
    // A disabled user's tokens stay dead when it is enabled again.
    set("users/" + user, "user", false);
    CHECK_FALSE(alive(token));
    CHECK(cloud.log_in("bob", "pw").status == 401);
    set("users/" + user, "user", true);
    CHECK_FALSE(alive(token));

    token = fresh();
    const std::string role =
        "/identity/v3/projects/" + project + "/users/" + user + "/roles/" + cloud.role_id("member");
    CHECK(cloud.del(role, cloud.admin()).status == 204);
    CHECK_FALSE(alive(token));
    cloud.grant(project, user, "reader");
    token = fresh();
    CHECK(cloud.del("/identity/v3/users/" + user + "/tokens", token).status == 204);
    CHECK_FALSE(alive(token));
    token = fresh();
    CHECK(cloud.del("/identity/v3/users/" + user, cloud.admin()).status == 204);
    CHECK_FALSE(alive(token));
}

TEST_CASE("a default project is the scope when none is asked for, if it can be used") {
    Identity cloud;
    const std::string user = cloud.add_user("bob");
    const std::string project = cloud.add_project("p");
    const Answer updated =
        cloud.patch("/identity/v3/users/" + user, cloud.admin(),
                    Json::object({{"user", Json::object({{"default_project_id", project}})}}));
    CHECK(updated.json.at("user").text("default_project_id") == project);
    CHECK_FALSE(cloud.log_in("bob", "pw").json.at("token").has("project"));
    cloud.grant(project, user, "member");
    CHECK(cloud.log_in("bob", "pw").json.at("token").at("project").text("id") == project);
    CHECK_FALSE(cloud.log_in("bob", "pw", Json("unscoped")).json.at("token").has("project"));
}

TEST_CASE("accounts lock after failed logins") {
    Identity cloud({"keystone.lockout_failure_attempts=2"});
    cloud.add_user("bob");
    CHECK(cloud.log_in("bob", "wrong").status == 401);
    CHECK(cloud.log_in("bob", "pw").status == 201);
    CHECK(cloud.log_in("bob", "wrong").status == 401);
    CHECK(cloud.log_in("bob", "wrong").status == 401);
    CHECK(cloud.log_in("bob", "pw").status == 401);
}

TEST_CASE("tokens expire, and are refused from then on") {
    Identity cloud({"keystone.token_expiration=-10"});
    const Answer issued = cloud.log_in("admin", "secret", Identity::project_scope("admin"));
    REQUIRE(issued.status == 201);
    const std::string token = issued.headers.get("X-Subject-Token");
    CHECK(cloud.get("/identity/v3/auth/projects", token).status == 401);
    CHECK_FALSE(cloud.cloud().authenticator->authenticate(token).has_value());
}

TEST_CASE("validating from memory costs microseconds") {
    Identity cloud;
    const std::string token = cloud.admin();
    auto& authenticator = *cloud.cloud().authenticator;
    REQUIRE(authenticator.authenticate(token));
    const int rounds = 2000;
    int valid = 0;
    const auto start = system_clock().monotonic_ns();
    for (int i = 0; i < rounds; ++i) valid += authenticator.authenticate(token).has_value();
    const auto each = (system_clock().monotonic_ns() - start) / rounds;
    CHECK(valid == rounds);
    MESSAGE("nanoseconds a validation: " << each);
    CHECK(each < 200'000); // generous: debug builds, sanitizers, busy machines
    CHECK_FALSE(authenticator.authenticate(""));
    CHECK_FALSE(authenticator.authenticate(std::string(10'000, 'g')));
    CHECK_FALSE(authenticator.authenticate(token + "A"));
}
