// SPDX-License-Identifier: Apache-2.0
// A domain whose users are in a directory, over HTTP: a real slapd by domain configuration, and the
// one in memory for what goes wrong.
#include "base/strings.h"
#include "engines/ldap/private_server.h"
#include "services/keystone/drivers/fake_directory.h"
#include "services/keystone/model/id_mapping.h"
#include "services/keystone/ops/directories.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace nephele;
using namespace nephele::keystone;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";
const std::vector<std::string> with_directories{"keystone.domain_specific_drivers_enabled=true",
                                                "keystone.directory_fresh_seconds=0"};

std::string add_domain(Identity& cloud, const std::string& name) {
    return cloud
        .post(v3 + "/domains", cloud.admin(),
              Json::object({{"domain", Json::object({{"name", name}})}}))
        .json.at("domain")
        .text("id");
}

Answer log_in(Identity& cloud, const std::string& name, const std::string& password,
              const std::string& domain, const Json& scope = Json("unscoped")) {
    Json body = Identity::login(name, password, scope);
    body["auth"]["identity"]["password"]["user"]["domain"] = Json::object({{"id", domain}});
    return cloud.post(v3 + "/auth/tokens", "", body);
}

std::size_t listed(Identity& cloud, const std::string& query) {
    const Answer answer = cloud.get(v3 + "/" + query, cloud.admin());
    REQUIRE_MESSAGE(answer.status == 200, answer.text);
    return answer.json.at(query.substr(0, query.find('?'))).size();
}

// A domain in a real slapd with bob and ann, of whom bob is in the group devs.
struct Corp {
    nephele::test::TempDir folder{"ldap"};
    ldap::PrivateServer server{folder.path()};
    ldap::Pool pool{server.settings(), 1, 60, 0};
    Identity cloud{settings()};
    std::string domain, bob, devs;

    std::vector<std::string> settings() const {
        auto all = with_directories;
        all.push_back("keystone.domain_config_dir=\"" + folder.path() + "\"");
        return all;
    }

    explicit Corp(bool writable = false) {
        pool.with([](ldap::Connection& connection) {
            for (const std::string name : {"bob", "ann"}) {
                connection.add(
                    "cn=" + name + ",ou=people,dc=test",
                    {{"objectClass", {"inetOrgPerson"}}, {"cn", {name}}, {"sn", {name}}});
                connection.set_password("cn=" + name + ",ou=people,dc=test",
                                        Secret<std::string>("right"));
            }
            connection.add("cn=devs,ou=teams,dc=test", {{"objectClass", {"groupOfNames"}},
                                                        {"cn", {"devs"}},
                                                        {"ou", {"devs"}},
                                                        {"member", {"cn=bob,ou=people,dc=test"}}});
        });
        domain = add_domain(cloud, "corp");
        const Json ldap = Json::object({{"url", server.url()},
                                        {"user", "cn=admin,dc=test"},
                                        {"password", "admin"},
                                        {"suffix", "dc=test"},
                                        {"user_tree_dn", "ou=people,dc=test"},
                                        {"group_tree_dn", "ou=teams,dc=test"}});
        // What may be written is not set by the API.
        if (writable) {
            std::ofstream file(folder.path() + "/keystone.corp.conf");
            file << "[identity]\ndriver = ldap\n[ldap]\nuser_allow_update = true\n";
            for (const auto& [name, value] : ldap.as_object())
                file << name << " = " << value.as_string() << "\n";
        }
        const Json config =
            Json::object({{"identity", Json::object({{"driver", "ldap"}})}, {"ldap", ldap}});
        if (!writable)
            REQUIRE(cloud
                        .put(v3 + "/domains/" + domain + "/config", cloud.admin(),
                             Json::object({{"config", config}}))
                        .status == 201);
        bob = IdMapping::id_of(domain, "user", "bob");
        devs = IdMapping::id_of(domain, "group", "devs");
    }
};
} // namespace

TEST_CASE("users of an LDAP server log in and are listed with their groups") {
    Corp corp;
    auto& [folder, server, pool, cloud, domain, bob, devs] = corp;
    CHECK(listed(cloud, "users?domain_id=" + domain) == 2);
    CHECK(listed(cloud, "users?domain_id=" + domain + "&name__startswith=b") == 1);
    CHECK(listed(cloud, "groups?domain_id=" + domain) == 1);
    CHECK(cloud.get(v3 + "/users/" + bob, cloud.admin()).json.at("user").text("name") == "bob");
    CHECK(cloud.get(v3 + "/groups/" + devs + "/users", cloud.admin()).json.at("users").size() == 1);
    CHECK(cloud.get(v3 + "/groups/" + devs + "/users/" + bob, cloud.admin()).status == 204);
    CHECK(cloud.get(v3 + "/users/" + bob + "/groups", cloud.admin()).json.at("groups").size() == 1);

    CHECK(log_in(cloud, "bob", "wrong", domain).status == 401);
    CHECK(log_in(cloud, "bob", "", domain).status == 401);
    CHECK(log_in(cloud, "nobody", "right", domain).status == 401);
    const Answer unscoped = log_in(cloud, "bob", "right", domain);
    REQUIRE_MESSAGE(unscoped.status == 201, unscoped.text);
    CHECK(unscoped.json.at("token").at("user").text("id") == bob);
}

TEST_CASE("users of an LDAP server have the roles of its groups") {
    Corp corp;
    auto& [folder, server, pool, cloud, domain, bob, devs] = corp;
    CHECK(listed(cloud, "groups?domain_id=" + domain) == 1);
    // A role of the group is his; leaving the group there takes it away here.
    const std::string project = cloud.add_project("p");
    REQUIRE(cloud
                .put(v3 + "/projects/" + project + "/groups/" + devs + "/roles/" +
                         cloud.role_id("member"),
                     cloud.admin(), Json())
                .status == 204);
    const Answer scoped = log_in(cloud, "bob", "right", domain, Identity::project_scope("p"));
    REQUIRE_MESSAGE(scoped.status == 201, scoped.text);
    const std::string token = scoped.headers.get("X-Subject-Token");
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 200);
    pool.with([](ldap::Connection& connection) {
        connection.modify(
            "cn=devs,ou=teams,dc=test",
            {{ldap::Modification::Kind::replace, "member", {"cn=ann,ou=people,dc=test"}}});
    });
    refresh_all(cloud.cloud());
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
}

TEST_CASE("users of an LDAP server are read only, and gone here when they are gone there") {
    Corp corp;
    auto& [folder, server, pool, cloud, domain, bob, devs] = corp;
    const Answer unscoped = log_in(cloud, "bob", "right", domain);
    REQUIRE_MESSAGE(unscoped.status == 201, unscoped.text);
    CHECK(listed(cloud, "users?domain_id=" + domain) == 2);
    CHECK(listed(cloud, "groups?domain_id=" + domain) == 1);
    // Read only; other domains are as they were.
    CHECK(
        cloud.patch(v3 + "/users/" + bob, cloud.admin(), Json::parse(R"({"user": {"email": "x"}})"))
            .status == 403);
    CHECK(cloud.del(v3 + "/users/" + bob, cloud.admin()).status == 403);
    const std::string mine = cloud.add_user("mine");
    CHECK(cloud.put(v3 + "/groups/" + devs + "/users/" + mine, cloud.admin(), Json()).status ==
          403);
    CHECK(log_in(cloud, "mine", "pw", "default").status == 201);

    // Who is gone there is gone here, and comes back as the same.
    const std::string of_bob = unscoped.headers.get("X-Subject-Token");
    pool.with([](ldap::Connection& connection) { connection.remove("cn=bob,ou=people,dc=test"); });
    CHECK(cloud.get(v3 + "/users/" + bob, cloud.admin()).status == 404);
    CHECK(cloud.get(v3 + "/auth/projects", of_bob).status == 401);
    CHECK(listed(cloud, "users?domain_id=" + domain) == 1);
    CHECK(log_in(cloud, "bob", "right", domain).status == 401);
    server.stop();
    CHECK(log_in(cloud, "ann", "right", domain).status == 503);
    CHECK(log_in(cloud, "mine", "pw", "default").status == 201);
    for (const auto& problem : nephele::test::schema_problems(cloud)) FAIL_CHECK(problem);
}

namespace {
Answer change_own(Identity& cloud, const std::string& user, const std::string& from,
                  const std::string& to) {
    return cloud.post(
        v3 + "/users/" + user + "/password", "",
        Json::object({{"user", Json::object({{"original_password", from}, {"password", to}})}}));
}
} // namespace

TEST_CASE("users of an LDAP server change their own password, where it may be written") {
    Corp corp(true);
    auto& [folder, server, pool, cloud, domain, bob, devs] = corp;
    const Answer unscoped = log_in(cloud, "bob", "right", domain);
    REQUIRE_MESSAGE(unscoped.status == 201, unscoped.text);
    const std::string token = unscoped.headers.get("X-Subject-Token");
    const Answer wrong = change_own(cloud, bob, "wrong", "new");
    CHECK(wrong.status == 401);
    CHECK(change_own(cloud, IdMapping::id_of(domain, "user", "eve"), "wrong", "new")
              .json.get("error")
              .dump() == wrong.json.get("error").dump());
    CHECK(change_own(cloud, bob, "", "new").status == 401);
    CHECK(change_own(cloud, bob, "right", "").status == 400);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 200);
    const Answer changed = change_own(cloud, bob, "right", "new");
    CHECK_MESSAGE(changed.status == 204, changed.text);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
    CHECK(log_in(cloud, "bob", "right", domain).status == 401);
    CHECK(log_in(cloud, "bob", "new", domain).status == 201);
    CHECK(log_in(cloud, "ann", "right", domain).status == 201);
    server.stop();
    CHECK(change_own(cloud, bob, "new", "newer").status == 503);
}

TEST_CASE("the own password of a user of a directory: read only, forbidden, guessed") {
    Identity cloud({"keystone.domain_specific_drivers_enabled=true",
                    "keystone.directory_fresh_seconds=0", "keystone.throttle_account_failures=3",
                    "keystone.password_regex=\"^.{4,}$\""});
    const std::string domain = add_domain(cloud, "corp");
    DirectoryWrites writes{true, true, true, true, true, true};
    const auto directory = std::make_shared<FakeDirectory>(writes);
    cloud.cloud().state<Directories>().use(domain, directory);
    const Json wanted = Json::object(
        {{"user", Json::object({{"name", "bob"}, {"password", "pass"}, {"domain_id", domain}})}});
    const Answer made = cloud.post(v3 + "/users", cloud.admin(), wanted);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string bob = made.json.at("user").text("id");
    CHECK(change_own(cloud, bob, "pass", "abc").status == 400); // too short
    CHECK(change_own(cloud, bob, "pass", "longer").status == 204);
    directory->fail(2);
    CHECK(change_own(cloud, bob, "longer", "another").status == 503);
    directory->fail(0);
    CHECK(log_in(cloud, "bob", "longer", domain).status == 201);
    // Somebody else's directory may be read only.
    const auto closed = std::make_shared<FakeDirectory>(DirectoryWrites{true});
    cloud.cloud().state<Directories>().use(domain, closed);
    CHECK(cloud.post(v3 + "/users", cloud.admin(), wanted).status == 201);
    CHECK(change_own(cloud, bob, "pass", "longer").status == 403);
    CHECK(log_in(cloud, "bob", "pass", domain).status == 201);
    // Guessing does not know that this address is the user's own.
    const std::string eve = IdMapping::id_of(domain, "user", "eve");
    for (int i = 0; i < 3; ++i) CHECK(change_own(cloud, eve, "guess", "longer").status == 401);
    CHECK(change_own(cloud, eve, "guess", "longer").status == 429);
}

TEST_CASE("a directory that may be written") {
    Identity cloud(with_directories);
    const std::string domain = add_domain(cloud, "corp");
    const auto directory =
        std::make_shared<FakeDirectory>(DirectoryWrites{true, true, true, true, true, true});
    cloud.cloud().state<Directories>().use(domain, directory);
    const Json wanted = Json::object(
        {{"user", Json::object({{"name", "bob"}, {"password", "pw"}, {"domain_id", domain}})}});
    const Answer made = cloud.post(v3 + "/users", cloud.admin(), wanted);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string bob = made.json.at("user").text("id");
    CHECK(bob == IdMapping::id_of(domain, "user", "bob"));
    CHECK(directory->users({}).size() == 1);
    CHECK(cloud.post(v3 + "/users", cloud.admin(), wanted).status == 409);
    CHECK(log_in(cloud, "bob", "pw", domain).status == 201);
    CHECK(cloud
              .patch(v3 + "/users/" + bob, cloud.admin(),
                     Json::parse(R"({"user": {"password": "other", "email": "b@x"}})"))
              .json.at("user")
              .text("email") == "b@x");
    CHECK(log_in(cloud, "bob", "pw", domain).status == 401);
    CHECK(log_in(cloud, "bob", "other", domain).status == 201);

    const Answer group = cloud.post(
        v3 + "/groups", cloud.admin(),
        Json::object({{"group", Json::object({{"name", "devs"}, {"domain_id", domain}})}}));
    REQUIRE_MESSAGE(group.status == 201, group.text);
    const std::string devs = group.json.at("group").text("id");
    const std::string membership = v3 + "/groups/" + devs + "/users/" + bob;
    CHECK(cloud.put(membership, cloud.admin(), Json()).status == 204);
    CHECK(directory->members("devs").size() == 1);
    CHECK(cloud.get(membership, cloud.admin()).status == 204);
    CHECK(cloud.del(membership, cloud.admin()).status == 204);
    CHECK(cloud.del(membership, cloud.admin()).status == 404);
    CHECK(cloud
              .patch(v3 + "/groups/" + devs, cloud.admin(),
                     Json::parse(R"({"group": {"description": "d"}})"))
              .status == 200);
    CHECK(directory->groups({})[0].description == "d");
    CHECK(cloud.del(v3 + "/groups/" + devs, cloud.admin()).status == 204);

    // Out of order: an error that says so, nothing changed.
    directory->fail(1);
    CHECK(
        cloud.patch(v3 + "/users/" + bob, cloud.admin(), Json::parse(R"({"user": {"email": "z"}})"))
            .status == 503);
    CHECK(directory->users({})[0].email == "b@x");
    CHECK(cloud.del(v3 + "/users/" + bob, cloud.admin()).status == 204);
    CHECK(directory->users({}).empty());
    CHECK(cloud.get(v3 + "/users/" + bob, cloud.admin()).status == 404);
}
