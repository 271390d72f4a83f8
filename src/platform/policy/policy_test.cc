// SPDX-License-Identifier: Apache-2.0
#include "platform/policy/policy.h"

#include "base/time.h"

#include <doctest/doctest.h>

using namespace nephele;
using policy::Policy;
using policy::PolicyError;
using policy::Target;

namespace {

Policy one_rule(const std::string& check) {
    Policy policy;
    policy.add({{.name = "x", .check = check}});
    policy.compile();
    return policy;
}
bool allowed(const std::string& check, const Principal& who, const Target& target = {}) {
    return one_rule(check).check("x", who, target);
}
Principal member() {
    Principal p;
    p.user_id = "u1";
    p.project_id = "p1";
    p.project_domain_id = "d1";
    p.user_domain_id = "d1";
    p.roles = {"Member", "reader"};
    return p;
}

} // namespace

TEST_CASE("words, precedence and parentheses") {
    const auto who = member();
    CHECK(allowed("", who));
    CHECK(allowed("@", who));
    CHECK_FALSE(allowed("!", who));
    CHECK(allowed("not !", who));
    CHECK(allowed("@ or ! and !", who)); // and binds tighter
    CHECK_FALSE(allowed("(@ or !) and !", who));
    CHECK(allowed("not (role:admin or role:boss) AND role:member", who));
    CHECK_FALSE(allowed("not not role:admin", who));
    for (auto bad : {"role:admin or", "(role:admin", "role:admin)", "admin", "or role:admin",
                     "role:a role:b", "user_id:%(x", "http://example.org/check", "field:x=1"})
        CHECK_THROWS_AS(one_rule(bad), PolicyError);
}

TEST_CASE("attributes of the token are compared with the target's") {
    const auto who = member();
    CHECK(allowed("role:MEMBER", who));
    CHECK(allowed("project_id:%(project_id)s", who, {{"project_id", "p1"}}));
    CHECK(allowed("tenant_id:%(tenant_id)s", who, {{"project_id", "p1"}}));
    CHECK_FALSE(allowed("project_id:%(project_id)s", who, {{"project_id", "p2"}}));
    CHECK_FALSE(allowed("project_id:%(project_id)s", who));
    CHECK(allowed("token.project.domain.id:%(target.user.domain_id)s", who,
                  {{"target.user.domain_id", "d1"}}));
    CHECK(allowed("token.is_admin_project:True", who));
    CHECK_FALSE(allowed("system_scope:all", who));
    CHECK_FALSE(allowed("is_admin:True", who));
    CHECK(allowed("user_id:u%(n)s", who, {{"n", "1"}}));
    CHECK(allowed("not domain_id:d1", who));
    CHECK(allowed("domain_id:None", who));
    CHECK_FALSE(allowed("no_such_thing:None", who));
}

TEST_CASE("a record without an owner is nobody's") {
    auto who = member();
    who.project_id.clear();
    Target target;
    target.set_null("project_id");
    CHECK_FALSE(allowed("project_id:%(project_id)s", who, target));
}

TEST_CASE("literals, fields and targets of every kind") {
    const auto who = member();
    CHECK(allowed("\"public\":%(visibility)s", who, {{"visibility", "public"}}));
    CHECK_FALSE(allowed("'public':%(visibility)s", who, {{"visibility", "private"}}));
    Target target;
    target.set("shared", true).set_null("domain_id").set("owner", "network:router");
    CHECK(allowed("True:%(shared)s", who, target));
    CHECK(allowed("None:%(domain_id)s", who, target));
    CHECK_FALSE(allowed("None:%(absent)s", who, target));
    CHECK(allowed("field:networks:shared=True", who, target));
    CHECK_FALSE(allowed("field:networks:shared=False", who, target));
    CHECK(allowed("field:port:owner=~^network:", who, target));
    CHECK_FALSE(allowed("field:port:owner=~router", who, target));
    const Json record =
        Json::object({{"target", Json::object({{"user", Json::object({{"domain_id", "d1"}})}})},
                      {"enabled", true},
                      {"size", 3},
                      {"none", nullptr}});
    CHECK(allowed("user_domain_id:%(target.user.domain_id)s", who, Target(record)));
    CHECK(allowed("True:%(enabled)s and 3:%(size)s and None:%(none)s", who, Target(record)));
}

TEST_CASE("rules refer to rules; missing ones fall to default; circles are refused") {
    const auto who = member();
    Policy policy;
    policy.add({{.name = "owner", .check = "project_id:%(project_id)s"},
                {.name = "show", .check = "rule:admin or rule:owner"},
                {.name = "broken", .check = "rule:nobody_wrote_it"},
                {.name = "admin", .check = "role:admin"}});
    auto warnings = policy.compile();
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0] == "rule broken refers to the missing rule nobody_wrote_it");
    CHECK(policy.check("show", who, {{"project_id", "p1"}}));
    CHECK_FALSE(policy.check("show", who, {{"project_id", "p2"}}));
    CHECK_FALSE(policy.check("broken", who));
    CHECK_FALSE(policy.check("undeclared", who));
    policy.add({{.name = "default", .check = "role:member"}});
    policy.compile();
    CHECK(policy.check("broken", who));
    CHECK(policy.check("undeclared", who));
    CHECK_THROWS_AS(policy.add({{.name = "show", .check = "@"}}), PolicyError);
    policy.load_overrides("admin: rule:show\n", "policy.yaml");
    CHECK_THROWS_WITH_AS(policy.compile(), "rules in a circle: show -> admin -> show", PolicyError);
}

TEST_CASE("an operator's file overrides, in both forms, and errors name the line") {
    const auto who = member();
    Policy policy;
    policy.add({{.name = "x", .check = "role:admin"}, {.name = "y", .check = "role:admin"}});
    policy.load_overrides("# ours\n\"x\": \"rule:helper\"\n"
                          "helper: [[\"role:admin\"], [\"role:member\", \"role:reader\"]]\n",
                          "policy.yaml");
    CHECK(policy.compile().empty());
    CHECK(policy.check("x", who));
    CHECK_FALSE(policy.check("y", who));
    CHECK(policy.find("x")->check == "rule:helper");
    CHECK_THROWS_WITH_AS(policy.load_overrides("x: '@'\ny: 'role'\n", "p.yaml"),
                         "p.yaml:2: expected kind:match, got 'role'", PolicyError);
    CHECK_THROWS_WITH_AS(policy.load_overrides("x: '@'\nx: '!'\n", "p.yaml"),
                         "p.yaml:2: duplicate key 'x'", PolicyError);
    CHECK_THROWS_AS(policy.load_overrides("x: 3", "p.yaml"), PolicyError);
}

TEST_CASE("a token of the wrong scope is denied when scopes are enforced") {
    auto who = member();
    Policy policy;
    policy.add({{.name = "x", .check = "@", .scope_types = {"system", "domain"}}});
    policy.compile();
    CHECK_FALSE(policy.check("x", who));
    CHECK(policy.explain("x", who).to_json().dump().find("the token's scope is project") !=
          std::string::npos);
    policy.enforce_scope(false);
    CHECK(policy.check("x", who));
    policy.enforce_scope(true);
    who.project_id.clear();
    who.domain_id = "d1";
    CHECK(policy.check("x", who));
    CHECK(policy.check("x", Principal::internal()));
}

TEST_CASE("explain shows every part with what was compared") {
    Policy policy;
    policy.add({{.name = "admin", .check = "role:admin"},
                {.name = "x", .check = "rule:admin or project_id:%(project_id)s"}});
    policy.compile();
    auto why = policy.explain("x", member(), {{"project_id", "p2"}});
    CHECK_FALSE(why.allowed);
    REQUIRE(why.parts.size() == 1);
    REQUIRE(why.parts[0].parts.size() == 2);
    CHECK(why.parts[0].parts[0].parts[0].detail == "the token has the roles: Member, reader");
    CHECK(why.parts[0].parts[1].detail == "the token says p1, wanted is p2");
}

TEST_CASE("a typical check costs about a microsecond at most") {
    Policy policy;
    policy.add({{.name = "admin", .check = "role:admin"},
                {.name = "owner", .check = "user_id:%(user_id)s or project_id:%(project_id)s"},
                {.name = "x", .check = "rule:admin or (role:member and rule:owner)"}});
    policy.compile();
    const auto who = member();
    const Target target{{"user_id", "someone"}, {"project_id", "p1"}};
    const int rounds = 20'000;
    int passed = 0;
    const auto start = system_clock().monotonic_ns();
    for (int i = 0; i < rounds; ++i) passed += policy.check("x", who, target);
    const auto each = (system_clock().monotonic_ns() - start) / rounds;
    CHECK(passed == rounds);
    MESSAGE("nanoseconds a check: " << each);
    CHECK(each < 20'000); // generous: debug builds, sanitizers, busy machines
}
