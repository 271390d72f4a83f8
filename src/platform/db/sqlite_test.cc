// SPDX-License-Identifier: Apache-2.0
// What only SQLite does: files, shared commits, a full disk.
#include "platform/db/db.h"

#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::db;

TEST_CASE("sqlite: a file is durable and reopens") {
    test::TempDir dir("db");
    Options options{"sqlite:" + dir.file("cloud.db")};
    Migration schema{"m", {"CREATE TABLE t (id BIGINT)"}};
    {
        auto database = Database::open(options);
        database->migrate({schema});
        database->write([](Tx& tx) { tx.exec("INSERT INTO t VALUES (7)"); });
        // A second connection's process sees the same rows while this one is open.
        auto other = Database::open(options);
        CHECK(other->read([](Tx& tx) { return tx.count("SELECT id FROM t"); }) == 7);
        CHECK(other->write([](Tx& tx) { return tx.count("PRAGMA synchronous"); }) == 2);
        CHECK(other->write([](Tx& tx) { return tx.count("PRAGMA foreign_keys"); }) == 1);
    }
    auto database = Database::open(options);
    database->migrate({schema});
    CHECK(database->read([](Tx& tx) { return tx.count("SELECT id FROM t"); }) == 7);
}

TEST_CASE("sqlite: jobs share a commit, and a full disk fails only its writer") {
    test::TempDir dir("db");
    auto database = Database::open({"sqlite:" + dir.file("cloud.db")});
    std::vector<Migration> many;
    for (int i = 0; i < 100; ++i)
        many.push_back({std::to_string(i), {"CREATE TABLE t" + std::to_string(i) + " (id TEXT)"}});
    database->migrate(many);
    CHECK(database->stats().writes == 101);
    CHECK(database->stats().commits == 1);

    database->write([](Tx& tx) {
        std::int64_t pages = tx.count("PRAGMA page_count");
        tx.count("PRAGMA max_page_count = " + std::to_string(pages + 2));
    });
    std::string large(100'000, 'x');
    CHECK_THROWS_AS(
        database->write([&](Tx& tx) { tx.exec("INSERT INTO t1 VALUES (?)", Params{large}); }),
        Unavailable);
    database->write([](Tx& tx) { tx.exec("INSERT INTO t1 VALUES ('small')"); });
    CHECK(database->read([](Tx& tx) { return tx.count("SELECT count(*) FROM t1"); }) == 1);
}
