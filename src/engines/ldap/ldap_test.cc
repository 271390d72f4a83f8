// SPDX-License-Identifier: Apache-2.0
// The LDAP client against a real slapd.
#include "base/strings.h"
#include "engines/ldap/private_server.h"
#include "platform/fault/fault.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::ldap;

namespace {
Attributes person(const std::string& name) {
    return {{"objectClass", {"inetOrgPerson"}}, {"cn", {name}}, {"sn", {name}}};
}
const std::string people = "ou=people,dc=test";
} // namespace

TEST_CASE("names and filters are escaped") {
    CHECK(escape_filter("a*(b)\\") == "a\\2a\\28b\\29\\5c");
    CHECK(escape_dn(" a,b=\"c\" ") == "\\ a\\,b\\=\\\"c\\\"\\ ");
    CHECK(first_value("cn=a\\,b,ou=x") == "a,b");
    CHECK(first_value("nothing").empty());
}

TEST_CASE("entries: add, search in pages, change, password, remove") {
    test::TempDir directory("ldap");
    PrivateServer server(directory.path());
    Settings settings = server.settings();
    settings.page_size = 3;
    Pool pool(settings, 2, 600, 1);
    pool.with([&](Connection& connection) {
        for (int i = 0; i < 10; ++i)
            CHECK(connection.add(format("cn=u{},{}", i, people), person(format("u{}", i))));
        CHECK(!connection.add("cn=u1," + people, person("u1")));
        CHECK(connection.search(people, Depth::one, "(objectClass=inetOrgPerson)").size() == 10);
        CHECK(connection.search("ou=nowhere,dc=test", Depth::one, "(cn=*)").empty());
        const auto one = connection.search(people, Depth::one, "(cn=u7)", {"sn"});
        REQUIRE(one.size() == 1);
        CHECK(one[0].text("SN") == "u7");
        CHECK(one[0].text("cn").empty());
        CHECK(connection.modify("cn=u7," + people,
                                {{Modification::Kind::replace, "mail", {"u7@test"}}}));
        CHECK(
            !connection.modify("cn=u77," + people, {{Modification::Kind::replace, "mail", {"x"}}}));
        CHECK(connection.set_password("cn=u7," + people, Secret<std::string>("right")));
        CHECK(connection.remove("cn=u8," + people));
        CHECK(!connection.remove("cn=u8," + people));
        CHECK_THROWS_AS(connection.add("cn=bad," + people, {{"objectClass", {"nothing"}}}),
                        EngineFailure);
    });
    Connection login(settings);
    CHECK(login.bind("cn=u7," + people, Secret<std::string>("right")));
    CHECK(!login.bind("cn=u7," + people, Secret<std::string>("wrong")));
    CHECK(!login.bind("cn=u7," + people, Secret<std::string>("")));
    CHECK(!login.bind("cn=nobody," + people, Secret<std::string>("right")));
    const auto seen = login.search(people, Depth::one, "(cn=u7)");
    CHECK(seen.size() == 1);

    // The pool finds a server that came back.
    server.stop();
    CHECK_THROWS_AS(pool.with([&](Connection& c) { c.search(people, Depth::one, "(cn=u1)"); }),
                    EngineFailure);
    server.start();
    std::size_t found = 0;
    pool.with([&](Connection& c) { found = c.search(people, Depth::one, "(cn=u1)").size(); });
    CHECK(found == 1);
}

TEST_CASE("TLS: only a server whose certificate is known") {
    test::TempDir directory("ldaps");
    PrivateServer server(directory.path(), true);
    Settings settings = server.settings();
    settings.use_tls = true;
    CHECK_THROWS_AS(Connection{settings}, EngineFailure);
    settings.ca_file = server.ca_file();
    Connection known(settings);
    CHECK(known.bind(settings.user, settings.password));
    settings.ca_file.clear();
    settings.require_certificate = "never";
    Connection trusting(settings);
    CHECK(trusting.bind(settings.user, settings.password));
}
