// SPDX-License-Identifier: Apache-2.0
// The parts of a device by themselves, what it cares for, and many threads on it at once.
#include "base/crc32c.h"
#include "base/strings.h"
#include "services/swift/storage/needle.h"
#include "services/swift/test/backend_contract.h"
#include "services/swift/test/store_model.h"
#include "tests/support/temp_dir.h"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>

using namespace nephele;
using namespace nephele::swift;
using namespace nephele::swift::test;

TEST_CASE("crc32c by instruction and by table is the published one") {
    CHECK(crc32c("123456789") == 0xe3069283);
    CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
    auto bytes = some_bytes(1, 1024);
    for (std::size_t size = 0; size < 100; ++size) {
        auto part = std::string_view(bytes).substr(size % 7, size);
        CHECK(crc32c(part) == crc32c_by_table(part));
        CHECK(crc32c(part.substr(size / 2), crc32c(part.substr(0, size / 2))) == crc32c(part));
    }
}

TEST_CASE("a needle's head comes back, and any flipped bit is noticed") {
    Needle needle;
    needle.type = NeedleType::data;
    needle.large = true;
    needle.key.fill('k');
    needle.timestamp = {170000000012345, 7};
    needle.record = "a record";
    needle.payload_bytes = 12345;
    needle.payload_crc = 0xdeadbeef;
    needle.volume = 3;
    needle.synced_to = 1 << 29;
    auto head = encode_head(needle, 99);
    auto back = decode_head(head + "more", 99);
    REQUIRE(back);
    CHECK(back->type == needle.type);
    CHECK(back->large);
    CHECK(back->key == needle.key);
    CHECK(back->timestamp == needle.timestamp);
    CHECK(back->record == needle.record);
    CHECK(back->payload_bytes == needle.payload_bytes);
    CHECK(back->payload_crc == needle.payload_crc);
    CHECK(back->volume == 3);
    CHECK(back->synced_to == needle.synced_to);
    CHECK(back->total_bytes() == 12432);
    CHECK_FALSE(decode_head(head, 98));
    for (std::size_t bit = 0; bit < head.size() * 8; ++bit) {
        auto flipped = head;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        CHECK_FALSE(decode_head(flipped, 99));
    }
    for (std::size_t size = 0; size < head.size(); ++size)
        CHECK_FALSE(decode_head(head.substr(0, size), 99));
}

TEST_CASE("records survive their codec; damaged bytes are no record") {
    ObjectRecord record{{"a", "c", "o"}, 2, {}, 77};
    record.info.bytes = 5;
    record.info.etag = "d41d8cd98f00b204e9800998ecf8427e";
    record.info.content_type = "text/plain";
    record.info.metadata = {{"X-Object-Meta-A", "1"}, {"X-Delete-At", "99"}};
    record.info.listed_bytes = 9;
    auto bytes = encode(record);
    auto back = decode_object(bytes);
    REQUIRE(back);
    CHECK(back->name.object == "o");
    CHECK(back->policy == 2);
    CHECK(back->large == 77);
    CHECK(back->info.etag == record.info.etag);
    CHECK(back->info.metadata == record.info.metadata);
    CHECK(back->info.listed_bytes == 9u);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK_FALSE(decode_object(std::string_view(bytes).substr(0, size)));
    for (const auto* etag : {"", "D41D8CD98F00B204E9800998ECF8427E", "x", "\"quoted\""}) {
        record.info.etag = etag;
        CHECK(decode_object(encode(record))->info.etag == etag);
    }
}

TEST_CASE("time goes on when the clock jumps back, also over a restart") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    ManualClock clock;
    Timestamp last;
    {
        LocalBackend store(options, calls_without_sync(), clock);
        store.save_container("a", "c", {}, {}, true, store.now());
        clock.advance_ms(-3'600'000);
        CHECK(contract::put(store, {"a", "c", "o"}, "1") == Outcome::created);
        last = store.head({"a", "c", "o"})->timestamp;
    }
    clock.advance_ms(-3'600'000);
    for (bool rebuild : {false, true}) {
        options.rebuild = rebuild;
        LocalBackend store(options, calls_without_sync(), clock);
        auto now = store.now();
        CHECK(now > last);
        CHECK(store.now() > now);
        CHECK(contract::put(store, {"a", "c", "o"}, "2") == Outcome::updated);
        last = store.head({"a", "c", "o"})->timestamp;
    }
}

TEST_CASE("what expires is found in order of time") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    LocalBackend store(options, calls_without_sync());
    store.save_container("a", "c", {}, {}, true, store.now());
    for (auto [name, at] : {std::pair{"later", "300"},
                            {"first", "100"},
                            {"never", ""},
                            {"gone", "50"},
                            {"posted", "70"},
                            {"second", "200"}})
        contract::put(store, {"a", "c", name}, "x", {{"X-Delete-At", at}});
    store.remove({"a", "c", "gone"}, store.now());
    ObjectInfo info;
    info.timestamp = store.now();
    info.metadata = {{"X-Delete-At", "150"}};
    store.save_metadata({"a", "c", "posted"}, info);
    auto names = [&](std::int64_t until, std::size_t limit) {
        std::vector<std::string> out;
        for (auto& one : store.device().expired({until * 1'000'000}, limit))
            out.push_back(one.name.object);
        return out;
    };
    CHECK(names(99, 10).empty());
    CHECK(names(200, 10) == std::vector<std::string>{"first", "posted", "second"});
    CHECK(names(1000, 2) == std::vector<std::string>{"first", "posted"});
    CHECK(names(1000, 10).size() == 4);
}

TEST_CASE("reclaim gives room back while an old reader goes on, and forgets old deletions") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    options.reclaim_age_seconds = 60;
    ManualClock clock;
    LocalBackend store(options, calls_without_sync(), clock);
    store.save_container("a", "c", {}, {}, true, store.now());
    for (int i = 0; i < 100; ++i)
        contract::put(store, {"a", "c", std::to_string(i)}, some_bytes(i, 5000));
    auto reader = store.open({"a", "c", "7"});
    for (int i = 0; i < 100; ++i)
        if (i % 10 != 3) store.remove({"a", "c", std::to_string(i)}, store.now());
    auto before = store.device().statistics();
    auto first = store.device().reclaim();
    CHECK(first.volumes >= 4);
    CHECK(first.moved >= 10);
    CHECK(first.tombstones == 0);
    auto after = store.device().statistics();
    CHECK(after.volume_bytes < before.volume_bytes / 3);
    std::string bytes(5000, '\0');
    CHECK(reader->read(0, bytes.data(), bytes.size()) == 5000);
    CHECK(bytes == some_bytes(7, 5000));
    for (int i = 3; i < 100; i += 10)
        CHECK(contract::get(store, {"a", "c", std::to_string(i)}) == some_bytes(i, 5000));
    clock.advance_ms(120'000);
    for (int i = 0; i < 60; ++i) contract::put(store, {"a", "c", "x"}, some_bytes(i, 5000));
    std::uint64_t forgotten = 0;
    for (int i = 0; i < 4; ++i) forgotten += store.device().reclaim(0.0).tombstones;
    CHECK(forgotten == 90);
    CHECK(store.device().statistics().objects == 13); // 11, the container, the account
}

TEST_CASE("many threads: overwrites, readers, listings and reclaim at once") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    LocalBackend store(options, calls_without_sync());
    store.save_container("a", "c", {}, {}, true, store.now());
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0}, reads{0};
    std::vector<std::thread> writers, others;
    for (std::uint64_t t = 0; t < 4; ++t)
        writers.emplace_back([&, t] {
            std::mt19937_64 random(t);
            for (int i = 0; i < 300; ++i) {
                auto seed = random() % 100'000;
                ObjectName name{"a", "c", std::to_string(random() % 20)};
                auto size = random() % 10 ? seed % 3000 : 20'001 + seed % 5000;
                if (random() % 4)
                    contract::put(store, name, some_bytes(seed, size),
                                  {{"X-Object-Meta-Seed", std::to_string(seed)}});
                else
                    store.remove(name, store.now());
            }
        });
    for (std::uint64_t t = 0; t < 2; ++t)
        others.emplace_back([&, t] {
            std::mt19937_64 random(t + 100);
            while (!stop) {
                auto reader = store.open({"a", "c", std::to_string(random() % 20)});
                if (!reader) continue;
                auto& info = reader->info();
                std::string bytes(info.bytes, '\0');
                std::size_t at = 0;
                while (at < bytes.size())
                    at += reader->read(at, bytes.data() + at, bytes.size() - at);
                auto seed = to_int(info.metadata.at("X-Object-Meta-Seed")).value_or(0);
                if (bytes != some_bytes(static_cast<std::uint64_t>(seed), bytes.size())) ++wrong;
                ++reads;
            }
        });
    others.emplace_back([&] {
        while (!stop) {
            store.device().reclaim(0.3);
            store.device().audit(100'000);
            auto rows = store.objects("a", "c", {});
            if (!std::is_sorted(rows.begin(), rows.end(),
                                [](auto& a, auto& b) { return a.name < b.name; }))
                ++wrong;
        }
    });
    for (auto& thread : writers) thread.join();
    stop = true;
    for (auto& thread : others) thread.join();
    CHECK(wrong == 0);
    CHECK(reads > 0);
    auto info = *store.container("a", "c");
    auto rows = store.objects("a", "c", {});
    std::uint64_t bytes = 0;
    for (auto& row : rows) bytes += row.bytes;
    CHECK(info.objects == rows.size());
    CHECK(info.bytes == bytes);
    CHECK(store.account("a")->objects == rows.size());
    CHECK(store.device().audit(UINT64_MAX).damaged == 0);
    CHECK(store.device().sweep_large() == 0);
}
