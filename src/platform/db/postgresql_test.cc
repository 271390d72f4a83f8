// SPDX-License-Identifier: Apache-2.0
// What only PostgreSQL does: lost connections, lost races, several nodes.
#include "platform/db/db.h"

#include "tests/support/postgres.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <mutex>
#include <thread>

using namespace nephele;
using namespace nephele::db;

TEST_CASE("postgresql: a lost connection is Unavailable, and the next use connects again") {
    auto& server = test::PostgresServer::shared();
    auto database = Database::open({server.fresh_database()});
    database->migrate({{"m", {"CREATE TABLE t (id BIGINT)"}}});
    bool acted = false;
    CHECK_THROWS_AS(database->write([&](Tx& tx) {
        tx.on_commit([&] { acted = true; });
        tx.exec("INSERT INTO t VALUES (1)");
        server.stop();
        tx.exec("INSERT INTO t VALUES (2)");
    }),
                    Unavailable);
    CHECK(!acted);
    CHECK_THROWS_AS(database->read([](Tx&) {}), Unavailable);
    server.start();
    CHECK(database->read([](Tx& tx) { return tx.count("SELECT count(*) FROM t"); }) == 0);
    // The pooled connection dies between two uses: nobody notices.
    server.stop();
    server.start();
    database->write([](Tx& tx) { tx.exec("INSERT INTO t VALUES (3)"); });
    CHECK(database->read([](Tx& tx) { return tx.count("SELECT id FROM t"); }) == 3);
}

TEST_CASE("postgresql: a lost race is run again, and given up after max_retries") {
    Options options{test::PostgresServer::shared().fresh_database()};
    options.max_retries = 2;
    auto database = Database::open(options);
    database->migrate({{"m", {"CREATE TABLE t (id BIGINT)", "INSERT INTO t VALUES (0)"}}});
    auto disturb = [&] {
        std::thread other(
            [&] { database->write([](Tx& tx) { tx.exec("UPDATE t SET id = id + 10"); }); });
        other.join();
    };
    int runs = 0;
    auto result = database->write([&](Tx& tx) {
        std::int64_t seen = tx.count("SELECT id FROM t");
        if (++runs == 1) disturb();
        tx.exec("UPDATE t SET id = ?", Params{seen + 1});
        return seen + 1;
    });
    CHECK(runs == 2);
    CHECK(result == 11);
    CHECK(database->stats().retries == 1);
    runs = 0;
    CHECK_THROWS_AS(database->write([&](Tx& tx) {
        std::int64_t seen = tx.count("SELECT id FROM t");
        ++runs;
        disturb();
        tx.exec("UPDATE t SET id = ?", Params{seen + 1});
    }),
                    Unavailable);
    CHECK(runs == 3);
    CHECK(database->read([](Tx& tx) { return tx.count("SELECT id FROM t"); }) == 41);
}

TEST_CASE("postgresql: a statement planned for an older table is planned again") {
    auto database = Database::open({test::PostgresServer::shared().fresh_database()});
    database->migrate({{"m", {"CREATE TABLE t (id BIGINT)", "INSERT INTO t VALUES (7)"}}});
    auto look = [](Tx& tx) { return tx.count("SELECT * FROM t"); };
    CHECK(database->write(look) == 7);
    database->migrate({{"n", {"ALTER TABLE t ADD COLUMN more TEXT"}}});
    CHECK(database->write(look) == 7);
}

TEST_CASE("several nodes migrate at once") {
    std::string url = test::PostgresServer::shared().fresh_database();
    std::vector<Migration> list;
    for (int i = 0; i < 10; ++i)
        list.push_back(
            {"m" + std::to_string(i), {"CREATE TABLE t" + std::to_string(i) + " (id TEXT)"}});
    std::vector<std::thread> nodes;
    std::atomic<int> done{0};
    for (int n = 0; n < 4; ++n)
        nodes.emplace_back([&] {
            Database::open({url})->migrate(list);
            ++done;
        });
    for (auto& node : nodes) node.join();
    CHECK(done == 4);
}

namespace {
// Counts what it hears; wait() gives up after ten seconds.
struct Ear {
    std::mutex mutex;
    std::condition_variable changed;
    int heard = 0;
    void hear() {
        std::lock_guard lock(mutex);
        ++heard;
        changed.notify_all();
    }
    bool wait() {
        std::unique_lock lock(mutex);
        bool came = changed.wait_for(lock, std::chrono::seconds(10), [&] { return heard > 0; });
        heard = 0;
        return came;
    }
    // Hints may be lost while a connection is made: rings until one is heard.
    bool wait_ringing(const std::function<void()>& ring) {
        std::unique_lock lock(mutex);
        for (int i = 0; i < 100 && heard == 0; ++i) {
            lock.unlock();
            ring();
            lock.lock();
            changed.wait_for(lock, std::chrono::milliseconds(100), [&] { return heard > 0; });
        }
        return std::exchange(heard, 0) > 0;
    }
};
} // namespace

TEST_CASE("postgresql: a hint of one node is heard on the others, also after a lost connection") {
    Options options{test::PostgresServer::shared().fresh_database()};
    auto a = Database::open(options), b = Database::open(options);
    Ear ear_a, ear_b, other;
    auto at_a = a->listen("news", [&] { ear_a.hear(); });
    auto at_b = b->listen("news", [&] { ear_b.hear(); });
    auto elsewhere = b->listen("other news", [&] { other.hear(); });
    auto ring = [&] { a->write([](Tx& tx) { tx.hint("news"); }); };
    REQUIRE(ear_b.wait_ringing(ring));
    ear_a.wait();
    ring();
    CHECK(ear_b.wait());
    CHECK(ear_a.wait());
    // Nothing of what was rolled back is told; the next hint is, and so is known to be the first.
    CHECK_THROWS_AS(a->write([](Tx& tx) {
        tx.hint("other news");
        throw std::runtime_error("no");
    }),
                    std::runtime_error);
    ring();
    CHECK(ear_b.wait());
    CHECK(other.heard == 0);
    a->read([](Tx& tx) {
        tx.count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                 "application_name = 'nephele hints'");
    });
    CHECK(ear_b.wait_ringing(ring));
}
