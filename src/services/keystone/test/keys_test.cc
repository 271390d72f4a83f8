// SPDX-License-Identifier: Apache-2.0
// The Fernet key repository on disk.
#include "services/keystone/store/key_repository.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace nephele;
using keystone::store::KeyRepository;

namespace {
const Time now{1'700'000'000'000'000};
bool there(const std::string& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0;
}
} // namespace

TEST_CASE("rotation keeps old tokens for as long as their key is kept") {
    nephele::test::TempDir directory;
    SeededIds ids(1);
    const std::string path = directory.path() + "/keys";
    KeyRepository keys(path, 3, ids);
    struct stat about {};
    REQUIRE(::stat((path + "/1").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    const std::string token = keys.keys()->encode("payload", now);
    keys.rotate(); // 0 1 2
    CHECK(there(path + "/2"));
    CHECK(keys.keys()->decode(token));
    keys.rotate(); // 0 2 3
    CHECK_FALSE(there(path + "/1"));
    CHECK(there(path + "/3"));
    CHECK_FALSE(keys.keys()->decode(token));
}

TEST_CASE("another process's rotation is noticed, and its tokens decode before that") {
    nephele::test::TempDir directory;
    SeededIds ids(2);
    const std::string path = directory.path() + "/keys";
    KeyRepository mine(path, 3, ids), other(path, 3, ids);
    other.rotate();
    const std::string token = other.keys()->encode("payload", now);
    // The staged key was known before it became primary.
    CHECK(mine.keys()->decode(token));
    other.rotate();
    const std::string newer = other.keys()->encode("payload", now);
    CHECK_FALSE(mine.keys()->decode(newer));
    CHECK(mine.reload()->decode(newer));
}

TEST_CASE("keys in memory rotate too") {
    SeededIds ids(3);
    KeyRepository keys("", 3, ids);
    const std::string token = keys.keys()->encode("payload", now);
    keys.rotate();
    CHECK(keys.keys()->decode(token));
    keys.rotate();
    CHECK_FALSE(keys.keys()->decode(token));
}
