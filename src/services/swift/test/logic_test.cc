// SPDX-License-Identifier: Apache-2.0
// What is decided from values alone: names, conditions, ranges, access lists.
#include "services/swift/logic/acl.h"
#include "services/swift/logic/conditions.h"
#include "services/swift/logic/names.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::swift::logic;

TEST_CASE("paths are taken apart and refused where they are none") {
    auto whole = parse_path("/v1/AUTH_a/c%20d/e/f%2Fg");
    CHECK(whole.fault == PathFault::none);
    CHECK(whole.path.account == "AUTH_a");
    CHECK(whole.path.container == "c d");
    CHECK(whole.path.object == "e/f/g");
    CHECK(parse_path("/v1/AUTH_a/").path.container.empty());
    CHECK(parse_path("/v1/AUTH_a/c/").path.object.empty());
    CHECK(parse_path("/v1/AUTH_a/c//o").path.object == "/o");
    CHECK(parse_path("/v1//c").fault == PathFault::not_found);
    CHECK(parse_path("/v1/AUTH_a//o").fault == PathFault::not_found);
    CHECK(parse_path("/v2/AUTH_a").fault == PathFault::bad_version);
    CHECK(parse_path("/v1").fault == PathFault::bad_url);
    CHECK(parse_path("/v1/a/%ff").fault == PathFault::bad_bytes);
    CHECK(parse_path("/v1/a/%00").fault == PathFault::bad_bytes);
    CHECK(parse_path("/v1/a/%zz").fault == PathFault::bad_bytes);
    CHECK(parse_object_path("/c/o/p").value().second == "o/p");
    CHECK_FALSE(parse_object_path("c"));
    CHECK(title_case("x-object-meta-foo_bar") == "X-Object-Meta-Foo_Bar");
    CHECK(title_case("ETAG") == "Etag");
}

TEST_CASE("ranges are those that are there, and no burden") {
    CHECK_FALSE(ranges_of("", 10));
    CHECK_FALSE(ranges_of("bytes=a-b", 10));
    CHECK_FALSE(ranges_of("bytes=5-2", 10));
    auto some = ranges_of("bytes=0-3,8-,-2", 10).value();
    REQUIRE(some.size() == 3);
    CHECK(some[1].last == 9);
    CHECK(some[2].first == 8);
    CHECK(ranges_of("bytes=10-", 10).value().empty());
    CHECK(ranges_of("bytes=-0", 10).value().empty());
    CHECK(ranges_of("bytes=0-1", 0).value().empty());
    std::string many = "bytes=0-9";
    for (int i = 0; i < 60; ++i) many += ",0-9";
    CHECK(ranges_of(many, 10).value().empty());
    CHECK(ranges_of("bytes=0-9,0-9,0-9,0-9", 10).value().empty());
}

TEST_CASE("conditions") {
    Time noon{1'700'000'000'000'000};
    CHECK(check_conditions({.if_match = "\"abc\""}, "abc", noon) == 200);
    CHECK(check_conditions({.if_match = "abd"}, "abc", noon) == 412);
    CHECK(check_conditions({.if_none_match = "x, abc"}, "abc", noon) == 304);
    CHECK(check_conditions({.if_none_match = "*"}, "abc", noon) == 304);
    CHECK(check_conditions({.if_modified_since = http_date(noon)}, "abc", noon) == 304);
    CHECK(check_conditions({.if_unmodified_since = http_date(noon.plus_seconds(-1))}, "abc",
                           noon) == 412);
    CHECK(check_conditions({.if_modified_since = "yesterday"}, "abc", noon) == 200);
}

TEST_CASE("access lists are cleaned") {
    std::string fault;
    CHECK(clean_acl("X-Container-Read", " .referrer : *, bob , .rlistings", fault) ==
          ".r:*,bob,.rlistings");
    CHECK(clean_acl("X-Container-Read", ".r:-*.bad.org", fault) == ".r:-.bad.org");
    CHECK_FALSE(clean_acl("X-Container-Write", ".r:*", fault));
    CHECK_FALSE(clean_acl("X-Container-Read", ".r:", fault));
    CHECK_FALSE(clean_acl("X-Container-Read", ".x:a", fault));
    CHECK(referrer_allowed("http://www.example.com/a", {".example.com"}));
    CHECK_FALSE(referrer_allowed("http://bad.example.com/a", {".example.com", "-bad.example.com"}));
    CHECK_FALSE(referrer_allowed("http://notexample.com/", {".example.com"}));
    CHECK(referrer_allowed("", {"*"}));
}

namespace {
Principal person(std::vector<std::string> roles, const std::string& project = "p1") {
    Principal who;
    who.user_id = "u1", who.user_name = "ann", who.project_id = project;
    who.project_name = "name-" + project, who.user_domain_id = "default";
    who.project_domain_id = "default", who.roles = std::move(roles);
    return who;
}
} // namespace

TEST_CASE("keystone's roles, and lists that let others in") {
    KeystoneRules rules{.operator_roles = {"admin", "member"},
                        .service_prefix = "SERVICE_",
                        .service_roles = {"service"}};
    Target own{.method = "PUT", .account = "AUTH_p1", .container = "c", .object = "o"};
    Target foreign = own;
    foreign.account = "AUTH_p2";
    CHECK(keystone_access(rules, person({"member"}), nullptr, own) == Access::owner);
    CHECK(keystone_access(rules, person({"reader"}), nullptr, own) == Access::denied);
    CHECK(keystone_access(rules, person({"admin"}), nullptr, foreign) == Access::denied);
    CHECK(keystone_access(rules, person({"reselleradmin"}), nullptr, foreign) == Access::owner);
    foreign.acl = "p1:u1";
    CHECK(keystone_access(rules, person({}), nullptr, foreign) == Access::allowed);
    foreign.acl = "name-p1:ann";
    CHECK(keystone_access(rules, person({}), nullptr, foreign) == Access::denied);
    foreign.account_exists = true;
    CHECK(keystone_access(rules, person({}), nullptr, foreign) == Access::allowed);
    foreign.account_domain = "other";
    CHECK(keystone_access(rules, person({}), nullptr, foreign) == Access::denied);
    own.acl = "auditor";
    CHECK(keystone_access(rules, person({"auditor"}), nullptr, own) == Access::allowed);
    Target of_service{.method = "GET", .account = "SERVICE_p1", .container = "c"};
    CHECK(keystone_access(rules, person({"member"}), nullptr, of_service) == Access::denied);
    auto service = person({"service"}, "s");
    CHECK(keystone_access(rules, person({"member"}), &service, of_service) == Access::owner);
    // A token without a project owns nothing, not even the account without a name.
    Target nameless{.method = "GET", .account = "AUTH_"};
    CHECK(keystone_access(rules, person({"member"}, ""), nullptr, nameless) == Access::denied);
    Target account{.method = "DELETE", .account = "AUTH_p1"};
    CHECK(keystone_access(rules, person({"admin"}), nullptr, account) == Access::denied);
}

TEST_CASE("public containers, TempAuth's groups and account lists") {
    Target object{
        .method = "GET", .account = "AUTH_test", .container = "c", .object = "o", .acl = ".r:*"};
    CHECK(anonymous_access(object) == Access::allowed);
    Target listing = object;
    listing.object.clear();
    CHECK(anonymous_access(listing) == Access::denied);
    listing.acl = ".r:*,.rlistings";
    CHECK(anonymous_access(listing) == Access::allowed);
    object.acl.clear();
    TempUser admin{"test", "tester", {"test:tester", "test", "AUTH_test"}};
    TempUser plain{"test", "tester3", {"test:tester3", "test"}};
    CHECK(tempauth_access("AUTH_", admin, object) == Access::owner);
    CHECK(tempauth_access("AUTH_", plain, object) == Access::denied);
    object.acl = "test:tester3";
    CHECK(tempauth_access("AUTH_", plain, object) == Access::allowed);
    object.acl.clear();
    object.account_acl = R"({"read-only": ["test:tester3"]})";
    CHECK(tempauth_access("AUTH_", plain, object) == Access::allowed);
    object.method = "PUT";
    CHECK(tempauth_access("AUTH_", plain, object) == Access::denied);
    std::string fault;
    CHECK_FALSE(clean_account_acl(R"({"others": []})", fault));
    CHECK_FALSE(clean_account_acl(R"({"admin": "x"})", fault));
    CHECK_FALSE(clean_account_acl("[", fault));
}
