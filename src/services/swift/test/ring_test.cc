// SPDX-License-Identifier: Apache-2.0
#include "services/swift/ring/file.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"
#include "services/swift/client.h"
#include "services/swift/ring/plan.h"
#include "tests/support/temp_dir.h"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <zlib.h>

using namespace nephele;
using namespace nephele::swift;

namespace {

RingDevice device(int region, int zone, int node, int number, double weight) {
    RingDevice out;
    out.region = region;
    out.zone = zone;
    out.address = format("10.{}.{}.{}", region, zone, node);
    out.port = 6200;
    out.name = format("d{}", number);
    out.weight = weight;
    return out;
}

RingBuilder builder_of(int part_power, double replicas, int zones, int nodes, int devices) {
    RingBuilder builder(part_power, replicas, 1);
    for (int z = 1; z <= zones; ++z)
        for (int n = 1; n <= nodes; ++n)
            for (int d = 0; d < devices; ++d) builder.add(device(1, z, n, d, 100));
    return builder;
}

// What holds for every ring: all replicas placed, on devices that are there, none twice.
void check_sound(const RingBuilder& builder) {
    const auto& ring = builder.ring();
    for (std::uint32_t part = 0; part < ring.partitions(); ++part) {
        auto holders = ring.primaries(part);
        std::size_t rows = 0;
        for (const auto& row : ring.table) rows += part < row.size();
        REQUIRE(holders.size() == rows);
        REQUIRE(std::set<DeviceId>(holders.begin(), holders.end()).size() == rows);
        for (auto id : holders) {
            REQUIRE_FALSE(ring.devices[id].removed);
            REQUIRE(ring.devices[id].weight > 0);
        }
    }
}

std::uint64_t differences(const Ring& a, const Ring& b) {
    std::uint64_t count = 0;
    for (std::uint32_t part = 0; part < a.partitions(); ++part) {
        auto before = a.primaries(part), after = b.primaries(part);
        for (auto id : after) count += std::find(before.begin(), before.end(), id) == before.end();
    }
    return count;
}

std::string gzip(const std::string& plain) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(plain.size() + 1000, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

} // namespace

TEST_CASE("shares keep their bounds and add up") {
    CHECK(bounded_shares(3, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}) == std::vector<double>{1, 1, 1});
    auto some = bounded_shares(3, {10, 1, 1}, {0, 0, 0}, {1, 5, 5});
    CHECK(some[0] == doctest::Approx(1));
    CHECK(some[1] == doctest::Approx(1));
    some = bounded_shares(3, {100, 1}, {0, 1}, {5, 5});
    CHECK(some[0] == doctest::Approx(2));
}

TEST_CASE("a partition is the first bits of the MD5") {
    Ring ring;
    ring.part_power = 18;
    auto digest = crypto::md5("/a/c/o");
    auto first = std::stoul(hex_encode(digest).substr(0, 8), nullptr, 16);
    CHECK(ring.partition_of(digest) == first >> 14);
    ring.part_power = 0;
    CHECK(ring.partition_of(digest) == 0);
}

TEST_CASE("a fresh ring is even and its replicas are apart") {
    for (auto [zones, nodes, devices] : {std::tuple{1, 1, 3}, {3, 2, 4}, {5, 3, 2}, {2, 2, 6}}) {
        CAPTURE(zones);
        auto builder = builder_of(10, 3, zones, nodes, devices);
        auto report = builder.rebalance(1, 1);
        check_sound(builder);
        CHECK(report.assigned == 3 * 1024);
        CHECK(report.balance < 2);
        CHECK(report.dispersion == 0);
        if (zones < 3) continue;
        const auto& ring = builder.ring();
        for (std::uint32_t part = 0; part < ring.partitions(); ++part) {
            std::set<int> seen;
            for (auto id : ring.primaries(part)) seen.insert(ring.devices[id].zone);
            CHECK(seen.size() == 3);
        }
    }
}

TEST_CASE("weights are kept; a zone of little weight is filled only by overload") {
    RingBuilder builder(10, 3, 1);
    for (int z = 1; z <= 3; ++z)
        for (int d = 0; d < 4; ++d) builder.add(device(1, z, 1, d, z == 3 ? 50 : 100));
    builder.rebalance(1, 7);
    auto in_zone = [&](int zone) {
        std::uint64_t count = 0;
        for (std::uint32_t part = 0; part < 1024; ++part)
            for (auto id : builder.ring().primaries(part))
                count += builder.ring().devices[id].zone == zone;
        return static_cast<double>(count) / 1024;
    };
    CHECK(in_zone(3) == doctest::Approx(0.6).epsilon(0.02));
    builder.set_overload(1.0);
    builder.forget_moves();
    for (std::uint32_t hour = 10; hour < 20; hour += 2) builder.rebalance(hour, hour);
    CHECK(in_zone(3) == doctest::Approx(1).epsilon(0.02));
    check_sound(builder);
}

TEST_CASE("a new device takes its share and nothing else moves") {
    auto builder = builder_of(12, 3, 3, 2, 3);
    builder.rebalance(1, 1);
    auto before = builder.ring();
    builder.add(device(1, 1, 1, 9, 100));
    auto report = builder.rebalance(100, 2);
    check_sound(builder);
    auto share = 3.0 * 4096 / 19;
    CHECK(static_cast<double>(report.moved) <= share * 1.5);
    CHECK(static_cast<double>(report.moved) >= share * 0.5);
    CHECK(differences(before, builder.ring()) == report.moved);
    for (std::uint32_t part = 0; part < 4096; ++part) {
        int changed = 0;
        auto was = before.primaries(part), is = builder.ring().primaries(part);
        for (auto id : is) changed += std::find(was.begin(), was.end(), id) == was.end();
        CHECK(changed <= 1);
    }
    // Again without a change: nothing moves.
    CHECK(builder.rebalance(200, 3).moved <= share / 20);
}

TEST_CASE("what moved lately stays; what was removed goes at once") {
    auto builder = builder_of(8, 3, 4, 1, 2);
    builder.rebalance(10, 1);
    builder.set_min_part_hours(5);
    auto before = builder.ring();
    builder.add(device(1, 1, 2, 0, 100));
    CHECK(builder.rebalance(12, 2).moved == 0);
    CHECK(differences(before, builder.ring()) == 0);
    CHECK(builder.rebalance(15, 2).moved > 0);
    before = builder.ring();
    builder.remove(0);
    auto report = builder.rebalance(16, 3);
    CHECK(report.assigned > 0);
    check_sound(builder);
    CHECK(differences(before, builder.ring()) == report.assigned + report.moved);
    for (const auto& row : builder.ring().table)
        for (auto id : row) CHECK(id != 0);
    CHECK_THROWS_AS(builder.remove(0), Failure);
}

TEST_CASE("fractions of a replica, and more replicas than devices") {
    auto builder = builder_of(8, 2.5, 3, 1, 2);
    builder.rebalance(1, 1);
    check_sound(builder);
    REQUIRE(builder.ring().table.size() == 3);
    CHECK(builder.ring().table[2].size() == 128);
    RingBuilder small(4, 3, 1);
    CHECK_THROWS_AS(small.rebalance(1, 1), Failure);
    small.add(device(1, 1, 1, 0, 1));
    small.add(device(1, 1, 1, 1, 1));
    small.rebalance(1, 1);
    CHECK(small.ring().primaries(3).size() == 2);
}

TEST_CASE("random changes keep every ring sound") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        auto below = [&](std::uint64_t limit) { return static_cast<int>(random() % limit); };
        RingBuilder builder(7, 1 + below(4), 1);
        int number = 0;
        auto grow = [&] {
            builder.add(device(1 + below(2), 1 + below(3), 1 + below(3), number++, 1 + below(100)));
        };
        for (int i = 0; i < 8; ++i) grow();
        for (std::uint32_t hour = 1; hour < 30; hour += 2) {
            std::vector<DeviceId> living;
            for (auto& one : builder.ring().devices)
                if (!one.removed && one.weight > 0) living.push_back(one.id);
            auto some = living[static_cast<std::size_t>(below(living.size()))];
            auto what = below(4);
            if (what == 0 && living.size() > 5) builder.remove(some);
            if (what == 1 || living.size() < 6) grow();
            if (what == 2) builder.set_weight(some, 1 + below(100));
            if (what == 3) builder.set_overload(below(10) / 10.0);
            builder.rebalance(hour, random());
            check_sound(builder);
            auto same = decode_ring(encode_ring(builder));
            CHECK(same.ring().table == builder.ring().table);
            CHECK(same.moved_hours() == builder.moved_hours());
            CHECK(same.overload() == builder.overload());
        }
    }
}

TEST_CASE("handoffs are all other devices, the far ones first") {
    auto builder = builder_of(6, 2, 4, 2, 2);
    builder.rebalance(1, 1);
    const auto& ring = builder.ring();
    std::set<DeviceId> firsts;
    for (std::uint32_t part = 0; part < ring.partitions(); ++part) {
        auto primaries = ring.primaries(part), handoffs = ring.handoffs(part);
        CHECK(handoffs.size() == 14);
        std::set<DeviceId> all(handoffs.begin(), handoffs.end());
        all.insert(primaries.begin(), primaries.end());
        CHECK(all.size() == 16);
        std::set<int> zones;
        for (auto id : primaries) zones.insert(ring.devices[id].zone);
        for (int i = 0; i < 2; ++i)
            CHECK(zones.insert(ring.devices[handoffs[static_cast<std::size_t>(i)]].zone).second);
        firsts.insert(handoffs[0]);
    }
    CHECK(firsts.size() > 10);
}

TEST_CASE("damaged files are refused") {
    auto builder = builder_of(4, 3, 3, 1, 1);
    builder.rebalance(1, 1);
    auto bytes = encode_ring(builder);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto bad = bytes;
        bad[i] = static_cast<char>(bad[i] ^ 4);
        CHECK_THROWS_AS(decode_ring(bad), Failure);
        CHECK_THROWS_AS(decode_ring(bytes.substr(0, i)), Failure);
    }
}

TEST_CASE("upstream's ring file is read") {
    std::string head =
        R"({"byteorder":"little","devs":[{"id":0,"region":1,"zone":1,"ip":"127.0.0.1",)"
        R"("port":6200,"device":"sda","weight":1.0,"meta":""},null,{"id":2,"region":2,)"
        R"("zone":1,"ip":"127.0.0.2","port":6200,"device":"sdb","weight":0.5}],)"
        R"("part_shift":30,"replica_count":2,"version":4})";
    std::string plain = std::string("R1NG\0\1\0\0\0", 9) + static_cast<char>(head.size() & 0xff);
    plain[8] = static_cast<char>(head.size() >> 8);
    plain += head;
    for (int id : {0, 2, 0, 2, 2, 0}) plain += std::string{static_cast<char>(id), '\0'};
    auto ring = import_ring_gz(gzip(plain));
    CHECK(ring.part_power == 2);
    CHECK(ring.replicas == 1.5);
    CHECK(ring.devices[2].region == 2);
    CHECK(ring.devices[1].id == no_device);
    CHECK(ring.primaries(0) == std::vector<DeviceId>{0, 2});
    CHECK(ring.primaries(3) == std::vector<DeviceId>{2});
    plain[plain.size() - 4] = 1; // the hole in the list
    CHECK_THROWS_AS(import_ring_gz(gzip(plain)), Failure);
    CHECK_THROWS_AS(import_ring_gz("no gzip"), Failure);
    CHECK_THROWS_AS(import_ring_gz(gzip("R1NG")), Failure);
    CHECK_THROWS_AS(import_ring_gz(gzip(plain).substr(0, 60)), Failure);
}

TEST_CASE("nephele ring makes a ring, changes it, and refuses what makes none") {
    ::nephele::test::TempDir directory("ring");
    auto file = directory.file("object.ring");
    auto ring = [&](std::vector<std::string> words) {
        words.insert(words.begin(), file);
        return ring_command(words);
    };
    CHECK_THROWS_AS(ring({"show"}), Failure);
    CHECK(ring({"create", "8", "3", "1"}).find("256 partitions") == 0);
    CHECK_THROWS_AS(ring({"create", "8", "3", "1"}), Failure);
    CHECK_THROWS_AS(ring({"rebalance"}), Failure); // no devices
    for (int i = 1; i <= 4; ++i)
        ring({"add", format("r1z{}-[fd00::{}]:6200/sda", i, i), "100", "rack"});
    CHECK_THROWS_AS(ring({"add", "r1z1-[fd00::1]:6200/sda", "100"}), Failure);
    CHECK(ring({"rebalance", "7"}).find("768 replicas placed, 0 moved; balance 0.00") == 0);
    CHECK(ring({"show"}).find("1  r1z2-[fd00::2]:6200/sda") != std::string::npos);
    CHECK(ring({"remove", "0"}).find("done") == 0);
    ring({"rebalance"});
    CHECK(ring({"show"}).find("fd00::1]") == std::string::npos);
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"add", "10.0.0.1", "1"},
                                               {"add", "r1z1-10.0.0.1:x/sda", "1"},
                                               {"weight", "0", "-1"},
                                               {"weight", "77", "1"},
                                               {"remove", "x"},
                                               {"replicas", "0"},
                                               {"overload", "-1"},
                                               {"frobnicate"},
                                               {"show", "more"}})
        CHECK_THROWS_AS(ring(words), Failure);
}
