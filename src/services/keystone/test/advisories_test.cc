// SPDX-License-Identifier: Apache-2.0
// What docs/security/keystone-advisories.md says of single advisories, where no other test shows
// it.
#include "base/strings.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone::test;

namespace {
const std::string v3 = "/identity/v3";

Json wrapped(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }
} // namespace

TEST_CASE("absurdly long tokens are refused, as subject and as caller") {
    Identity cloud;
    for (const std::size_t size : {5'000, 50'000}) {
        const std::string token = "gAAAAA" + std::string(size, 'x');
        const Answer called = cloud.get(v3 + "/auth/projects", token);
        CHECK((called.status == 401 || called.status == 431));
        CHECK(called.text.find("xxxxxxxx") == called.text.npos);
        http::Headers headers;
        headers.set("X-Subject-Token", token);
        const Answer asked = cloud.request("GET", v3 + "/auth/tokens", cloud.admin(), {}, headers);
        CHECK((asked.status == 404 || asked.status == 431));
        CHECK(asked.text.find("xxxxxxxx") == asked.text.npos);
    }
}

TEST_CASE("a method named many times in one request is worked on once") {
    Identity cloud;
    cloud.add_user("bob");
    Json body = Identity::login("bob", "wrong");
    Json& methods = body["auth"]["identity"]["methods"];
    for (int i = 0; i < 1'000; ++i) methods.push_back("password");
    auto& pool = cloud.cloud().state<keystone::State>().passwords;
    const auto before = pool.work().hashes;
    CHECK(cloud.post(v3 + "/auth/tokens", "", body).status == 401);
    CHECK(pool.work().hashes - before == 1);
}

TEST_CASE("a revoked token stays revoked however its text is altered") {
    Identity cloud;
    cloud.add_user("bob");
    const std::string token = cloud.token("bob", "pw", Json("unscoped"));
    const auto status = [&](const std::string& text) {
        return cloud.get(v3 + "/auth/projects", text).status;
    };
    CHECK(status(token) == 200);
    http::Headers headers;
    headers.set("X-Subject-Token", token);
    REQUIRE(cloud.request("DELETE", v3 + "/auth/tokens", token, {}, headers).status == 204);
    std::string bare = token;
    while (!bare.empty() && bare.back() == '=') bare.pop_back();
    for (const std::string& altered :
         {token, bare, bare + "=", bare + "==", bare + "%3D", token + "A", " " + token,
          "PKIZ_" + token, replace_all(token, "-", "+"), replace_all(token, "_", "/"),
          token + token, token.substr(0, token.size() - 1)}) {
        CAPTURE(altered);
        CHECK(status(altered) == 401);
    }
}

TEST_CASE("a project of the same name in another domain is another project") {
    Identity cloud;
    const Answer domain =
        cloud.post(v3 + "/domains", cloud.admin(), wrapped("domain", wrapped("name", "other")));
    REQUIRE_MESSAGE(domain.status == 201, domain.text);
    const std::string bob = cloud.add_user("bob"), project = cloud.add_project("same");
    const Answer twin = cloud.post(
        v3 + "/projects", cloud.admin(),
        wrapped("project", Json::object({{"name", "same"},
                                         {"domain_id", domain.json.at("domain").text("id")}})));
    REQUIRE_MESSAGE(twin.status == 201, twin.text);
    cloud.grant(project, bob, "member");
    const auto scope = [](const char* of) {
        return wrapped("project",
                       Json::object({{"name", "same"}, {"domain", wrapped("name", of)}}));
    };
    CHECK(cloud.log_in("bob", "pw", scope("Default")).status == 201);
    CHECK(cloud.log_in("bob", "pw", scope("other")).status == 401);
}

TEST_CASE("projects and domains offered are those with a role") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob"), mine = cloud.add_project("mine");
    cloud.add_project("not mine");
    cloud.grant(mine, bob, "member");
    const std::string token = cloud.token("bob", "pw", Json("unscoped"));
    for (const char* path : {"/OS-FEDERATION/projects", "/auth/projects"}) {
        const Answer shown = cloud.get(v3 + path, token);
        REQUIRE_MESSAGE(shown.status == 200, shown.text);
        REQUIRE(shown.json.at("projects").size() == 1);
        CHECK(shown.json.at("projects").as_array()[0].text("id") == mine);
    }
    for (const char* path : {"/OS-FEDERATION/domains", "/auth/domains"})
        CHECK(cloud.get(v3 + path, token).json.at("domains").size() == 0);
}
