// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"
#include "base/pool.h"
#include "base/strings.h"
#include "base/time.h"

#include <atomic>
#include <doctest/doctest.h>

using namespace nephele;

TEST_CASE("base64 and hex decode what they encode and refuse the rest") {
    for (std::string text : {"", "a", "ab", "abc", "abcd", "\xff\x00\x10"}) {
        CHECK(base64_decode(base64_encode(text)) == text);
        CHECK(base64url_decode(base64url_encode(text, false)) == text);
        CHECK(hex_decode(hex_encode(text)) == text);
    }
    CHECK_FALSE(base64_decode("a"));
    CHECK_FALSE(base64_decode("ab!="));
    CHECK_FALSE(hex_decode("0g"));
}

TEST_CASE("utf-8 is checked strictly") {
    CHECK(is_utf8("grüß €𝄞"));
    CHECK_FALSE(is_utf8("\xc0\x80"));         // overlong
    CHECK_FALSE(is_utf8("\xed\xa0\x80"));     // surrogate
    CHECK_FALSE(is_utf8("\xf4\x90\x80\x80")); // beyond U+10FFFF
    CHECK_FALSE(is_utf8("\xe2\x82"));         // cut short
    CHECK(utf8_length("€𝄞a") == 3);
}

TEST_CASE("times are written and read in ISO 8601") {
    auto t = parse_time("2026-11-22T14:21:42.123456Z");
    REQUIRE(t);
    CHECK(iso_time(*t) == "2026-11-22T14:21:42Z");
    CHECK(iso_time(*t, 6) == "2026-11-22T14:21:42.123456Z");
    CHECK(parse_time("2026-11-22T16:21:42+02:00") == parse_time("2026-11-22 14:21:42"));
    CHECK(parse_time("2026-11-22") == parse_time("2026-11-22T00:00:00Z"));
    for (auto bad : {"", "2026", "2026-13-01", "2026-11-22T25:00:00", "2026-11-22T14:21:42x"})
        CHECK_FALSE(parse_time(bad));
}

TEST_CASE("ids are versions of what upstream uses, and repeat with a seed") {
    CHECK(is_uuid(system_ids().uuid()));
    CHECK(system_ids().hex().size() == 32);
    CHECK(is_uuid_like(system_ids().hex()));
    CHECK_FALSE(is_uuid("6ba7b8109dad-41d1-80b4-00c04fd430c8-"));
    CHECK(SeededIds(7).uuid() == SeededIds(7).uuid());
    CHECK(SeededIds(7).uuid() != SeededIds(8).uuid());
}

TEST_CASE("percent-encoding goes both ways and refuses broken escapes") {
    CHECK(percent_decode(percent_encode("a b/ü?"), false) == "a b/ü?");
    CHECK(percent_decode("a+b", true) == "a b");
    CHECK_FALSE(percent_decode("%g0", false));
    CHECK_FALSE(percent_decode("%2", false));
}

TEST_CASE("a pool runs every accepted job and refuses when stopped") {
    std::atomic<int> ran{0};
    Pool pool("test", 2, 100);
    for (int i = 0; i < 50; ++i) CHECK(pool.submit([&] { ++ran; }));
    pool.stop();
    CHECK(ran == 50);
    CHECK_FALSE(pool.submit([] {}));
}

TEST_CASE("format replaces each pair of braces once") {
    CHECK(format("a {} b {}", 1, "x{}") == "a 1 b x{}");
    CHECK(format("{} {}", true) == "true {}");
}
