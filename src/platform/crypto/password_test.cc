// SPDX-License-Identifier: Apache-2.0
// Known hashes come from passlib, whose forms keystone stores.
#include "platform/crypto/password.h"

#include "base/time.h"
#include "platform/fault/fault.h"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>

using namespace nephele;
using namespace nephele::password;

namespace {
const Password right("s3cr3t"), wrong("s3cr3T");
const char* const known[] = {
    "$2b$04$abcdefghijklmnopqrstuu35fBIWlNgF8BcAW/t2cO158N8svSFHy",
    "$bcrypt-sha256$v=2,t=2b,r=4$abcdefghijklmnopqrstuu$hLF1j6EzP0kJpbEar7B4oT5SShXoSAu",
    "$bcrypt-sha256$2b,4$abcdefghijklmnopqrstuu$oi0OC7aTqRSeDnn7lrLgN.FGcskQ7/m",
    "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$RZD02MJU0EkXePB6WLvLOUaeDKQTzYvT/9QICQVWoUY",
    "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$CoUIA/"
    "PsbqJgK7USubtMttfXI5mS2FwKVh6KFHc2HGLors1xZlpQeYqG5rDHUCRv/CSuhdHynfGc.VtFdEBHrw",
    "$6$rounds=1000$saltsalt$8IimWQ2hy6DWuVLG3u5."
    "7UwnDPflc3sh9uSj9W5COoVZpuluembCurL79xi6poS4aqeyDDfX"
    "Coa/RnDpDvnyF0",
};
} // namespace

TEST_CASE("hashes made by passlib verify") {
    for (const char* stored : known) {
        CAPTURE(stored);
        CHECK(verify(right, stored));
        CHECK_FALSE(verify(wrong, stored));
    }
}

TEST_CASE("each algorithm verifies what it made, and asks for a new hash when the cost changes") {
    const std::pair<Algorithm, int> cheap[] = {{Algorithm::bcrypt, 4},
                                               {Algorithm::bcrypt_sha256, 4},
                                               {Algorithm::scrypt, 4},
                                               {Algorithm::pbkdf2_sha512, 100},
                                               {Algorithm::argon2id, 1}};
    for (const auto& [algorithm, rounds] : cheap) {
        Options options{.algorithm = algorithm, .rounds = rounds};
        const std::string made = hash(right, options);
        CAPTURE(made);
        CHECK(made != hash(right, options));
        CHECK(verify(right, made));
        CHECK_FALSE(verify(wrong, made));
        CHECK_FALSE(needs_rehash(made, options));
        options.rounds = rounds + 1;
        CHECK(needs_rehash(made, options));
    }
}

TEST_CASE("odd passwords and damaged hashes") {
    const Options cheap{.rounds = 4};
    CHECK_THROWS_AS(hash(Password(std::string("a\0b", 3)), cheap), Failure);
    CHECK_FALSE(verify(Password(std::string("s3cr3t\0b", 8)), known[0]));
    // bcrypt reads 72 bytes; upstream cuts there too.
    const std::string long_one(80, 'x');
    CHECK(verify(Password(long_one + "y"), hash(Password(long_one), cheap)));
    CHECK_FALSE(verify(Password(long_one.substr(0, 71)), hash(Password(long_one), cheap)));
    CHECK(verify(Password(""), hash(Password(""), cheap)));
    for (const char* damaged :
         {"", "$", "$2b$", "$2b$04$short", "*0", "$scrypt$ln=4,r=8,p=1$x",
          "$scrypt$ln=99,r=8,p=1$YQ$YQ", "$pbkdf2-sha512$0$YQ$YQ", "$pbkdf2-sha512$x$YQ$YQ",
          "$argon2id$v=19$", "plain", "$bcrypt-sha256$v=2,t=2b,r=4$short$x",
          "$bcrypt-sha256$v=2,t=9z,r=4$abcdefghijklmnopqrstuu$x"})
        CHECK_FALSE(verify(right, damaged));
    CHECK_THROWS_AS(algorithm_named("md5"), std::invalid_argument);
}

TEST_CASE("the pool answers many callers, passes failures on and refuses when full") {
    PasswordPool pool({.rounds = 4}, 2);
    const std::string stored = pool.hash(right);
    std::atomic<int> passed{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i)
        callers.emplace_back([&, i] { passed += pool.verify(i % 2 ? right : wrong, stored); });
    for (auto& caller : callers) caller.join();
    CHECK(passed == 4);
    pool.verify_nobody(right);
    CHECK_THROWS_AS(pool.hash(Password(std::string(1, '\0'))), Failure);
    PasswordPool closed({.rounds = 4}, 1, 0);
    CHECK_THROWS_AS(closed.hash(right), Failure);
}

TEST_CASE("a password that was right is known at once, a wrong one never") {
    PasswordPool pool({.rounds = 10}, 1);
    const std::string stored = pool.hash(right);
    REQUIRE(pool.verify(right, stored));
    const auto start = system_clock().monotonic_ns();
    for (int i = 0; i < 100; ++i) CHECK(pool.verify(right, stored));
    const auto each = (system_clock().monotonic_ns() - start) / 100;
    CHECK(each < 5'000'000); // hashing would take some 60 ms each
    CHECK_FALSE(pool.verify(wrong, stored));
    CHECK_FALSE(pool.verify(wrong, stored));
    CHECK_FALSE(pool.verify(right, pool.hash(wrong)));
}
