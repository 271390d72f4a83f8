// SPDX-License-Identifier: Apache-2.0
// What every directory does, on the one in memory and on a real slapd.
#include "base/strings.h"
#include "engines/ldap/private_server.h"
#include "platform/fault/fault.h"
#include "services/keystone/drivers/fake_directory.h"
#include "services/keystone/logic/domain_config.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone;

namespace {
using Password = Secret<std::string>;
constexpr DirectoryWrites all_writes{true, true, true, true, true, true};

Json ldap_options(const ldap::PrivateServer& server, const Json& more) {
    Json options = Json::object();
    for (const auto& known : logic::known_domain_options())
        if (std::string_view(known.group) == "ldap")
            options[known.name] = Json::parse(known.default_json);
    const ldap::Settings settings = server.settings();
    const Json own = Json::object({{"url", settings.url},
                                   {"user", settings.user},
                                   {"password", settings.password.reveal()},
                                   {"suffix", "dc=test"},
                                   {"page_size", 2},
                                   {"user_tree_dn", "ou=people,dc=test"},
                                   {"group_tree_dn", "ou=teams,dc=test"},
                                   {"group_name_attribute", "cn"},
                                   // inetOrgPerson has no attribute "enabled".
                                   {"user_enabled_attribute", "employeeType"}});
    for (const auto& [name, value] : own.as_object()) options[name] = value;
    for (const auto& [name, value] : more.as_object()) options[name] = value;
    return options;
}

Json writable() {
    Json options = Json::object();
    for (const char* kind : {"user", "group"})
        for (const char* verb : {"create", "update", "delete"})
            options[format("{}_allow_{}", kind, verb)] = true;
    return options;
}

std::vector<std::string> names(const std::vector<DirectoryUser>& users) {
    std::vector<std::string> all;
    for (const auto& user : users) all.push_back(user.name);
    std::sort(all.begin(), all.end());
    return all;
}
using Names = std::vector<std::string>;

DirectoryUser user_named(const std::string& name) {
    return {.id = name, .name = name, .email = name + "@test"};
}

void check_contract(Directory& directory) {
    for (const char* name : {"ann", "bob", "bo*(b)\\,=\"#", "eve", "adam"})
        directory.put_user(user_named(name), Password(std::string("pw of ") + name));
    directory.put_user(user_named("ann"), std::nullopt); // again
    CHECK(directory.users({}).size() == 5);
    CHECK(names(directory.users({.name = "bob"})) == Names{"bob"});
    CHECK(names(directory.users({.id = "bo*(b)\\,=\"#"})) == Names{"bo*(b)\\,=\"#"});
    CHECK(names(directory.users({.name_contains = "a"})) == Names{"adam", "ann"});
    CHECK(names(directory.users({.name_contains = "*"})) == Names{"bo*(b)\\,=\"#"});
    CHECK(names(directory.users({.name_prefix = "bo"})).size() == 2);
    CHECK(directory.users({.id = "nobody"}).empty());
    CHECK(directory.users({.id = "bob"})[0].email == "bob@test");

    CHECK(directory.authenticate("bob", Password("pw of bob")));
    CHECK(directory.authenticate("bo*(b)\\,=\"#", Password("pw of bo*(b)\\,=\"#")));
    CHECK(!directory.authenticate("bob", Password("pw of ann")));
    CHECK(!directory.authenticate("bob", Password("")));
    CHECK(!directory.authenticate("nobody", Password("pw of bob")));
    CHECK(!directory.authenticate("*", Password("pw of bob")));

    DirectoryUser bob = user_named("bob");
    bob.enabled = false;
    bob.description = "gone fishing";
    directory.put_user(bob, Password("new"));
    const DirectoryUser stored = directory.users({.id = "bob"})[0];
    CHECK(!stored.enabled);
    CHECK(stored.description == "gone fishing");
    CHECK(directory.authenticate("bob", Password("new")));
    bob.enabled = true;
    directory.put_user(bob, std::nullopt);
    CHECK(directory.users({.id = "bob"})[0].enabled);

    directory.put_group({.id = "devs", .name = "devs", .description = "who develops"});
    directory.put_group({.id = "ops", .name = "ops"});
    CHECK(directory.groups({}).size() == 2);
    CHECK(directory.groups({.name = "devs"})[0].description == "who develops");
    CHECK(directory.members("devs").empty());
    directory.set_member("devs", "bob", true);
    directory.set_member("devs", "bob", true);
    directory.set_member("devs", "ann", true);
    CHECK(directory.members("devs") == Names{"ann", "bob"});
    CHECK(directory.groups_of("bob").size() == 1);
    CHECK(directory.groups_of("eve").empty());
    directory.set_member("devs", "ann", false);
    directory.set_member("devs", "ann", false);
    CHECK(directory.members("devs") == Names{"bob"});
    directory.remove_user("bob");
    directory.remove_user("bob");
    CHECK(directory.members("devs").empty());
    CHECK(directory.users({.id = "bob"}).empty());
    directory.remove_group("devs");
    CHECK(directory.groups({.id = "devs"}).empty());
}

void check_read_only(Directory& directory) {
    CHECK_THROWS_AS(directory.put_user(user_named("x"), std::nullopt), Failure);
    CHECK_THROWS_AS(directory.remove_user("x"), Failure);
    CHECK_THROWS_AS(directory.put_group({.id = "g", .name = "g"}), Failure);
    CHECK_THROWS_AS(directory.remove_group("g"), Failure);
    CHECK_THROWS_AS(directory.set_member("g", "x", true), Failure);
    CHECK(directory.users({.id = "x"}).empty());
}
} // namespace

TEST_CASE("directory contract: in memory") {
    FakeDirectory directory(all_writes);
    check_contract(directory);
    FakeDirectory closed{DirectoryWrites{}};
    check_read_only(closed);
    directory.fail(1);
    CHECK_THROWS_AS(directory.users({}), EngineFailure);
    CHECK(!directory.users({}).empty());
}

TEST_CASE("directory contract: slapd") {
    test::TempDir folder("directory");
    ldap::PrivateServer server(folder.path());
    const auto directory = make_ldap_directory(ldap_options(server, writable()));
    check_contract(*directory);
    check_read_only(*make_ldap_directory(ldap_options(server, Json::object())));
    server.stop();
    CHECK_THROWS_AS(directory->users({}), EngineFailure);
    CHECK_THROWS_AS(directory->authenticate("ann", Password("pw of ann")), EngineFailure);
    server.start();
    CHECK(directory->authenticate("ann", Password("pw of ann")));
}

TEST_CASE("enabled by a mask, by the reverse, and by a group") {
    test::TempDir folder("directory");
    ldap::PrivateServer server(folder.path());
    for (const char* text : {R"({"user_enabled_mask": 2, "user_enabled_default": "512"})",
                             R"({"user_enabled_invert": true, "user_enabled_default": "FALSE"})",
                             R"({"user_enabled_emulation": true,
                                 "user_enabled_emulation_dn": "cn=enabled,ou=teams,dc=test"})"}) {
        CAPTURE(text);
        Json options = writable();
        const Json own = Json::parse(text);
        for (const auto& [name, value] : own.as_object()) options[name] = value;
        const auto directory = make_ldap_directory(ldap_options(server, options));
        directory->put_group({.id = "enabled", .name = "enabled"});
        DirectoryUser bob = user_named("bob");
        directory->put_user(bob, std::nullopt);
        CHECK(directory->users({.id = "bob"})[0].enabled);
        bob.enabled = false;
        directory->put_user(bob, std::nullopt);
        CHECK(!directory->users({.id = "bob"})[0].enabled);
        bob.enabled = true;
        directory->put_user(bob, std::nullopt);
        CHECK(directory->users({.id = "bob"})[0].enabled);
        directory->remove_user("bob");
    }
}

TEST_CASE("groups within groups, members by id, attributes of one's own, a filter") {
    test::TempDir folder("directory");
    ldap::PrivateServer server(folder.path());
    Json options = writable();
    options["group_nesting"] = true;
    options["user_additional_attribute_mapping"] = Json::array({"title:rank"});
    options["user_filter"] = "(!(cn=hidden))";
    const auto directory = make_ldap_directory(ldap_options(server, options));
    for (const char* name : {"ann", "bob", "hidden"})
        directory->put_user(user_named(name), std::nullopt);
    for (const char* name : {"inner", "outer"}) directory->put_group({.id = name, .name = name});
    directory->set_member("inner", "bob", true);
    directory->set_member("outer", "ann", true);
    ldap::Pool pool(server.settings(), 1, 60, 0);
    using ldap::Modification;
    pool.with([](ldap::Connection& connection) {
        // Each within the other: the walk must end.
        connection.modify("cn=outer,ou=teams,dc=test",
                          {{Modification::Kind::add, "member", {"cn=inner,ou=teams,dc=test"}}});
        connection.modify("cn=inner,ou=teams,dc=test",
                          {{Modification::Kind::add, "member", {"cn=outer,ou=teams,dc=test"}}});
        connection.modify("cn=bob,ou=people,dc=test",
                          {{Modification::Kind::replace, "title", {"captain"}}});
    });
    CHECK(directory->members("outer") == Names{"ann", "bob"});
    CHECK(directory->groups_of("bob").size() == 2);
    CHECK(names(directory->users({})) == Names{"ann", "bob"});
    CHECK(directory->users({.id = "bob"})[0].extra.text("rank") == "captain");
    CHECK(make_ldap_directory(ldap_options(server, Json::object()))->groups_of("bob").size() == 1);
}
