// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/fernet.h"

#include "base/strings.h"
#include "platform/crypto/msgpack.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::crypto;

namespace {
const std::string key = "U1NTU1NTU1NTU1NTU1NTU0VFRUVFRUVFRUVFRUVFRUU=";
const Time then{1'700'000'000'000'000};
} // namespace

TEST_CASE("the token is the one Python's cryptography makes") {
    const Fernet fernet({key});
    std::string vector;
    for (char c = 0; c < 16; ++c) vector += c;
    const std::string token = fernet.encode_with("hello, fernet", then, vector, true);
    CHECK(token ==
          "gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD-vdUFWNs-D3zIHOI1NA_Vj64m1Ab-M1yycfDKZNsQgN1U2sJQ3"
          "g0_qY6g3Ox773fQ==");
    auto payload = fernet.decode(token);
    REQUIRE(payload);
    CHECK(payload->data == "hello, fernet");
    CHECK(payload->created == then);
}

TEST_CASE("the Fernet specification's own example decodes") {
    const Fernet fernet({"cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="});
    auto payload =
        fernet.decode("gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPg"
                      "JobwOz7JcbmrR64jVmpU4IwqDA==");
    REQUIRE(payload);
    CHECK(payload->data == "hello");
    CHECK(payload->created == parse_time("1985-10-26T01:20:00-07:00"));
}

TEST_CASE("any altered character, wrong key or age is refused") {
    const Fernet fernet({key});
    const std::string token = fernet.encode("payload", then);
    CHECK(token.find('=') == std::string::npos);
    for (std::size_t at = 0; at < token.size(); at += 7) {
        std::string altered = token;
        altered[at] = altered[at] == 'A' ? 'B' : 'A';
        CHECK_FALSE(fernet.decode(altered));
    }
    CHECK_FALSE(fernet.decode(""));
    CHECK_FALSE(fernet.decode("gAAAAA"));
    CHECK_FALSE(fernet.decode(token.substr(0, 60)));
    CHECK_FALSE(Fernet({Fernet::new_key(system_ids())}).decode(token));
    CHECK(fernet.decode(token, 60, then.plus_seconds(60)));
    CHECK_FALSE(fernet.decode(token, 60, then.plus_seconds(61)));
    CHECK_FALSE(fernet.decode(token, 60, then.plus_seconds(-61)));
}

TEST_CASE("several keys decode, the first encodes; bad keys are refused") {
    SeededIds ids(1);
    const std::string other = Fernet::new_key(ids);
    const std::string token = Fernet({key}).encode("payload", then);
    CHECK(Fernet({other, key}).decode(token)->data == "payload");
    CHECK_FALSE(Fernet({key}).decode(Fernet({other, key}).encode("payload", then)));
    CHECK_THROWS_AS(Fernet({}), std::invalid_argument);
    CHECK_THROWS_AS(Fernet({"short"}), std::invalid_argument);
}

TEST_CASE("encoding and decoding cost a few microseconds") {
    const Fernet fernet({key});
    const std::string data(110, 'x');
    const int rounds = 2000;
    std::string token;
    const auto start = system_clock().monotonic_ns();
    for (int i = 0; i < rounds; ++i) token = fernet.encode(data, then);
    const auto middle = system_clock().monotonic_ns();
    int right = 0;
    for (int i = 0; i < rounds; ++i) right += fernet.decode(token).has_value();
    const auto end = system_clock().monotonic_ns();
    CHECK(right == rounds);
    MESSAGE("ns encode: " << (middle - start) / rounds << ", decode: " << (end - middle) / rounds);
    CHECK((end - start) / rounds < 500'000); // generous: debug builds, busy machines
}

TEST_CASE("msgpack is byte for byte what Python's msgpack packs") {
    msgpack::Writer writer;
    writer.array(10).integer(2);
    writer.array(2).boolean(true).bytes(std::string(16, '\x01'));
    writer.integer(1).text("pä").real(1700000000.5);
    writer.array(2).bytes(std::string(16, '\x02')).bytes("\x03");
    writer.integer(-1).integer(-200).integer(70000).nil();
    CHECK(hex_encode(writer.data()) == "9a0292c3c4100101010101010101010101010101010101a370c3a4cb41d"
                                       "954fc4020000092c41002020202020202"
                                       "020202020202020202c40103ffd1ff38ce00011170c0");
    msgpack::Reader reader(writer.data());
    CHECK(reader.array() == 10);
    CHECK(reader.integer() == 2);
    CHECK(reader.array() == 2);
    CHECK(reader.boolean());
    CHECK(reader.blob() == std::string(16, '\x01'));
    CHECK_FALSE(reader.nil());
    CHECK(reader.integer() == 1);
    CHECK(reader.blob() == "pä");
    CHECK(reader.real() == 1700000000.5);
    CHECK(reader.array() == 2);
    reader.blob();
    CHECK_THROWS_AS(reader.integer(), msgpack::FormatError);
}

TEST_CASE("msgpack keeps extreme values and refuses cut ones") {
    for (std::int64_t value :
         {0L, 127L, 128L, 255L, 256L, 65535L, 65536L, 4294967295L, 4294967296L, INT64_MAX, -1L,
          -32L, -33L, -128L, -129L, -32768L, -32769L, INT64_MIN}) {
        msgpack::Writer writer;
        writer.integer(value);
        CHECK(msgpack::Reader(writer.data()).integer() == value);
        if (writer.data().size() > 1)
            CHECK_THROWS_AS(msgpack::Reader(writer.data().substr(0, 1)).integer(),
                            msgpack::FormatError);
    }
    for (std::size_t size : {0, 31, 32, 255, 256, 70000}) {
        msgpack::Writer writer;
        writer.text(std::string(size, 'x')).bytes(std::string(size, 'y'));
        msgpack::Reader reader(writer.data());
        CHECK(reader.blob().size() == size);
        CHECK(reader.blob().size() == size);
        CHECK(reader.at_end());
    }
}
