// SPDX-License-Identifier: Apache-2.0
// Second factors, receipts, external users, and what guessing costs.
#include "platform/crypto/crypto.h"
#include "services/keystone/logic/distinguished_name.h"
#include "services/keystone/logic/login_throttle.h"
#include "services/keystone/logic/multi_factor.h"
#include "services/keystone/logic/totp.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone::test;
namespace logic = nephele::keystone::logic;

namespace {
const std::string v3 = "/identity/v3";
constexpr const char* seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; // RFC 6238: 1234567890...

Json totp_part(const std::string& name, const std::string& passcode) {
    return Json::object({{"user", Json::object({{"name", name},
                                                {"passcode", passcode},
                                                {"domain", Json::object({{"id", "default"}})}})}});
}
Json totp_login(const std::string& name, const std::string& passcode) {
    return Json::object(
        {{"auth",
          Json::object({{"identity", Json::object({{"methods", Json::array({"totp"})},
                                                   {"totp", totp_part(name, passcode)}})}})}});
}
std::string passcode_of(Identity& cloud, std::int64_t steps_back = 0) {
    return logic::totp_passcode(*logic::base32_decode(seed),
                                logic::totp_step(cloud.cloud().now()) - steps_back);
}
Answer post_auth(Identity& cloud, const Json& body, const http::Headers& headers = {}) {
    return cloud.request("POST", v3 + "/auth/tokens", "", body, headers);
}
void add_seed(Identity& cloud, const std::string& user) {
    const Answer made = cloud.post(
        v3 + "/credentials", cloud.admin(),
        Json::object(
            {{"credential", Json::object({{"type", "totp"}, {"blob", seed}, {"user_id", user}})}}));
    REQUIRE_MESSAGE(made.status == 201, made.text);
}
void set_options(Identity& cloud, const std::string& user, const char* options) {
    const Answer set =
        cloud.patch(v3 + "/users/" + user, cloud.admin(),
                    Json::object({{"user", Json::object({{"options", Json::parse(options)}})}}));
    REQUIRE_MESSAGE(set.status == 200, set.text);
}
} // namespace

TEST_CASE("passcodes are those of RFC 6238") {
    const std::string key = "12345678901234567890";
    CHECK(*logic::base32_decode(seed) == key);
    CHECK(*logic::base32_decode("mzxw6===") == "foo");
    CHECK_FALSE(logic::base32_decode("1"));
    // The last six digits of appendix B.
    for (const auto& [seconds, digits] :
         {std::pair{59LL, "287082"}, std::pair{1111111109LL, "081804"},
          std::pair{1234567890LL, "005924"}, std::pair{20000000000LL, "353130"}})
        CHECK(logic::totp_passcode(key, seconds / 30) == digits);
    const Time now{1111111109LL * 1'000'000};
    const auto step = logic::totp_step(now);
    CHECK(logic::matching_step(seed, "081804", now, 0, 0) == step);
    CHECK_FALSE(logic::matching_step(seed, "081804", now, 0, step));
    CHECK_FALSE(logic::matching_step(seed, "081804", now.plus_seconds(30), 0, 0));
    CHECK(logic::matching_step(seed, "081804", now.plus_seconds(30), 1, 0) == step);
    CHECK_FALSE(logic::matching_step(seed, "081804", now.plus_seconds(-30), 1, 0));
    CHECK_FALSE(logic::matching_step("not base32!", "081804", now, 1, 0));
}

TEST_CASE("a passcode logs in once") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob");
    add_seed(cloud, bob);
    const std::string late = passcode_of(cloud, 1), present = passcode_of(cloud);
    const Answer first = post_auth(cloud, totp_login("bob", late));
    REQUIRE_MESSAGE(first.status == 201, first.text);
    CHECK(first.json.at("token").at("methods").dump() == R"(["totp"])");
    CHECK(post_auth(cloud, totp_login("bob", late)).status == 401);
    CHECK(post_auth(cloud, totp_login("bob", present)).status == 201);
    CHECK(post_auth(cloud, totp_login("bob", present)).status == 401);
    CHECK(post_auth(cloud, totp_login("bob", passcode_of(cloud, 5))).status == 401);
    CHECK(post_auth(cloud, totp_login("nobody", present)).status == 401);
    CHECK(post_auth(cloud, Json::parse(R"({"auth": {"identity": {"methods": ["totp"],
        "totp": {"user": {"id": "x"}}}}})"))
              .status == 400);
    cloud.patch(v3 + "/users/" + bob, cloud.admin(),
                Json::parse(R"({"user": {"enabled": false}})"));
    CHECK(post_auth(cloud, totp_login("bob", passcode_of(cloud, -1))).status == 401);
}

TEST_CASE("rules of several methods") {
    const std::vector<std::string> enabled{"password", "totp", "token"};
    const auto rules = [](const char* text) {
        return logic::multi_factor_rules(
            Json::object({{"multi_factor_auth_rules", Json::parse(text)}}));
    };
    CHECK(logic::meets_rules({}, {"password"}, enabled));
    CHECK_FALSE(logic::meets_rules(rules(R"([["password", "totp"]])"), {"password"}, enabled));
    CHECK(logic::meets_rules(rules(R"([["password", "totp"], ["password"]])"), {"password"},
                             enabled));
    CHECK(logic::meets_rules(rules(R"([["password", "kerberos"]])"), {"password"}, enabled));
    CHECK(logic::are_multi_factor_rules(Json::parse(R"([["a"], ["a", "b"]])")));
    for (const char* wrong :
         {R"("a")", R"(["a"])", R"([[]])", R"([["a", "a"]])", R"([["a"], ["a"]])", R"([[1]])"})
        CHECK_FALSE(logic::are_multi_factor_rules(Json::parse(wrong)));
    CHECK(logic::multi_factor_rules(Json::parse(R"({"multi_factor_auth_enabled": false,
        "multi_factor_auth_rules": [["totp"]]})"))
              .empty());
}

TEST_CASE("too few methods give a receipt, and the rest completes the login") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob"), eve = cloud.add_user("eve");
    add_seed(cloud, bob);
    const Answer bad =
        cloud.patch(v3 + "/users/" + bob, cloud.admin(), Json::parse(R"({"user": {"options": {
                                       "multi_factor_auth_rules": [["password", "password"]]}}})"));
    CHECK(bad.status == 400);
    set_options(cloud, bob, R"({"multi_factor_auth_rules": [["password", "totp"]]})");
    const Answer half = cloud.log_in("bob", "pw");
    CHECK(half.status == 401);
    const std::string receipt = half.headers.get("Openstack-Auth-Receipt");
    CHECK(receipt.size() > 50);
    CHECK_FALSE(half.headers.find("X-Subject-Token"));
    CHECK(half.json.at("required_auth_methods").dump() == R"([["password","totp"]])");
    CHECK(half.json.at("receipt").at("methods").dump() == R"(["password"])");
    CHECK(half.json.at("receipt").at("user").text("id") == bob);
    CHECK(half.json.at("receipt").text("expires_at").size() == 27);
    http::Headers with;
    with.set("Openstack-Auth-Receipt", receipt);
    const Answer whole = post_auth(cloud, totp_login("bob", passcode_of(cloud, 1)), with);
    REQUIRE_MESSAGE(whole.status == 201, whole.text);
    CHECK(whole.json.at("token").at("methods").size() == 2);
    // Another scope needs no more: the token says what was proved.
    const std::string token = whole.headers.get("X-Subject-Token");
    const Json rescope = Json::object(
        {{"auth",
          Json::object({{"identity", Json::object({{"methods", Json::array({"token"})},
                                                   {"token", Json::object({{"id", token}})}})}})}});
    CHECK(post_auth(cloud, rescope).status == 201);
    // A receipt is no token, is of one user, and a receipt's key makes no token.
    CHECK(cloud.get(v3 + "/auth/projects", receipt).status == 401);
    CHECK(post_auth(cloud, Identity::login("eve", "pw"), with).status == 401);
    http::Headers forged;
    forged.set("Openstack-Auth-Receipt", token);
    CHECK(post_auth(cloud, totp_login("bob", passcode_of(cloud)), forged).status == 401);
    // A token got before the rules, or a derived credential, gives no receipt.
    const std::string eves = cloud.token("eve", "pw", Json("unscoped"));
    set_options(cloud, eve, R"({"multi_factor_auth_rules": [["password", "totp"]]})");
    const Json old = Json::object(
        {{"auth",
          Json::object({{"identity", Json::object({{"methods", Json::array({"token"})},
                                                   {"token", Json::object({{"id", eves}})}})}})}});
    const Answer refused = post_auth(cloud, old);
    CHECK(refused.status == 401);
    CHECK_FALSE(refused.headers.find("Openstack-Auth-Receipt"));
    // Ended with the user's tokens, and with the rules switched off not needed.
    const Answer again = cloud.log_in("bob", "pw");
    cloud.patch(v3 + "/users/" + bob, cloud.admin(),
                Json::parse(R"({"user": {"password": "pw2"}})"));
    http::Headers stale;
    stale.set("Openstack-Auth-Receipt", again.headers.get("Openstack-Auth-Receipt"));
    CHECK(post_auth(cloud, totp_login("bob", passcode_of(cloud)), stale).status == 401);
    set_options(cloud, bob, R"({"multi_factor_auth_enabled": false})");
    CHECK(cloud.log_in("bob", "pw2").status == 201);
}

TEST_CASE("receipts expire") {
    Identity cloud({"keystone.receipt_expiration=0"});
    const std::string bob = cloud.add_user("bob");
    add_seed(cloud, bob);
    set_options(cloud, bob, R"({"multi_factor_auth_rules": [["password", "totp"]]})");
    http::Headers with;
    with.set("Openstack-Auth-Receipt",
             cloud.log_in("bob", "pw").headers.get("Openstack-Auth-Receipt"));
    CHECK(post_auth(cloud, totp_login("bob", passcode_of(cloud)), with).status == 401);
}

TEST_CASE("names of certificates") {
    const auto cn = [](const char* text) { return logic::sole_attribute(text, "CN"); };
    CHECK(*cn("CN=bob,O=Example") == "bob");
    CHECK(*cn("O=Example,cn=b\\,ob") == "b,ob");
    CHECK(*cn("CN=\\C3\\BC") == "ü");
    CHECK_FALSE(cn("CN=bob,CN=admin"));
    CHECK_FALSE(cn("CN=bob\\00x"));
    CHECK_FALSE(cn("O=CN\\=bob"));
    CHECK_FALSE(cn(""));
}

TEST_CASE("a trusted proxy may say who it is, nobody else") {
    const Json external = Json::parse(
        R"({"auth": {"identity": {"methods": ["external"], "external": {}}, "scope": "unscoped"}})");
    http::Headers bob;
    bob.set("X-Remote-User", "bob");
    {
        Identity cloud;
        cloud.add_user("bob");
        CHECK(post_auth(cloud, external, bob).status == 401);
    }
    {
        Identity cloud({"keystone.external_header=\"X-Remote-User\""});
        cloud.add_user("bob");
        CHECK(post_auth(cloud, external, bob).status == 401);
    }
    Identity cloud(
        {"keystone.external_header=\"X-Remote-User\"", "keystone.trusted_proxies=[\"127.0.0.1\"]"});
    cloud.add_user("bob");
    const Answer answer = post_auth(cloud, external, bob);
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    CHECK(answer.json.at("token").at("user").text("name") == "bob");
    CHECK(answer.json.at("token").at("methods").dump() == R"(["external"])");
    bob.add("X-Remote-User", "admin");
    CHECK(post_auth(cloud, external, bob).status == 401);
    CHECK(post_auth(cloud, external).status == 401);
}

TEST_CASE("failures slow an account and a source down, in bounded memory") {
    logic::LoginThrottle throttle(
        {.account_failures = 3, .source_failures = 10, .window_seconds = 60, .most_entries = 64});
    Time now{1'700'000'000'000'000};
    throttle.succeeded("bob", "10.0.0.9", now);
    for (int i = 0; i < 3; ++i) {
        CHECK(throttle.wait_seconds("bob", "10.0.0.1", now) == 0);
        throttle.failed("bob", "10.0.0.1", now);
    }
    CHECK(throttle.wait_seconds("bob", "10.0.0.1", now) == 20);
    CHECK(throttle.wait_seconds("bob", "10.0.0.2", now) == 20);
    CHECK(throttle.wait_seconds("bob", "10.0.0.9", now) == 0); // known
    CHECK(throttle.wait_seconds("eve", "10.0.0.1", now) == 0);
    CHECK(throttle.wait_seconds("bob", "10.0.0.1", now.plus_seconds(21)) == 0);
    for (int i = 0; i < 10; ++i)
        throttle.failed("user" + std::to_string(i), "2001:db8:1:2::" + std::to_string(i + 1), now);
    CHECK(throttle.wait_seconds("eve", "2001:db8:1:2::ff", now) > 0);
    CHECK(throttle.wait_seconds("eve", "2001:db8:1:3::ff", now) == 0);
    // Names made up by the thousand do not wash out the account under attack.
    for (int i = 0; i < 10'000; ++i)
        throttle.failed("made up " + std::to_string(i), std::to_string(i), now);
    CHECK(throttle.size() <= 3 * 64);
    CHECK(throttle.wait_seconds("bob", "10.0.0.1", now) > 0);
}

TEST_CASE("too many wrong passwords answer 429, for accounts that are there and that are not") {
    Identity cloud({"keystone.throttle_account_failures=3"});
    cloud.add_user("bob");
    for (const char* name : {"bob", "nobody"}) {
        for (int i = 0; i < 3; ++i) CHECK(cloud.log_in(name, "wrong").status == 401);
        const Answer slowed = cloud.log_in(name, "wrong");
        CHECK(slowed.status == 429);
        CHECK(slowed.headers.get("Retry-After") == "20");
    }
    CHECK(cloud.log_in("bob", "pw").status == 429);
    CHECK(cloud.log_in("admin", "secret").status == 201);
    // Changing the password is no way around it.
    const std::string eve = cloud.add_user("eve");
    const Json change = Json::parse(R"({"user": {"original_password": "no", "password": "x"}})");
    for (int i = 0; i < 3; ++i)
        CHECK(cloud.post(v3 + "/users/" + eve + "/password", "", change).status == 401);
    CHECK(cloud.post(v3 + "/users/" + eve + "/password", "", change).status == 429);
}

// Neither the body nor the work done tells what was wrong. Work is counted in processor time of the
// hashing threads, not in wall-clock time: the machine is busy with other things.
TEST_CASE("unknown, locked, disabled and wrong look alike and cost the same") {
    Identity cloud({"keystone.throttle_account_failures=0", "keystone.throttle_source_failures=0",
                    "keystone.lockout_failure_attempts=2", "keystone.password_hash_rounds=8"});
    cloud.add_user("wrong");
    cloud.add_user("locked");
    const std::string disabled = cloud.add_user("disabled");
    cloud.patch(v3 + "/users/" + disabled, cloud.admin(),
                Json::parse(R"({"user": {"enabled": false}})"));
    set_options(cloud,
                cloud.get(v3 + "/users?name=wrong", cloud.admin())
                    .json.at("users")
                    .as_array()[0]
                    .text("id"),
                R"({"ignore_lockout_failure_attempts": true})");
    for (int i = 0; i < 2; ++i) cloud.log_in("locked", "bad");
    auto& pool = cloud.cloud().state<keystone::State>().passwords;
    const auto measure = [&](const char* name, const char* password, std::string& body) {
        cloud.log_in(name, password); // what is made once
        std::int64_t least = INT64_MAX;
        for (int i = 0; i < 8; ++i) {
            const auto before = pool.work();
            const Answer answer = cloud.log_in(name, password);
            const auto after = pool.work();
            CHECK(answer.status == 401);
            CHECK(after.hashes - before.hashes == 1);
            least = std::min(least, after.cpu_ns - before.cpu_ns);
            body = answer.text;
        }
        return static_cast<double>(least);
    };
    std::string body, other;
    const double base = measure("wrong", "bad", body);
    for (const char* name : {"nobody", "locked", "disabled"}) {
        const double cost = measure(name, "pw", other);
        CHECK_MESSAGE(cost / base > 0.7, name << " costs " << cost << " of " << base);
        CHECK_MESSAGE(cost / base < 1.4, name << " costs " << cost << " of " << base);
        CHECK(other == body);
    }
}

TEST_CASE("accounts that nobody uses are closed after the configured days") {
    ManualClock clock;
    Identity cloud({"keystone.disable_user_account_days_inactive=3"}, &clock);
    const std::string bob = cloud.add_user("bob");
    CHECK(cloud.log_in("bob", "pw").status == 201);
    clock.advance_ms(2LL * 24 * 3600 * 1000);
    CHECK(cloud.log_in("bob", "pw").status == 201);
    cloud.forget_admin();
    const std::string eve = cloud.add_user("eve");
    clock.advance_ms(3LL * 24 * 3600 * 1000);
    CHECK(cloud.log_in("bob", "pw").status == 401);
    CHECK(cloud.log_in("eve", "pw").status == 401);
    CHECK(cloud.log_in("admin", "secret").status == 401);
}
