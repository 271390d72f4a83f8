// SPDX-License-Identifier: Apache-2.0
// Application credentials and trusts: never wider than what they come from.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";

struct Somebody {
    std::string id, project, token;
};
// A user "bob" with the role member on the project "p".
Somebody bob_on_p(Identity& cloud) {
    Somebody bob;
    bob.id = cloud.add_user("bob");
    bob.project = cloud.add_project("p");
    cloud.grant(bob.project, bob.id, "member");
    bob.token = cloud.token("bob", "pw", Identity::project_scope("p"));
    return bob;
}
Answer make(Identity& cloud, const Somebody& who, const char* members) {
    return cloud.post(v3 + "/users/" + who.id + "/application_credentials", who.token,
                      Json::object({{"application_credential", Json::parse(members)}}));
}
Answer log_in(Identity& cloud, const Json& part, const Json& scope = Json()) {
    Json auth = Json::object(
        {{"identity", Json::object({{"methods", Json::array({"application_credential"})},
                                    {"application_credential", part}})}});
    if (!scope.is_null()) auth["scope"] = scope;
    return cloud.post(v3 + "/auth/tokens", "", Json::object({{"auth", auth}}));
}
Answer log_in(Identity& cloud, const Answer& made) {
    const Json& credential = made.json.at("application_credential");
    return log_in(cloud,
                  Json::object({{"id", credential.at("id")}, {"secret", credential.at("secret")}}));
}
std::string token_of(const Answer& answer) {
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    return answer.headers.get("X-Subject-Token");
}
Json trust_login(const std::string& user, const std::string& trust) {
    return Identity::login(user, "pw",
                           Json::object({{"OS-TRUST:trust", Json::object({{"id", trust}})}}));
}
} // namespace

TEST_CASE("an application credential logs in on its project with its roles") {
    Identity cloud;
    const Somebody bob = bob_on_p(cloud);
    const Answer made = make(cloud, bob, R"({"name": "ci", "roles": [{"name": "reader"}]})");
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const Json& credential = made.json.at("application_credential");
    CHECK(credential.text("secret").size() > 60);
    CHECK(credential.text("project_id") == bob.project);
    CHECK(credential.at("roles").as_array()[0].text("name") == "reader");
    const std::string path =
        v3 + "/users/" + bob.id + "/application_credentials/" + credential.text("id");
    CHECK_FALSE(cloud.get(path, bob.token).json.at("application_credential").has("secret"));

    const Answer answer = log_in(cloud, made);
    const std::string token = token_of(answer);
    const Json& body = answer.json.at("token");
    CHECK(body.at("methods").dump() == R"(["application_credential"])");
    CHECK(body.at("roles").size() == 1);
    CHECK(body.at("application_credential").boolean("restricted"));
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 200);
    // By name and user as well; with a wrong secret or a scope not.
    const Json by_name = Json::parse(
        R"({"name": "ci", "user": {"name": "bob", "domain": {"id": "default"}}, "secret": ""})");
    Json right = by_name;
    right["secret"] = credential.text("secret");
    CHECK(log_in(cloud, right).status == 201);
    CHECK(log_in(cloud, by_name).status == 401);
    CHECK(log_in(cloud, right, Identity::project_scope("p")).status == 401);
    CHECK(make(cloud, bob, R"({"name": "ci"})").status == 409);
    CHECK(cloud.get(v3 + "/users/" + bob.id + "/application_credentials", bob.token)
              .json.at("application_credentials")
              .size() == 1);
    CHECK(cloud.del(path, bob.token).status == 204);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
    CHECK(log_in(cloud, made).status == 401);
}

TEST_CASE("an application credential gives nothing its owner lacks") {
    Identity cloud;
    const Somebody bob = bob_on_p(cloud);
    CHECK(make(cloud, bob, R"({"name": "x", "roles": [{"name": "admin"}]})").status == 400);
    CHECK(make(cloud, bob, R"({"name": "x", "expires_at": "2001-01-01T00:00:00"})").status == 400);
    CHECK(make(cloud, bob, R"({"name": ""})").status == 400);
    CHECK(make(cloud, bob, R"({"name": "x", "roles": "all"})").status == 400);
    const Answer made = make(cloud, bob, R"({"name": "ci"})");
    const std::string token = token_of(log_in(cloud, made));
    // Restricted: it makes no further credentials, and no token from its token.
    Somebody derived = bob;
    derived.token = token;
    CHECK(make(cloud, derived, R"({"name": "more"})").status == 403);
    const Json rescope = Json::object(
        {{"auth",
          Json::object({{"identity", Json::object({{"methods", Json::array({"token"})},
                                                   {"token", Json::object({{"id", token}})}})}})}});
    CHECK(cloud.post(v3 + "/auth/tokens", "", rescope).status == 403);
    CHECK(cloud.get(v3 + "/credentials", token).status == 403);
    // An unrestricted one may.
    derived.token =
        token_of(log_in(cloud, make(cloud, bob, R"({"name": "u", "unrestricted": true})")));
    CHECK(make(cloud, derived, R"({"name": "more"})").status == 201);
    // Nobody makes one for somebody else.
    Somebody other = bob;
    other.token = cloud.admin();
    CHECK(make(cloud, other, R"({"name": "y"})").status == 403);
    // With the role it goes for good.
    CHECK(cloud
              .del(v3 + "/projects/" + bob.project + "/users/" + bob.id + "/roles/" +
                       cloud.role_id("member"),
                   cloud.admin())
              .status == 204);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
    cloud.grant(bob.project, bob.id, "member");
    CHECK(log_in(cloud, made).status == 401);
}

TEST_CASE("a credential made with another ends with it") {
    Identity cloud;
    const Somebody bob = bob_on_p(cloud);
    const Answer first = make(cloud, bob, R"({"name": "first", "unrestricted": true,
        "roles": [{"name": "reader"}], "expires_at": "2099-01-01T00:00:00"})");
    REQUIRE_MESSAGE(first.status == 201, first.text);
    Somebody derived = bob;
    derived.token = token_of(log_in(cloud, first));
    CHECK(make(cloud, derived, R"({"name": "x", "roles": [{"name": "member"}]})").status == 400);
    CHECK(make(cloud, derived, R"({"name": "x", "expires_at": "2099-02-01T00:00:00"})").status ==
          400);
    const Answer second = make(cloud, derived, R"({"name": "second"})");
    REQUIRE_MESSAGE(second.status == 201, second.text);
    CHECK(second.json.at("application_credential").text("expires_at") ==
          "2099-01-01T00:00:00.000000");
    const std::string token = token_of(log_in(cloud, second));
    CHECK(cloud
              .del(v3 + "/users/" + bob.id + "/application_credentials/" +
                       first.json.at("application_credential").text("id"),
                   bob.token)
              .status == 204);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
    CHECK(log_in(cloud, second).status == 401);
    // With access rules it makes none: they could not be compared.
    const Answer ruled = make(cloud, bob, R"({"name": "ruled", "unrestricted": true,
        "access_rules": [{"service": "identity", "method": "POST", "path": "/v3/users/**"}]})");
    derived.token = token_of(log_in(cloud, ruled));
    CHECK(make(cloud, derived, R"({"name": "free"})").status == 403);
}

TEST_CASE("access rules limit an application credential to what they list") {
    Identity cloud;
    const Somebody bob = bob_on_p(cloud);
    const Answer made = make(cloud, bob, R"({"name": "ci", "access_rules": [
        {"service": "identity", "method": "GET", "path": "/v3/auth/projects"}]})");
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string token = token_of(log_in(cloud, made));
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 200);
    CHECK(cloud.get(v3 + "/auth/domains", token).status == 403);
    CHECK(cloud.get(v3 + "/users/" + bob.id, token).status == 403);
    CHECK(cloud.get(v3 + "/users/" + bob.id, bob.token).status == 200);
    const Answer rules = cloud.get(v3 + "/users/" + bob.id + "/access_rules", bob.token);
    REQUIRE(rules.json.at("access_rules").size() == 1);
    const std::string rule = v3 + "/users/" + bob.id + "/access_rules/" +
                             rules.json.at("access_rules").as_array()[0].text("id");
    CHECK(cloud.get(rule, bob.token).json.at("access_rule").text("method") == "GET");
    CHECK(cloud.del(rule, bob.token).status == 403);
    CHECK(make(cloud, bob, R"({"name": "b", "access_rules": [
        {"service": "identity", "method": "FLY", "path": "/v3"}]})")
              .status == 400);
    CHECK(cloud
              .del(v3 + "/users/" + bob.id + "/application_credentials/" +
                       made.json.at("application_credential").text("id"),
                   bob.token)
              .status == 204);
    CHECK(cloud.del(rule, bob.token).status == 204);
}

TEST_CASE("a trust lets the trustee act on the project with the roles given") {
    Identity cloud;
    const Somebody bob = bob_on_p(cloud);
    const std::string eve = cloud.add_user("eve");
    const auto make_trust = [&](bool impersonation, const Json& more) {
        Json trust = Json::object({{"trustor_user_id", bob.id},
                                   {"trustee_user_id", eve},
                                   {"project_id", bob.project},
                                   {"impersonation", impersonation},
                                   {"roles", Json::array({Json::object({{"name", "reader"}})})}});
        for (const auto& [key, value] : more.as_object()) trust[key] = value;
        return cloud.post(v3 + "/OS-TRUST/trusts", bob.token, Json::object({{"trust", trust}}));
    };
    const Answer made = make_trust(true, Json::object());
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string trust = made.json.at("trust").text("id");
    const std::string path = v3 + "/OS-TRUST/trusts/" + trust;
    CHECK(made.json.at("trust").at("roles").as_array()[0].text("name") == "reader");

    const Answer used = cloud.post(v3 + "/auth/tokens", "", trust_login("eve", trust));
    const std::string token = token_of(used);
    CHECK(used.json.at("token").at("user").text("name") == "bob");
    CHECK(used.json.at("token").at("project").text("id") == bob.project);
    CHECK(used.json.at("token").at("roles").size() == 1);
    CHECK(used.json.at("token").at("OS-TRUST:trust").at("trustee_user").text("id") == eve);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 200);
    CHECK(cloud.get(v3 + "/credentials", token).status == 403);
    CHECK(cloud.post(v3 + "/auth/tokens", "", trust_login("bob", trust)).status == 401);
    CHECK(cloud.post(v3 + "/auth/tokens", "", trust_login("eve", "nothing")).status == 401);

    // Seen by the two, by nobody else.
    const std::string eves = cloud.token("eve", "pw", Json("unscoped"));
    CHECK(cloud.get(path, eves).status == 200);
    CHECK(cloud.get(path + "/roles", bob.token).json.at("roles").size() == 1);
    cloud.add_user("mallory");
    CHECK(cloud.get(path, cloud.token("mallory", "pw", Json("unscoped"))).status == 404);
    CHECK(cloud.get(v3 + "/OS-TRUST/trusts?trustor_user_id=" + bob.id, bob.token)
              .json.at("trusts")
              .size() == 1);
    CHECK(cloud.get(v3 + "/OS-TRUST/trusts?trustor_user_id=" + bob.id, eves).status == 403);
    CHECK(cloud.get(v3 + "/OS-TRUST/trusts", bob.token).status == 403);
    CHECK(cloud.del(path, eves).status == 404);

    // The trustor's loss is the trustee's.
    const Answer disabled = cloud.patch(v3 + "/users/" + bob.id, cloud.admin(),
                                        Json::parse(R"({"user": {"enabled": false}})"));
    CHECK(disabled.status == 200);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
    cloud.patch(v3 + "/users/" + bob.id, cloud.admin(),
                Json::parse(R"({"user": {"enabled": true}})"));
    const std::string again =
        token_of(cloud.post(v3 + "/auth/tokens", "", trust_login("eve", trust)));
    CHECK(cloud.del(path, cloud.token("bob", "pw", Identity::project_scope("p"))).status == 204);
    CHECK(cloud.get(v3 + "/auth/projects", again).status == 401);
}

TEST_CASE("trusts are limited by uses, by time and by what the trustor has") {
    Identity cloud;
    const Somebody bob = bob_on_p(cloud);
    const std::string eve = cloud.add_user("eve");
    const auto make_trust = [&](const std::string& token, const char* members) {
        Json trust = Json::object({{"trustor_user_id", bob.id},
                                   {"trustee_user_id", eve},
                                   {"project_id", bob.project},
                                   {"impersonation", false}});
        const Json more = Json::parse(members);
        for (const auto& [key, value] : more.as_object()) trust[key] = value;
        return cloud.post(v3 + "/OS-TRUST/trusts", token, Json::object({{"trust", trust}}));
    };
    const char* const reader = R"({"roles": [{"name": "reader"}]})";
    CHECK(make_trust(cloud.admin(), reader).status == 403);
    CHECK(make_trust(bob.token, R"({"roles": []})").status == 403);
    CHECK(make_trust(bob.token, R"({"roles": [{"name": "admin"}]})").status == 404);
    CHECK(make_trust(bob.token, R"({"roles": [{"name": "nothing"}]})").status == 404);
    CHECK(make_trust(bob.token, R"({"roles": [{"name": "reader"}], "remaining_uses": 0})").status ==
          400);
    CHECK(make_trust(bob.token,
                     R"({"roles": [{"name": "reader"}], "expires_at": "2001-01-01T00:00:00Z"})")
              .status == 400);
    CHECK(make_trust(bob.token, R"({"roles": [{"name": "reader"}], "trustee_user_id": "x"})")
              .status == 404);
    const Answer once =
        make_trust(bob.token, R"({"roles": [{"name": "reader"}], "remaining_uses": 1})");
    REQUIRE_MESSAGE(once.status == 201, once.text);
    const std::string id = once.json.at("trust").text("id");
    const Answer used = cloud.post(v3 + "/auth/tokens", "", trust_login("eve", id));
    CHECK(used.json.at("token").at("user").text("name") == "eve");
    CHECK(cloud.post(v3 + "/auth/tokens", "", trust_login("eve", id)).status == 401);
    CHECK(cloud.get(v3 + "/OS-TRUST/trusts/" + id, bob.token).status == 404);
    // The token that was got still works.
    CHECK(cloud.get(v3 + "/auth/projects", token_of(used)).status == 200);

    // Passing a trust on needs leave, and narrows.
    const Answer open =
        make_trust(bob.token, R"({"roles": [{"name": "reader"}], "impersonation": true,
                       "allow_redelegation": true})");
    REQUIRE_MESSAGE(open.status == 201, open.text);
    const std::string first = token_of(
        cloud.post(v3 + "/auth/tokens", "", trust_login("eve", open.json.at("trust").text("id"))));
    CHECK(make_trust(first, R"({"roles": [{"name": "member"}]})").status == 403);
    const Answer passed = make_trust(first, reader);
    REQUIRE_MESSAGE(passed.status == 201, passed.text);
    CHECK(passed.json.at("trust").text("redelegated_trust_id") == open.json.at("trust").text("id"));
    CHECK(
        cloud.del(v3 + "/OS-TRUST/trusts/" + open.json.at("trust").text("id"), bob.token).status ==
        204);
    CHECK(cloud.get(v3 + "/OS-TRUST/trusts/" + passed.json.at("trust").text("id"), bob.token)
              .status == 404);
}
