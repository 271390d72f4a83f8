// SPDX-License-Identifier: Apache-2.0
// The decisions, without server and database.
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/keystone/logic/auth_request.h"
#include "services/keystone/logic/catalog.h"
#include "services/keystone/logic/password_rules.h"
#include "services/keystone/logic/role_inference.h"
#include "services/keystone/logic/token_codec.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone;

namespace {
const std::string user(32, 'a'), project(32, 'b');
const Time created{1'700'000'000'123'456}, expires{1'700'003'600'000'000};

Claims some_claims() {
    Claims claims;
    claims.user_id = user;
    claims.methods = {"password", "token"};
    claims.issued_at = created;
    claims.expires_at = expires;
    claims.audit_ids = {base64url_encode(std::string(16, 'x'), false),
                        base64url_encode(std::string(16, 'y'), false)};
    return claims;
}

void check_round_trip(const Claims& claims) {
    const std::string payload = logic::encode_claims(claims);
    const auto read = logic::decode_claims(payload, {1'700'000'000'000'000});
    REQUIRE(read);
    CHECK(read->user_id == claims.user_id);
    CHECK(read->methods == claims.methods);
    CHECK(read->project_id == claims.project_id);
    CHECK(read->domain_id == claims.domain_id);
    CHECK(read->system == claims.system);
    CHECK(read->trust_id == claims.trust_id);
    CHECK(read->application_credential_id == claims.application_credential_id);
    CHECK(read->access_token_id == claims.access_token_id);
    CHECK(read->group_ids == claims.group_ids);
    CHECK(read->identity_provider_id == claims.identity_provider_id);
    CHECK(read->protocol_id == claims.protocol_id);
    CHECK(read->issued_at == claims.issued_at);
    CHECK(read->expires_at == claims.expires_at);
    CHECK(read->audit_ids == claims.audit_ids);
    for (std::size_t size = 0; size < payload.size(); ++size)
        CHECK_FALSE(logic::decode_claims(payload.substr(0, size), created));
}
} // namespace

TEST_CASE("claims of every form come back whole, and cut ones not at all") {
    Claims claims = some_claims();
    check_round_trip(claims);
    claims.project_id = project;
    check_round_trip(claims);
    claims.trust_id = std::string(32, 'c');
    check_round_trip(claims);
    claims.trust_id.clear();
    claims.application_credential_id = std::string(32, 'd');
    check_round_trip(claims);
    claims.application_credential_id.clear();
    claims.access_token_id = std::string(32, 'e');
    check_round_trip(claims);
    claims.access_token_id.clear();
    claims.group_ids = {"g1", std::string(32, 'f')};
    claims.identity_provider_id = "idp";
    claims.protocol_id = "mapped";
    claims.methods = {"mapped"};
    check_round_trip(claims);
    claims.project_id.clear();
    check_round_trip(claims);
    claims.domain_id = "default";
    check_round_trip(claims);
    claims = some_claims();
    claims.domain_id = "default";
    check_round_trip(claims);
    claims.domain_id = std::string(32, 'd');
    check_round_trip(claims);
    claims.domain_id.clear();
    claims.system = true;
    check_round_trip(claims);
    claims = some_claims();
    claims.user_id = "a name from a directory";
    check_round_trip(claims);
}

TEST_CASE("upstream's own payload is understood") {
    // msgpack.packb((2, (True, b"\xaa" * 16), 2, (True, b"\xbb" * 16), 1700003600.0, [b"x" * 16]))
    const auto payload =
        hex_decode("960292c3c410aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0292c3c410bbbbbbbbbbbb"
                   "bbbbbbbbbbbbbbbbbbbbcb41d954ffc4000000"
                   "91c41078787878787878787878787878787878");
    REQUIRE(payload);
    const auto claims = logic::decode_claims(*payload, {1'700'000'000'000'000});
    REQUIRE(claims);
    CHECK(claims->user_id == user);
    CHECK(claims->project_id == project);
    CHECK(claims->methods == std::vector<std::string>{"password"});
    CHECK(claims->expires_at == expires);
    CHECK(claims->issued_at.us == 1'700'000'000'000'000);
}

TEST_CASE("implied roles are followed to the end, also around circles") {
    const std::vector<Implication> rules{{"", "admin", "manager"},
                                         {"", "manager", "member"},
                                         {"", "member", "reader"},
                                         {"", "a", "b"},
                                         {"", "b", "a"}};
    CHECK(logic::with_implied({"manager"}, rules) ==
          std::vector<std::string>{"manager", "member", "reader"});
    CHECK(logic::with_implied({"a", "reader"}, rules) ==
          std::vector<std::string>{"a", "reader", "b"});
    CHECK(logic::with_implied({}, rules).empty());
    CHECK(logic::closes_circle("reader", "admin", rules));
    CHECK_FALSE(logic::closes_circle("admin", "reader", rules));
}

TEST_CASE("endpoint URLs are filled in or left out") {
    CHECK(logic::fill_url("http://h/v3/$(project_id)s", "p", "u") == "http://h/v3/p");
    CHECK(logic::fill_url("http://h/%(tenant_id)s/%(user_id)s", "p", "u") == "http://h/p/u");
    CHECK(logic::fill_url("http://h/100%", "", "") == "http://h/100%");
    CHECK_FALSE(logic::fill_url("http://h/$(project_id)s", "", "u"));
    CHECK_FALSE(logic::fill_url("http://h/$(other)s", "p", "u"));
    CHECK_FALSE(logic::is_url_template("http://h/$(project_id"));
    CHECK_FALSE(logic::is_url_template("http://h/$(secret)s"));
    CHECK(logic::is_url_template("http://h/$(tenant_id)s"));
}

TEST_CASE("a login request is read strictly") {
    const auto read = [](const char* text) { return logic::read_auth_request(Json::parse(text)); };
    const auto request = read(R"({"auth": {"identity": {"methods": ["password", "password"],
        "password": {"user": {"id": "u", "password": "p"}}}, "scope": {"system": {"all": true}}}})");
    CHECK(request.methods.size() == 1);
    CHECK(request.scope.kind == logic::ScopeWish::Kind::system);
    for (const char* bad : {
             "{}",
             R"({"auth": 1})",
             R"({"auth": {"identity": {}}})",
             R"({"auth": {"identity": {"methods": []}}})",
             R"({"auth": {"identity": {"methods": "password"}}})",
             R"({"auth": {"identity": {"methods": [1]}}})",
             R"({"auth": {"identity": {"methods": ["password"]}}})",
             R"({"auth": {"identity": {"methods": ["token"], "token": {}}, "scope": "all"}})",
             R"({"auth": {"identity": {"methods": ["token"], "token": {}},
                 "scope": {"project": {"name": "x"}}}})",
             R"({"auth": {"identity": {"methods": ["token"], "token": {}},
                 "scope": {"project": {"id": "x"}, "domain": {"id": "y"}}}})",
             R"({"auth": {"identity": {"methods": ["token"], "token": {}},
                 "scope": {"system": {"all": false}}}})",
         }) {
        CAPTURE(bad);
        CHECK_THROWS_AS(read(bad), Failure);
    }
    CHECK_THROWS_AS(logic::read_password_login(Json::parse(R"({"user": {"name": "x"}})")), Failure);
    CHECK_THROWS_AS(
        logic::read_password_login(Json::parse(R"({"user": {"id": "x", "password": 1}})")),
        Failure);
}

TEST_CASE("password rules") {
    const Time now{1'700'000'000'000'000};
    logic::PasswordRules rules;
    User user;
    CHECK_NOTHROW(logic::check_pattern(rules, ""));
    rules.pattern = "^[a-z]{4,}$";
    rules.pattern_description = "four letters";
    CHECK_NOTHROW(logic::check_pattern(rules, "abcd"));
    CHECK_THROWS_AS(logic::check_pattern(rules, "abc1"), Failure);

    CHECK_FALSE(logic::expiry_of_new(rules, user, true, now));
    rules.expires_days = 2;
    CHECK(logic::expiry_of_new(rules, user, true, now) == now.plus_seconds(2 * 86400));
    user.password_expires_at = now;
    CHECK(logic::is_expired(user, now));
    user.options["ignore_password_expiry"] = true;
    CHECK_FALSE(logic::is_expired(user, now));
    CHECK_FALSE(logic::expiry_of_new(rules, user, true, now));
    rules.change_upon_first_use = true;
    CHECK(logic::expiry_of_new(rules, user, false, now) == now);

    user.failed_logins = 3;
    user.failed_at = now;
    CHECK_FALSE(logic::is_locked(rules, user, now));
    rules.lockout_failures = 3;
    CHECK(logic::is_locked(rules, user, now.plus_seconds(1799)));
    CHECK_FALSE(logic::is_locked(rules, user, now.plus_seconds(1800)));

    rules.minimum_age_days = 1;
    user.password_created_at = now;
    user.password_by_user = true;
    CHECK_THROWS_AS(logic::check_age(rules, user, now.plus_seconds(86399)), Failure);
    CHECK_NOTHROW(logic::check_age(rules, user, now.plus_seconds(86400)));
}

TEST_CASE("a revocation matches by every part it names and by time") {
    Claims claims = some_claims();
    Revocation event;
    event.issued_before = created;
    event.user_id = user;
    CHECK(event.matches(claims));
    event.project_id = project;
    CHECK_FALSE(event.matches(claims));
    claims.project_id = project;
    CHECK(event.matches(claims));
    claims.issued_at.us += 1;
    CHECK_FALSE(event.matches(claims));
    Revocation one;
    one.issued_before = created;
    one.audit_id = claims.audit_ids[1];
    claims.issued_at = created;
    CHECK_FALSE(one.matches(claims));
    one.audit_id = claims.audit_ids[0];
    CHECK(one.matches(claims));
    one.audit_chain_id = claims.audit_ids[1];
    CHECK(one.matches(claims));
}
