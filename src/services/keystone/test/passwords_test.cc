// SPDX-License-Identifier: Apache-2.0
// Security compliance of passwords over HTTP: history, age, expiry, pattern, every kind of hash.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone::test;

namespace {
const std::string v3 = "/identity/v3";
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

// Moves a clock that stands still on: a change ends the tokens of its own moment.
int change(Identity& cloud, const std::string& user, const char* from, const char* to,
           ManualClock* clock = nullptr) {
    const int status =
        cloud
            .post(v3 + "/users/" + user + "/password", "",
                  Json::object(
                      {{"user", Json::object({{"original_password", from}, {"password", to}})}}))
            .status;
    if (clock) clock->advance_ms(1);
    return status;
}
void set_option(Identity& cloud, const std::string& user, const char* name) {
    const Answer set = cloud.patch(
        v3 + "/users/" + user, cloud.admin(),
        Json::object({{"user", Json::object({{"options", Json::object({{name, true}})}})}}));
    REQUIRE_MESSAGE(set.status == 200, set.text);
}
} // namespace

TEST_CASE("former passwords are remembered, young ones stay, old ones expire") {
    ManualClock clock;
    Identity cloud({"keystone.unique_last_password_count=2", "keystone.minimum_password_age=1",
                    "keystone.password_expires_days=10"},
                   &clock);
    const std::string bob = cloud.add_user("bob", "one");
    // What an administrator set may be changed at once, what the user set not.
    CHECK(change(cloud, bob, "one", "one", &clock) == 400);
    CHECK(change(cloud, bob, "one", "two", &clock) == 204);
    CHECK(change(cloud, bob, "two", "three", &clock) == 400);
    clock.advance_ms(day_ms + 1000);
    CHECK(change(cloud, bob, "two", "one", &clock) == 400);
    CHECK(change(cloud, bob, "two", "three", &clock) == 204);
    clock.advance_ms(day_ms + 1000);
    CHECK(change(cloud, bob, "three", "one", &clock) == 204);
    CHECK(cloud.log_in("bob", "one").status == 201);
    CHECK(cloud.log_in("bob", "one").json.at("token").at("user").has("password_expires_at"));
    clock.advance_ms(11 * day_ms);
    const Answer expired = cloud.log_in("bob", "one");
    CHECK(expired.status == 401);
    CHECK(expired.text.find("expired") != std::string::npos);
    CHECK(cloud.log_in("bob", "wrong").text.find("expired") == std::string::npos);
    // An expired password can still be changed by who knows it.
    CHECK(change(cloud, bob, "one", "four", &clock) == 204);
    CHECK(cloud.log_in("bob", "four").status == 201);
}

TEST_CASE("options of a user make exceptions") {
    ManualClock clock;
    Identity cloud({"keystone.password_expires_days=1", "keystone.lockout_failure_attempts=2",
                    "keystone.change_password_upon_first_use=true"},
                   &clock);
    const std::string first = cloud.add_user("first", "pw");
    CHECK(cloud.log_in("first", "pw").status == 401);
    CHECK(change(cloud, first, "pw", "own", &clock) == 204);
    CHECK(cloud.log_in("first", "own").status == 201);
    for (const char* option :
         {"ignore_password_expiry", "ignore_lockout_failure_attempts", "lock_password"})
        set_option(cloud, first, option);
    CHECK(change(cloud, first, "own", "other", &clock) == 400);
    for (int i = 0; i < 3; ++i) CHECK(cloud.log_in("first", "wrong").status == 401);
    clock.advance_ms(2 * day_ms);
    CHECK(cloud.log_in("first", "own").status == 201);
}

TEST_CASE("a locked account opens with time, and when it is enabled") {
    ManualClock clock;
    Identity cloud({"keystone.lockout_failure_attempts=2", "keystone.lockout_duration=600"},
                   &clock);
    const std::string bob = cloud.add_user("bob");
    const auto lock = [&] {
        for (int i = 0; i < 2; ++i) CHECK(cloud.log_in("bob", "wrong").status == 401);
        CHECK(cloud.log_in("bob", "pw").status == 401);
    };
    lock();
    clock.advance_ms(601 * 1000);
    CHECK(cloud.log_in("bob", "pw").status == 201);
    lock();
    CHECK(cloud
              .patch(v3 + "/users/" + bob, cloud.admin(),
                     Json::parse(R"({"user": {"enabled": true}})"))
              .status == 200);
    CHECK(cloud.log_in("bob", "pw").status == 201);
}

TEST_CASE("the pattern holds for everybody who sets a password") {
    Identity cloud({"keystone.password_regex=\"^[a-z]{2,}[0-9]$\"",
                    "keystone.password_regex_description=\"letters, then a digit\""});
    const auto add = [&](const char* password) {
        return cloud.post(
            v3 + "/users", cloud.admin(),
            Json::object({{"user", Json::object({{"name", password}, {"password", password}})}}));
    };
    const Answer refused = add("short");
    CHECK(refused.status == 400);
    CHECK(refused.text.find("letters, then a digit") != std::string::npos);
    const Answer bob = add("abc1");
    REQUIRE_MESSAGE(bob.status == 201, bob.text);
    CHECK(change(cloud, bob.json.at("user").text("id"), "abc1", "abc") == 400);
    CHECK(change(cloud, bob.json.at("user").text("id"), "abc1", "abd1") == 204);
}

TEST_CASE("every kind of hash is written and read") {
    for (const auto& [name, rounds] :
         {std::pair{"bcrypt", "4"}, std::pair{"bcrypt_sha256", "4"}, std::pair{"scrypt", "4"},
          std::pair{"pbkdf2_sha512", "10"}, std::pair{"argon2id", "1"}}) {
        INFO(name);
        Identity cloud({"keystone.password_hash_algorithm=\"" + std::string(name) + "\"",
                        "keystone.password_hash_rounds=" + std::string(rounds)});
        cloud.add_user("bob", "a long pass phrase with ümlauts");
        CHECK(cloud.log_in("bob", "a long pass phrase with ümlauts").status == 201);
        CHECK(cloud.log_in("bob", "a long pass phrase with umlauts").status == 401);
    }
}
