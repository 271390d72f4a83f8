// SPDX-License-Identifier: Apache-2.0
#include "services/swift/model/timestamp.h"

#include <doctest/doctest.h>

using namespace nephele;
using swift::Timestamp;

TEST_CASE("a timestamp reads and writes as upstream writes it") {
    auto plain = Timestamp::parse("1700000000.12345");
    REQUIRE(plain);
    CHECK(plain->ticks == 170000000012345);
    CHECK(plain->offset == 0);
    CHECK(plain->text() == "1700000000.12345");
    CHECK(plain->internal() == "1700000000.12345");
    CHECK(plain->iso() == "2023-11-14T22:13:20.123450");
    CHECK(Timestamp::at(plain->time()) == *plain);

    auto moved = Timestamp::parse("1700000000.12345_00000000000000ff");
    REQUIRE(moved);
    CHECK(moved->offset == 255);
    CHECK(moved->text() == "1700000000.12345");
    CHECK(moved->internal() == "1700000000.12345_00000000000000ff");
    CHECK(Timestamp::parse("1_ffffffffffffffff")->internal() ==
          "0000000001.00000_ffffffffffffffff");
}

TEST_CASE("seconds and short fractions are timestamps too") {
    CHECK(Timestamp::parse("1700000000")->text() == "1700000000.00000");
    CHECK(Timestamp::parse("5.5")->text() == "0000000005.50000");
    CHECK(Timestamp::parse("1700000000.1234567")->text() == "1700000000.12345");
    CHECK(Timestamp{}.text() == "0000000000.00000");
    CHECK(Timestamp{}.iso() == "1970-01-01T00:00:00.000000");
}

TEST_CASE("what is no timestamp is refused") {
    for (auto text : {"", ".", "x", "1.", ".5", "-1.0", "+1", "1.5 ", " 1", "1e9", "12345678901",
                      "1.5_", "1.5_g", "1.5_-1", "1.5_00000000000000001", "1.5_1_1", "1.2.3"}) {
        CAPTURE(text);
        CHECK_FALSE(Timestamp::parse(text));
    }
}

TEST_CASE("timestamps order by time, then by offset") {
    CHECK(*Timestamp::parse("1.00001") > *Timestamp::parse("1.00000_ff"));
    CHECK(*Timestamp::parse("1.00000_02") > *Timestamp::parse("1.00000_01"));
    CHECK(*Timestamp::parse("1.00000_01") > *Timestamp::parse("1.00000"));
}
