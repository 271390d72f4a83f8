// SPDX-License-Identifier: Apache-2.0
// What lists take: exact and inexact filters, sorting, pages, times of expiry; what they ignore and
// what they refuse.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";

/// The names (or another member) in a list, in its order, as "a b c".
std::string named(const Json& list, const char* member = "name") {
    std::string out;
    for (const Json& one : list.as_array()) out += (out.empty() ? "" : " ") + one.text(member);
    return out;
}

struct World {
    Identity cloud;
    std::string list(const std::string& kind, const std::string& query,
                     const char* member = "name") {
        const Answer answer = cloud.get(v3 + "/" + kind + "?" + query, cloud.admin());
        INFO(kind, "?", query, ": ", answer.text);
        CHECK(answer.status == 200);
        return answer.status == 200 ? named(answer.json.at(kind), member) : "";
    }
    std::string make(const char* kind, const char* plural, const Json& members) {
        const Answer made =
            cloud.post(v3 + "/" + plural, cloud.admin(), Json::object({{kind, members}}));
        INFO(kind, ": ", made.text);
        REQUIRE(made.status == 201);
        return made.json.at(kind).text("id");
    }
    void user(const char* name, bool enabled = true) {
        make("user", "users", Json::object({{"name", name}, {"enabled", enabled}}));
    }
};
} // namespace

TEST_CASE("users are filtered by parts of their names") {
    World world;
    for (const char* name : {"Ada", "adam", "madame", "bo_b", "boxb", "50%"}) world.user(name);
    const auto of = [&](const std::string& query) {
        return world.list("users", query + "&sort=name");
    };
    CHECK(of("name=adam") == "adam");
    CHECK(of("name__contains=adam") == "adam madame");
    CHECK(of("name__icontains=ADAM") == "adam madame");
    CHECK(of("name__startswith=ad") == "adam admin");
    CHECK(of("name__startswith=Ad") == "Ada");
    CHECK(of("name__endswith=am") == "adam");
    // What SQL would read as a pattern is text.
    CHECK(of("name__contains=o_b") == "bo_b");
    CHECK(of("name__contains=%25") == "50%");
    CHECK(of("name__startswith=%25") == "");
    // Several conditions must all hold; one that is repeated, any.
    CHECK(of("name__startswith=a&name__endswith=n") == "admin");
    CHECK(of("name=Ada&name=adam") == "Ada adam");
    CHECK(of("name__contains=") == "50% Ada adam admin bo_b boxb madame");
}

TEST_CASE("filters that a list does not have say nothing, and reach no secrets") {
    World world;
    world.user("ada");
    CHECK(world.list("users", "colour=blue&sort=name") == "ada admin");
    for (const char* field : {"password_hash", "former_passwords", "failed_logins", "options"}) {
        CHECK(world.list("users", std::string(field) + "=x&sort=name") == "ada admin");
        CHECK(world.list("users", std::string(field) + "__contains=zzz&sort=name") == "ada admin");
    }
    CHECK(world.cloud.get(v3 + "/users?sort=password_hash", world.cloud.admin()).status == 400);
    CHECK(world.cloud.get(v3 + "/users?sort=name:sideways", world.cloud.admin()).status == 400);
}

TEST_CASE("enabled is a boolean in all its spellings") {
    World world;
    world.user("on");
    world.user("off", false);
    for (const char* no : {"false", "False", "0", "no"})
        CHECK(world.list("users", std::string("enabled=") + no) == "off");
    for (const char* yes : {"true", "True", "1", "yes"})
        CHECK(world.list("users", std::string("enabled=") + yes + "&sort=name") == "admin on");
    CHECK(world.cloud.get(v3 + "/users?enabled=perhaps", world.cloud.admin()).status == 400);
    world.make("project", "projects", Json::object({{"name", "closed"}, {"enabled", false}}));
    CHECK(world.list("projects", "enabled=false") == "closed");
    CHECK(world.list("domains", "enabled=true&name=Default") == "Default");
    CHECK(world.list("domains", "enabled=false") == "");
}

TEST_CASE("pages follow each other in any order and end") {
    World world;
    for (const char* name : {"e", "d", "c", "b", "a"}) world.user(name);
    const auto walk = [&](const std::string& query) {
        std::string seen, url = v3 + "/users?name__icontains=&" + query;
        for (int page = 0; page < 20 && !url.empty(); ++page) {
            const Answer answer = world.cloud.get(url, world.cloud.admin());
            REQUIRE(answer.status == 200);
            seen += (seen.empty() ? "" : "|") + named(answer.json.at("users"));
            const Json& next = answer.json.at("links").at("next");
            url = next.is_string() ? next.as_string().substr(world.cloud.url().size()) : "";
        }
        return seen;
    };
    CHECK(walk("limit=2&sort=name") == "a admin|b c|d e");
    CHECK(walk("limit=4&sort=name:desc") == "e d c b|admin a");
    CHECK(walk("limit=2&sort_key=name&sort_dir=desc") == "e d|c b|admin a");
    CHECK(walk("limit=5") == "admin e d c b|a"); // as they were made
    CHECK(walk("limit=6") == "admin e d c b a");
    for (const char* wrong : {"limit=-1", "limit=two", "marker=nobody", "limit=1&marker=%00"})
        CHECK(world.cloud.get(v3 + "/users?" + wrong, world.cloud.admin()).status == 400);
}

TEST_CASE("pages of one domain hold nobody else") {
    World world;
    const auto domain = world.make("domain", "domains", Json::object({{"name", "zoo"}}));
    for (const char* name : {"ape", "bear", "cat"})
        world.make("user", "users", Json::object({{"name", name}, {"domain_id", domain}}));
    world.user("person");
    CHECK(world.list("users", "domain_id=" + domain + "&limit=2") == "ape bear");
    CHECK(world.list("users", "domain_id=" + domain) == "ape bear cat");
    CHECK(world.list("users", "domain_id=" + domain + "&name=person") == "");
    CHECK(world.list("users", "domain_id=nowhere") == "");
    world.make("project", "projects", Json::object({{"name", "pen"}, {"domain_id", domain}}));
    CHECK(world.list("projects", "domain_id=" + domain) == "pen");
    CHECK(world.list("projects", "parent_id=" + domain) == "pen");
    world.make("group", "groups", Json::object({{"name", "staff"}, {"domain_id", domain}}));
    CHECK(world.list("groups", "domain_id=" + domain) == "staff");
    CHECK(world.list("groups", "name__startswith=st") == "staff");
}

TEST_CASE("password_expires_at takes operators and times") {
    ManualClock clock(*parse_time("2026-11-22T12:00:00Z"));
    World world{.cloud = Identity({"keystone.password_expires_days=10"}, &clock)};
    const auto with_password = [&](const char* name) {
        world.make("user", "users", Json::object({{"name", name}, {"password", "pw"}}));
    };
    with_password("first"); // until 2026-12-02T12:00
    clock.advance_ms(86'400'000);
    world.cloud.forget_admin();
    with_password("second"); // until 2026-12-03T12:00
    world.user("never");
    const auto mine = [&](const std::string& value) {
        std::string found = world.list("users", "sort=name&password_expires_at=" + value);
        // The administrator's ends with the first one's.
        if (found.rfind("admin", 0) == 0) found = found.size() > 6 ? found.substr(6) : "";
        return found;
    };
    CHECK(mine("lt:2026-12-03T00:00:00Z") == "first");
    CHECK(mine("gt:2026-12-03T00:00:00Z") == "second");
    CHECK(mine("gte:2026-12-03T12:00:00Z") == "second");
    CHECK(mine("lte:2026-12-02T12:00:00Z") == "first");
    CHECK(mine("eq:2026-12-03T12:00:00Z") == "second");
    CHECK(mine("2026-12-03T12:00:00Z") == "second");
    CHECK(mine("neq:2026-12-03T12:00:00Z") == "first");
    CHECK(mine("gt:2026-12-02T13:00:00Z&password_expires_at=lt:2026-12-04T00:00:00Z") == "second");
    for (const char* wrong : {"lt:tomorrow", "around:2026-12-02T12:00:00Z", "", "gt:"}) {
        const Answer refused =
            world.cloud.get(v3 + "/users?password_expires_at=" + wrong, world.cloud.admin());
        CHECK(refused.status == 400);
        CHECK(refused.json.at("error").text("message").find("imestamp") != std::string::npos);
    }
}

TEST_CASE("the catalog and roles are filtered by what upstream filters them by") {
    World world;
    const auto service =
        world.make("service", "services", Json::object({{"name", "s"}, {"type", "odd"}}));
    for (const char* interface : {"public", "admin"})
        world.make("endpoint", "endpoints",
                   Json::object({{"service_id", service},
                                 {"interface", interface},
                                 {"region_id", "RegionOne"},
                                 {"url", "http://127.0.0.1:1/"}}));
    CHECK(world.list("services", "type=odd") == "s");
    CHECK(world.list("services", "name=s&type=even") == "");
    CHECK(world.list("endpoints", "service_id=" + service + "&interface=admin", "interface") ==
          "admin");
    CHECK(world.list("endpoints", "service_id=" + service + "&sort=interface", "interface") ==
          "admin public");
    CHECK(world.list("endpoints", "service_id=" + service + "&region_id=elsewhere") == "");
    world.make("region", "regions",
               Json::object({{"id", "below"}, {"parent_region_id", "RegionOne"}}));
    CHECK(world.list("regions", "parent_region_id=RegionOne", "id") == "below");
    CHECK(world.list("roles", "name=member") == "member");
    CHECK(world.list("roles", "name__startswith=mem") == "member");
    CHECK(world.list("roles", "domain_id=default") == "");
}
