// SPDX-License-Identifier: Apache-2.0
// The same cases on every engine: what they promise alike is what services may rely on.
#include "platform/db/db.h"

#include "platform/db/internal.h"
#include "tests/support/postgres.h"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>

using namespace nephele;
using namespace nephele::db;

namespace {

struct Engine {
    const char* name;
    std::function<std::string()> fresh_url;
};

std::vector<Engine> engines() {
    return {{"sqlite", [] { return std::string("sqlite::memory:"); }},
            {"postgresql", [] { return test::PostgresServer::shared().fresh_database(); }}};
}

/// Runs `body` on a new database of every engine, with a small schema in it.
void on_each_engine(const std::function<void(Database&)>& body) {
    for (const Engine& engine : engines()) {
        CAPTURE(engine.name);
        Options options;
        options.url = engine.fresh_url();
        auto database = Database::open(options);
        database->migrate(
            {{"test.001",
              {"CREATE TABLE users (id TEXT PRIMARY KEY, domain_id TEXT NOT NULL, name TEXT NOT "
               "NULL, "
               "age BIGINT, CHECK (age >= 0), UNIQUE (domain_id, name))",
               "CREATE TABLE keys (id BIGINT PRIMARY KEY AUTO, user_id TEXT NOT NULL "
               "REFERENCES users (id), material BLOB, weight DOUBLE PRECISION)",
               "CREATE TABLE late (user_id TEXT REFERENCES users (id) DEFERRABLE INITIALLY "
               "DEFERRED)"}}});
        body(*database);
    }
}

void add_user(Tx& tx, const std::string& id, Value age = {}) {
    tx.exec("INSERT INTO users (id, domain_id, name, age) VALUES (?, ?, ?, ?)",
            Params{id, std::string("default"), "name of " + id, age});
}

std::int64_t users(Database& database) {
    return database.read([](Tx& tx) { return tx.count("SELECT count(*) FROM users"); });
}

template <class F> ConstraintError constraint_of(F&& action) {
    try {
        action();
    } catch (const ConstraintError& e) {
        return e;
    }
    throw std::logic_error("no constraint said no");
}

} // namespace

TEST_CASE("values come back as they were stored") {
    on_each_engine([](Database& database) {
        std::string bytes("\0\x01\xff'\\x", 6);
        database.write([&](Tx& tx) {
            add_user(tx, "ünïcode ' \" ? \\", std::int64_t{9'007'199'254'740'993});
            add_user(tx, "none");
            tx.exec("INSERT INTO keys (user_id, material, weight) VALUES (?, ?, ?)",
                    Params{std::string("none"), Blob{bytes}, 0.1});
            tx.exec("INSERT INTO keys (user_id, material, weight) VALUES (?, ?, ?)",
                    Params{std::string("none"), Blob{}, Value{}});
        });
        auto look = [&](Tx& tx) {
            bool seen = tx.first("SELECT id, age, domain_id FROM users WHERE age > ?",
                                 {std::int64_t{5}}, [&](const Row& row) {
                                     CHECK(row.str(0) == "ünïcode ' \" ? \\");
                                     CHECK(row.integer(1) == 9'007'199'254'740'993);
                                     CHECK(row.text(1) == "9007199254740993");
                                     CHECK(row.columns() == 3);
                                     CHECK(!row.is_null(1));
                                 });
            CHECK(seen);
            tx.first("SELECT age, id FROM users WHERE id = ?", {std::string("none")},
                     [&](const Row& row) {
                         CHECK(row.is_null(0));
                         CHECK(row.integer(0) == 0);
                         CHECK(row.text(0) == "");
                         CHECK(row.real(0) == 0);
                     });
            std::vector<std::int64_t> ids;
            tx.each("SELECT id, material, weight FROM keys ORDER BY id", Params{},
                    [&](const Row& row) {
                        ids.push_back(row.integer(0));
                        if (ids.size() == 1) {
                            CHECK(row.text(1) == bytes);
                            CHECK(row.real(2) == 0.1);
                        } else {
                            CHECK(!row.is_null(1));
                            CHECK(row.text(1) == "");
                            CHECK(row.is_null(2));
                        }
                    });
            CHECK(ids == std::vector<std::int64_t>{1, 2});
            CHECK(tx.count("SELECT count(*) FROM users WHERE name LIKE 'NAME%'") == 0);
            CHECK(tx.count("SELECT '?' = ?", {std::string("?")}) == 1);
            CHECK(tx.count("SELECT age FROM users WHERE id = ?", {std::string("absent")}, -7) ==
                  -7);
            CHECK(tx.count("SELECT sum(id) FROM keys") == 3);
        };
        database.read(look);
        database.write(look);
    });
}

TEST_CASE("a body that throws leaves nothing, and its actions do not run") {
    on_each_engine([](Database& database) {
        bool ran = false;
        CHECK_THROWS_AS(database.write([&](Tx& tx) {
            tx.on_commit([&] { ran = true; });
            add_user(tx, "a");
            throw std::out_of_range("the caller's own exception");
        }),
                        std::out_of_range);
        CHECK(!ran);
        CHECK(users(database) == 0);
        int value = database.write([&](Tx& tx) {
            tx.on_commit([&] { ran = true; });
            add_user(tx, "a");
            CHECK(!ran);
            return 42;
        });
        CHECK(value == 42);
        CHECK(ran);
        CHECK(users(database) == 1);
    });
}

TEST_CASE("constraints are told apart") {
    on_each_engine([](Database& database) {
        database.write([](Tx& tx) { add_user(tx, "a"); });
        auto attempt = [&](const char* sql) {
            return constraint_of([&] { database.write([&](Tx& tx) { tx.exec(sql); }); });
        };
        using Kind = ConstraintError::Kind;
        auto same_id = attempt("INSERT INTO users VALUES ('a', 'd', 'n', 1)");
        CHECK(same_id.kind == Kind::unique);
        auto same_name = attempt("INSERT INTO users VALUES ('b', 'default', 'name of a', 1)");
        CHECK(same_name.kind == Kind::unique);
        CHECK(same_name.mentions("domain_id"));
        CHECK(same_name.mentions("name"));
        CHECK(same_name.mentions("users"));
        CHECK(attempt("INSERT INTO keys (user_id) VALUES ('nobody')").kind == Kind::foreign_key);
        CHECK(attempt("INSERT INTO late VALUES ('nobody')").kind == Kind::foreign_key);
        auto missing = attempt("INSERT INTO users VALUES ('b', NULL, 'n', 1)");
        CHECK(missing.kind == Kind::not_null);
        CHECK(missing.mentions("domain_id"));
        CHECK(attempt("INSERT INTO users VALUES ('b', 'd', 'n', -1)").kind == Kind::check);
        database.write([](Tx& tx) { tx.exec("INSERT INTO keys (user_id) VALUES ('a')"); });
        CHECK(attempt("DELETE FROM users WHERE id = 'a'").kind == Kind::foreign_key);
    });
}

TEST_CASE("rows changed are counted, RETURNING gives rows") {
    on_each_engine([](Database& database) {
        database.write([](Tx& tx) {
            for (int i = 0; i < 5; ++i) add_user(tx, "u" + std::to_string(i), std::int64_t{i});
            CHECK(tx.exec("UPDATE users SET age = age + 1 WHERE age >= ?",
                          Params{std::int64_t{2}}) == 3);
            CHECK(tx.exec("UPDATE users SET age = 0 WHERE id = 'absent'") == 0);
            CHECK(tx.exec("CREATE TABLE other (id BIGINT)") == 0);
            CHECK(tx.exec("DELETE FROM users WHERE id = 'u0'") == 1);
            std::int64_t id = tx.count("INSERT INTO keys (user_id) VALUES ('u1') RETURNING id");
            CHECK(id == 1);
            CHECK(tx.exec("INSERT INTO users VALUES ('u1', 'd', 'n', 1) ON CONFLICT DO NOTHING") ==
                  0);
        });
    });
}

TEST_CASE(
    "a statement may be used again from inside its own rows, and writes do not disturb them") {
    on_each_engine([](Database& database) {
        database.write([](Tx& tx) {
            for (int i = 0; i < 3; ++i) add_user(tx, "u" + std::to_string(i));
        });
        auto pairs = [](Tx& tx) {
            int count = 0;
            const char* sql = "SELECT id FROM users WHERE domain_id = ? ORDER BY id";
            tx.each(sql, Params{std::string("default")}, [&](const Row& outer) {
                std::string id = outer.str(0);
                tx.each(sql, Params{std::string("default")}, [&](const Row&) { ++count; });
                CHECK(outer.str(0) == id);
            });
            return count;
        };
        CHECK(database.read(pairs) == 9);
        CHECK(database.write(pairs) == 9);
        int met = database.write([](Tx& tx) {
            int seen = 0;
            tx.each("SELECT id FROM users", Params{}, [&](const Row& row) {
                ++seen;
                add_user(tx, row.str(0) + "+");
            });
            return seen;
        });
        CHECK(met == 3);
        CHECK(users(database) == 6);
    });
}

TEST_CASE("a failed statement fails the transaction even when its exception is caught") {
    on_each_engine([](Database& database) {
        CHECK_THROWS_AS(database.write([](Tx& tx) {
            add_user(tx, "a");
            try {
                add_user(tx, "a");
            } catch (const ConstraintError&) {
            }
        }),
                        ConstraintError);
        CHECK(users(database) == 0);
        CHECK_THROWS_AS(database.write([](Tx& tx) {
            try {
                tx.exec("INSERT INTO users VALUES (NULL, NULL, NULL, NULL)");
            } catch (const ConstraintError&) {
            }
            add_user(tx, "b");
        }),
                        ConstraintError);
        CHECK(users(database) == 0);
    });
}

TEST_CASE("wrong use is refused") {
    on_each_engine([](Database& database) {
        auto wrong = [&](auto body, bool writing = true) {
            CHECK_THROWS_AS(writing ? database.write(body) : database.read(body), DatabaseError);
        };
        wrong([](Tx& tx) { tx.exec("SELEKT 1"); });
        wrong([](Tx& tx) { tx.exec("INSERT INTO absent VALUES (1)"); });
        wrong([](Tx& tx) { tx.count("SELECT ?"); });
        wrong([](Tx& tx) { tx.count("SELECT 1", {std::int64_t{1}}); });
        wrong([](Tx& tx) { tx.exec("DELETE FROM keys; DELETE FROM users"); });
        wrong([](Tx& tx) { tx.exec("UPDATE users SET name = \"text\""); });
        wrong([](Tx& tx) { add_user(tx, std::string("a\0b", 3)); });
        wrong([](Tx& tx) { add_user(tx, "a"); }, false);
        wrong([](Tx& tx) { tx.count("DELETE FROM users RETURNING 1"); }, false);
        wrong([&](Tx&) { database.read([](Tx&) {}); });
        wrong([&](Tx&) { database.write([](Tx&) {}); });
        wrong([&](Tx&) { database.write([](Tx&) {}); }, false);
        CHECK(users(database) == 0);
        CHECK_THROWS_AS(Database::open({"mysql://localhost/x"}), DatabaseError);
        CHECK_THROWS_AS(Database::open({"sqlite:/nonexistent/dir/x.db"}), Unavailable);
    });
}

TEST_CASE("what a write returned is seen by the next read, and a read is one snapshot") {
    on_each_engine([](Database& database) {
        for (int i = 0; i < 50; ++i) {
            database.write([&](Tx& tx) { add_user(tx, "u" + std::to_string(i)); });
            REQUIRE(users(database) == i + 1);
        }
        std::int64_t before = 0, after = 0;
        database.read([&](Tx& tx) {
            before = tx.count("SELECT count(*) FROM users");
            std::thread other([&] { database.write([](Tx& t) { add_user(t, "late"); }); });
            other.join();
            after = tx.count("SELECT count(*) FROM users");
        });
        CHECK(before == 50);
        CHECK(after == 50);
        CHECK(users(database) == 51);
    });
}

TEST_CASE("many writers at once: every one is kept or fails alone") {
    on_each_engine([](Database& database) {
        database.write([](Tx& tx) { add_user(tx, "counter", std::int64_t{0}); });
        constexpr int threads = 8, rounds = 25;
        std::atomic<int> refused{0}, actions{0};
        std::vector<std::thread> pool;
        for (int t = 0; t < threads; ++t) {
            pool.emplace_back([&, t] {
                for (int i = 0; i < rounds; ++i) {
                    database.write([&](Tx& tx) {
                        std::int64_t age = tx.count("SELECT age FROM users WHERE id = 'counter'");
                        tx.exec("UPDATE users SET age = ? WHERE id = 'counter'", Params{age + 1});
                        tx.on_commit([&] { ++actions; });
                    });
                    // Every thread wants the same names; one of them gets each.
                    try {
                        database.write([&](Tx& tx) {
                            tx.exec("UPDATE users SET age = age + 1000 WHERE id = 'counter'");
                            add_user(tx, "same" + std::to_string(i));
                        });
                    } catch (const ConstraintError&) {
                        ++refused;
                    }
                }
            });
        }
        for (auto& thread : pool) thread.join();
        CHECK(refused == (threads - 1) * rounds);
        CHECK(actions == threads * rounds);
        CHECK(users(database) == rounds + 1);
        std::int64_t age = database.read(
            [](Tx& tx) { return tx.count("SELECT age FROM users WHERE id = 'counter'"); });
        CHECK(age == threads * rounds + rounds * 1000);
        Stats stats = database.stats();
        CHECK(stats.writes >= 2 * threads * rounds);
        CHECK(stats.commits > 0);
    });
}

TEST_CASE("listeners hear of commits, once each, and of nothing else") {
    on_each_engine([](Database& database) {
        int here = 0, there = 0;
        auto first = database.listen("here", [&] { ++here; });
        auto second = database.listen("there", [&] { ++there; });
        database.write([&](Tx& tx) {
            tx.hint("here");
            tx.hint("here");
            CHECK(here == 0);
        });
        CHECK(here == 1);
        CHECK_THROWS(database.write([](Tx& tx) {
            tx.hint("here");
            throw std::out_of_range("no");
        }));
        CHECK(here == 1);
        first.reset();
        database.write([](Tx& tx) { tx.hint("here"); });
        CHECK(here == 1);
        CHECK(there == 0);
    });
}

TEST_CASE("migrations are applied once, in order, each whole or not at all") {
    for (const Engine& engine : engines()) {
        CAPTURE(engine.name);
        auto database = Database::open({engine.fresh_url()});
        Migration one{"one",
                      {"CREATE TABLE a (id BIGINT PRIMARY KEY)", "INSERT INTO a VALUES (1)"}};
        Migration two{"two", {"INSERT INTO a VALUES (2)"}};
        Migration broken{"broken", {"INSERT INTO a VALUES (3)", "INSERT INTO a VALUES (3)"}};
        Migration after{"after", {"INSERT INTO a VALUES (4)"}};
        auto rows = [&] {
            return database->read([](Tx& tx) { return tx.count("SELECT count(*) FROM a"); });
        };
        database->migrate({one});
        database->migrate({one, two});
        CHECK(rows() == 2);
        CHECK_THROWS_AS(database->migrate({one, two, broken, after}), ConstraintError);
        CHECK(rows() == 2);
        database->migrate({two, after}); // "one" is left alone.
        CHECK(rows() == 3);
        Migration changed{"one", {"CREATE TABLE a (id BIGINT PRIMARY KEY, extra TEXT)"}};
        CHECK_THROWS_WITH_AS(database->migrate({changed}), doctest::Contains("was changed"),
                             DatabaseError);
        CHECK_THROWS_AS(database->migrate({one, one}), DatabaseError);
        Migration own{"own", {"CREATE TABLE engine (name TEXT)"}};
        own.sqlite = {"INSERT INTO engine VALUES ('sqlite')"};
        own.postgresql = {"INSERT INTO engine VALUES ('postgresql')"};
        database->migrate({own});
        std::string name;
        database->read([&](Tx& tx) {
            tx.first("SELECT name FROM engine", {}, [&](const Row& row) { name = row.str(0); });
        });
        CHECK(name == engine.name);
        std::vector<Migration> many;
        for (int i = 0; i < 300; ++i)
            many.push_back({"m" + std::to_string(i),
                            {"INSERT INTO a VALUES (" + std::to_string(100 + i) + ")"}});
        database->migrate(many);
        CHECK(rows() == 303);
    }
}

TEST_CASE("more statements than a connection keeps") {
    on_each_engine([](Database& database) {
        auto walk = [](Tx& tx) {
            for (int i = 0; i < 700; ++i) {
                std::string n = std::to_string(i % 400);
                if (tx.count("SELECT " + n) != i % 400) return false;
            }
            return true;
        };
        CHECK(database.read(walk));
        CHECK(database.write(walk));
    });
}

TEST_CASE("text is sorted by its bytes") {
    on_each_engine([](Database& database) {
        database.write([](Tx& tx) {
            for (const char* id : {"b", "A", "a", "B", "é", "_"}) add_user(tx, id);
        });
        std::string order;
        database.read([&](Tx& tx) {
            tx.each("SELECT id FROM users ORDER BY id", Params{},
                    [&](const Row& row) { order += row.str(0); });
        });
        CHECK(order == "AB_abé");
    });
}

TEST_CASE("spelling per engine") {
    CHECK(postgresql_text(
              "SELECT '?', \"?\", ? -- ?\n, ? /* ? */ FROM t WHERE a = 'it''s ?' AND b = ?") ==
          "SELECT '?', \"?\", $1 -- ?\n, $2 /* ? */ FROM t WHERE a = 'it''s ?' AND b = $3");
    CHECK(postgresql_text("CREATE TABLE t (id BIGINT PRIMARY KEY AUTO, b BLOB, c TEXT, "
                          "d TEXT COLLATE \"x\", e BIGINT CHECK (e > CAST(c AS TEXT)))") ==
          "CREATE TABLE t (id BIGSERIAL PRIMARY KEY, b BYTEA, c TEXT COLLATE \"C\", "
          "d TEXT COLLATE \"x\", e BIGINT CHECK (e > CAST(c AS TEXT)))");
    CHECK(postgresql_text("SELECT 'BLOB', blob FROM t") == "SELECT 'BLOB', blob FROM t");
    CHECK(postgresql_text("CREATE FUNCTION f() AS $$ SELECT '?' ? $$") ==
          "CREATE FUNCTION f() AS $$ SELECT '?' ? $$");
    CHECK(sqlite_text("CREATE TABLE t (id BIGINT PRIMARY KEY AUTO, b BLOB)") ==
          "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, b BLOB)");
}
