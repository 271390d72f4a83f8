// SPDX-License-Identifier: Apache-2.0
// The journal's promise on every engine: a reader that goes on from its cursor sees every committed
// entry once, in order, whatever is written meanwhile.
#include "platform/journal/journal.h"

#include "base/strings.h"
#include "platform/journal/hub.h"
#include "tests/support/postgres.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <map>
#include <mutex>
#include <thread>

using namespace nephele;
using namespace nephele::journal;

namespace {

void on_each_engine(const std::function<void(db::Database&)>& body) {
    for (const char* engine : {"sqlite", "postgresql"}) {
        CAPTURE(engine);
        db::Options options;
        if (std::string(engine) == "postgresql")
            options.url = test::PostgresServer::shared().fresh_database();
        options.readers = 16;
        auto database = db::Database::open(options);
        database->migrate(migrations());
        body(*database);
    }
}

Entry entry(const std::string& kind, const std::string& id, std::int64_t at_us = 1) {
    Entry e;
    e.at = {at_us};
    e.actor = "user";
    e.request_id = "req-1";
    e.service = "nova";
    e.kind = kind;
    e.id = id;
    e.project_id = "project";
    e.change = "create";
    e.image = Json::object();
    e.image["name"] = "n ü";
    return e;
}

void write_one(db::Database& database, const std::string& kind, const std::string& id,
               std::int64_t at_us = 1) {
    database.write([&](db::Tx& tx) { append(tx, entry(kind, id, at_us)); });
}

Page read_after(db::Database& database, const std::string& cursor, int limit = 100,
                const Filter& filter = {}) {
    return database.read([&](db::Tx& tx) { return read(tx, cursor, limit, filter); });
}

std::string ids(const Page& page) {
    std::string text;
    for (const Record& r : page.records) text += (text.empty() ? "" : " ") + r.id;
    return text;
}

} // namespace

TEST_CASE("entries come back whole, page by page") {
    on_each_engine([](db::Database& database) {
        CHECK(read_after(database, "").records.empty());
        database.write([](db::Tx& tx) {
            for (const char* id : {"a", "b", "c"}) append(tx, entry("server", id, 77));
        });
        Page page = read_after(database, "", 2);
        CHECK(ids(page) == "a b");
        CHECK(page.more);
        const Record& r = page.records[0];
        CHECK(r.at == Time{77});
        CHECK(r.actor == "user");
        CHECK(r.request_id == "req-1");
        CHECK(r.service == "nova");
        CHECK(r.kind == "server");
        CHECK(r.project_id == "project");
        CHECK(r.change == "create");
        CHECK(r.image == "{\"name\":\"n ü\"}");
        CHECK(page.cursor == page.records[1].cursor);
        CHECK(is_after(page.records[1].cursor, r.cursor));
        CHECK(!is_after(r.cursor, page.records[1].cursor));
        CHECK(is_after(r.cursor, ""));
        Page rest = read_after(database, page.cursor, 2);
        CHECK(ids(rest) == "c");
        CHECK(!rest.more);
        CHECK(read_after(database, rest.cursor).records.empty());
        CHECK(ids(read_after(database, r.cursor)) == "b c");
        std::string end_now = database.read([](db::Tx& tx) { return end(tx); });
        CHECK(read_after(database, end_now).records.empty());
        write_one(database, "server", "d");
        CHECK(ids(read_after(database, end_now)) == "d");
        CHECK(ids(read_after(database, rest.cursor)) == "d");
    });
}

TEST_CASE("filters choose, and the cursor passes what they left out") {
    on_each_engine([](db::Database& database) {
        write_one(database, "server", "1");
        write_one(database, "port", "1");
        write_one(database, "port", "2");
        write_one(database, "server", "2");
        CHECK(ids(read_after(database, "", 9, {.kind = "server"})) == "1 2");
        CHECK(ids(read_after(database, "", 9, {.kind = "port", .id = "2"})) == "2");
        CHECK(ids(read_after(database, "", 9, {.service = "cinder"})) == "");
        CHECK(ids(read_after(database, "", 9, {.service = "nova", .project_id = "project"})) ==
              "1 1 2 2");
        CHECK(ids(read_after(database, "", 9, {.project_id = "other"})) == "");
        Page none = read_after(database, "", 9, {.kind = "volume"});
        CHECK(is_after(none.cursor, ""));
        CHECK(read_after(database, none.cursor).records.empty());
        Record r = read_after(database, "", 1).records[0];
        CHECK(Filter{.kind = "server", .id = "1"}.matches(r));
        CHECK(!Filter{.kind = "server", .id = "2"}.matches(r));
    });
}

TEST_CASE("rolled back entries never appear") {
    on_each_engine([](db::Database& database) {
        CHECK_THROWS(database.write([](db::Tx& tx) {
            append(tx, entry("server", "lost"));
            throw std::out_of_range("no");
        }));
        write_one(database, "server", "kept");
        CHECK(ids(read_after(database, "")) == "kept");
    });
}

TEST_CASE("foreign text is no cursor") {
    on_each_engine([](db::Database& database) {
        for (const char* text : {"x", "1", "1.", ".1", "1.2.3", "-1.2", "1.-2", "1.2 "})
            CHECK_THROWS_AS(read_after(database, text), BadCursor);
    });
}

TEST_CASE("retention takes the oldest, and a reader it overtook is told") {
    on_each_engine([](db::Database& database) {
        for (int i = 1; i <= 6; ++i)
            write_one(database, "server", std::to_string(i), i == 3 ? 100 : i * 10);
        std::string first = read_after(database, "", 1).cursor;
        auto trim_to = [&](std::int64_t us, int limit) {
            return database.write([&](db::Tx& tx) { return trim(tx, {us}, limit); });
        };
        CHECK(trim_to(5, 100) == 0);
        CHECK(trim_to(45, 1) == 1);
        CHECK(!read_after(database, first).lost);
        CHECK(trim_to(45, 100) == 1); // The third is young: the fourth stays behind it.
        CHECK(ids(read_after(database, "")) == "3 4 5 6");
        Page page = read_after(database, first);
        CHECK(page.lost);
        CHECK(page.records.empty());
        write_one(database, "server", "7");
        CHECK(ids(read_after(database, page.cursor)) == "7");
        CHECK(trim_to(1000, 100) == 5);
        std::string end_now = database.read([](db::Tx& tx) { return end(tx); });
        CHECK(!read_after(database, end_now).lost);
        CHECK(!read_after(database, "").lost);
        // A cursor of a database that was since replaced by an older copy.
        CHECK(read_after(database, "9000000000000.1").lost);
    });
}

TEST_CASE("a reader never skips an entry of concurrent writers") {
    on_each_engine([](db::Database& database) {
        constexpr int writers = 8, rounds = 40;
        std::atomic<int> running{writers};
        std::vector<std::thread> pool;
        for (int w = 0; w < writers; ++w) {
            pool.emplace_back([&, w] {
                for (int i = 0; i < rounds; ++i) {
                    try {
                        database.write([&](db::Tx& tx) {
                            append(tx, entry(std::to_string(w), std::to_string(2 * i)));
                            if (i % 3 == 0) std::this_thread::yield();
                            append(tx, entry(std::to_string(w), std::to_string(2 * i + 1)));
                            if (i % 5 == 4) throw std::out_of_range("rolled back");
                        });
                    } catch (const std::out_of_range&) {
                    }
                }
                --running;
            });
        }
        std::map<std::string, std::vector<int>> seen;
        std::string cursor, last;
        bool in_order = true;
        while (true) {
            bool finished = running == 0;
            Page page = read_after(database, cursor, 7);
            for (const Record& r : page.records) {
                in_order = in_order && is_after(r.cursor, last);
                last = r.cursor;
                seen[r.kind].push_back(static_cast<int>(*to_int(r.id)));
            }
            cursor = page.cursor;
            if (finished && page.records.empty()) break;
        }
        for (auto& thread : pool) thread.join();
        CHECK(in_order);
        std::vector<int> expected;
        for (int i = 0; i < rounds; ++i) {
            if (i % 5 == 4) continue;
            expected.push_back(2 * i);
            expected.push_back(2 * i + 1);
        }
        CHECK(seen.size() == writers);
        for (auto& [writer, numbers] : seen) CHECK(numbers == expected);
    });
}

TEST_CASE("postgresql: an entry waits for older transactions that still run") {
    db::Options options{test::PostgresServer::shared().fresh_database()};
    auto database = db::Database::open(options);
    database->migrate(migrations());
    std::string cursor;
    auto elsewhere = [](const std::function<void()>& work) { std::thread(work).join(); };
    database->write([&](db::Tx& tx) {
        append(tx, entry("server", "early"));
        elsewhere([&] {
            write_one(*database, "server", "late");
            Page page = read_after(*database, "");
            CHECK(page.records.empty());
            cursor = page.cursor;
        });
    });
    CHECK(ids(read_after(*database, cursor)) == "early late");
}

TEST_CASE("postgresql: entries restored from another server are readable and stay in order") {
    db::Options options{test::PostgresServer::shared().fresh_database()};
    auto database = db::Database::open(options);
    database->migrate(migrations());
    write_one(*database, "server", "a");
    write_one(*database, "server", "b");
    database->write([](db::Tx& tx) {
        CHECK(adopt_restored(tx) == 0);
        tx.exec("UPDATE journal SET transaction = transaction + 1000000000");
    });
    CHECK(read_after(*database, "").records.empty());
    CHECK(database->write([](db::Tx& tx) { return adopt_restored(tx); }) == 2);
    write_one(*database, "server", "c");
    CHECK(ids(read_after(*database, "")) == "a b c");
}

TEST_CASE("the hub tells subscribers of everything after their start, in order") {
    on_each_engine([](db::Database& database) {
        write_one(database, "server", "before");
        Hub hub(database, {.batch = 3});
        std::string heard;
        auto subscription =
            hub.subscribe([&](const Page& page) { heard += "[" + ids(page) + "]"; });
        CHECK(hub.pump() == 0);
        for (int i = 0; i < 5; ++i) write_one(database, "server", std::to_string(i));
        CHECK(hub.pump() == 5);
        CHECK(heard == "[0 1 2][3 4]");
        CHECK(ids(read_after(database, subscription.from)) == "0 1 2 3 4");
        auto late = hub.subscribe([](const Page&) {});
        CHECK(late.from == hub.position());
        subscription.handle.reset();
        write_one(database, "server", "after");
        CHECK(hub.pump() == 1);
        CHECK(heard == "[0 1 2][3 4]");
    });
}

TEST_CASE("the hub tells when it fell behind the retention") {
    on_each_engine([](db::Database& database) {
        Hub hub(database);
        int lost = 0;
        auto subscription = hub.subscribe([&](const Page& page) { lost += page.lost; });
        for (int i = 0; i < 3; ++i) write_one(database, "server", std::to_string(i));
        database.write([](db::Tx& tx) { trim(tx, {1000}); });
        hub.pump();
        CHECK(lost == 1);
        write_one(database, "server", "x");
        CHECK(hub.pump() == 1);
        CHECK(lost == 1);
    });
}

TEST_CASE("the hub's thread wakes waiters and subscribers by commits, without polling") {
    on_each_engine([](db::Database& database) {
        constexpr int never_ms = 3'600'000, writers = 4, rounds = 25;
        Hub hub(database, {.poll_ms = never_ms});
        CHECK(!hub.wait(hub.position(), 0));
        std::mutex mutex;
        std::condition_variable changed;
        int heard = 0;
        auto subscription = hub.subscribe([&](const Page& page) {
            std::lock_guard lock(mutex);
            heard += static_cast<int>(page.records.size());
            changed.notify_all();
        });
        hub.start();
        std::vector<std::thread> pool;
        for (int w = 0; w < writers; ++w) {
            pool.emplace_back([&, w] {
                for (int i = 0; i < rounds; ++i) write_one(database, "w" + std::to_string(w), "x");
            });
        }
        // A reader of its own that sleeps in wait() whenever it has read everything.
        std::string cursor = subscription.from;
        int read_count = 0;
        while (read_count < writers * rounds && hub.wait(cursor, 30'000)) {
            Page page = read_after(database, cursor);
            read_count += static_cast<int>(page.records.size());
            cursor = page.cursor;
        }
        CHECK(read_count == writers * rounds);
        for (auto& thread : pool) thread.join();
        std::unique_lock lock(mutex);
        CHECK(changed.wait_for(lock, std::chrono::seconds(30),
                               [&] { return heard == writers * rounds; }));
        lock.unlock();
        std::thread sleeper([&] { CHECK(!hub.wait(hub.position(), never_ms)); });
        hub.stop();
        sleeper.join();
    });
}

TEST_CASE("postgresql: another node's commit wakes the hub by a hint, long before it would poll") {
    db::Options options;
    options.url = test::PostgresServer::shared().fresh_database();
    auto a = db::Database::open(options), b = db::Database::open(options);
    a->migrate(migrations());
    Hub hub(*b, {.poll_ms = 3'600'000});
    hub.start();
    // Hints are lost until both nodes have their connection for them.
    std::string before = hub.position();
    for (int i = 0; i < 100 && !hub.wait(before, 100); ++i) write_one(*a, "server", "first");
    std::vector<std::int64_t> waited_ms;
    for (int i = 0; i < 20; ++i) {
        std::string cursor = b->read([](db::Tx& tx) { return end(tx); });
        auto began = std::chrono::steady_clock::now();
        write_one(*a, "server", std::to_string(i));
        CHECK(hub.wait(cursor, 30'000));
        waited_ms.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(
                                std::chrono::steady_clock::now() - began)
                                .count());
    }
    std::sort(waited_ms.begin(), waited_ms.end());
    MESSAGE("a commit seen on the other node after ", waited_ms[10], " ms (median of 20)");
    CHECK(waited_ms[10] < 200);
    hub.stop();
}
