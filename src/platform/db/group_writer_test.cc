// SPDX-License-Identifier: Apache-2.0
// The group writer against a store whose commits can fail.
#include "platform/db/group_writer.h"

#include <doctest/doctest.h>

using namespace nephele::db;

namespace {

/// A transaction that only carries actions.
struct FakeTx : BaseTx {
    explicit FakeTx(Hints& hints) : BaseTx(hints, true) {}
    void each(std::string_view, std::span<const Value>,
              const std::function<void(const Row&)>&) override {}
    std::int64_t exec(std::string_view, std::span<const Value>) override { return 0; }
    Dialect dialect() const override { return Dialect::sqlite; }
};

struct FakeStore : GroupStore {
    void begin() override {
        if (!begin_error.empty()) throw Unavailable(begin_error);
        open = true;
        log += "begin ";
    }
    void run(const Body& body, Actions& actions) override {
        FakeTx tx(hints);
        log += "job ";
        body(tx);
        actions = tx.take_actions();
    }
    bool in_transaction() const override { return open; }
    void commit() override {
        if (!commit_error.empty()) throw Unavailable(commit_error);
        open = false;
        log += "commit ";
    }
    void rollback() noexcept override {
        open = false;
        log += "rollback ";
    }
    Hints hints;
    bool open = false;
    std::string begin_error, commit_error, log;
};

} // namespace

TEST_CASE("jobs of one group share a commit; actions run after it, in order") {
    FakeStore store;
    GroupWriter writer(store);
    auto noting = [&](const char* word) {
        return [&store, word](Tx& tx) { tx.on_commit([&store, word] { store.log += word; }); };
    };
    writer.write_in_order({noting("a "), noting("b ")});
    CHECK(store.log == "begin job job commit a b ");
    CHECK(writer.jobs() == 2);
    CHECK(writer.commits() == 1);
}

TEST_CASE("a job that fails keeps neither its group nor later jobs from the commit") {
    FakeStore store;
    GroupWriter writer(store);
    bool later = false;
    CHECK_THROWS_AS(writer.write_in_order({[](Tx&) {}, [](Tx&) { throw std::out_of_range("mine"); },
                                           [&](Tx&) { later = true; }}),
                    std::out_of_range);
    CHECK(!later);
    CHECK(store.log == "begin job job commit ");
    writer.write([&](Tx&) { later = true; });
    CHECK(later);
}

TEST_CASE("when the commit or the begin fails, every caller of the group hears it") {
    FakeStore store;
    store.commit_error = "disk full";
    GroupWriter writer(store);
    bool acted = false;
    Body body = [&](Tx& tx) { tx.on_commit([&] { acted = true; }); };
    CHECK_THROWS_WITH_AS(writer.write(body), doctest::Contains("disk full"), Unavailable);
    // A conflict seen inside a lost group may rest on rows that never came to be.
    CHECK_THROWS_AS(writer.write([](Tx&) { throw std::out_of_range("mine"); }), Unavailable);
    CHECK(store.log == "begin job rollback begin job rollback ");
    CHECK(!acted);
    CHECK(writer.commits() == 0);
    store.commit_error = "";
    store.begin_error = "locked";
    CHECK_THROWS_WITH_AS(writer.write(body), doctest::Contains("locked"), Unavailable);
    CHECK(!acted);
}

TEST_CASE("a transaction that the store dropped fails its group, and the next one runs") {
    FakeStore store;
    GroupWriter writer(store);
    int runs = 0;
    bool dropped = false;
    std::vector<Body> bodies = {[&](Tx&) { ++runs; },
                                [&](Tx&) {
                                    ++runs;
                                    if (dropped) return;
                                    dropped = true;
                                    store.open = false;
                                    throw Unavailable("write error");
                                }};
    CHECK_THROWS_WITH_AS(writer.write_in_order(bodies), doctest::Contains("write error"),
                         Unavailable);
    CHECK(runs == 2);
    writer.write_in_order(bodies);
    CHECK(runs == 4);
}

TEST_CASE("a write from the writer's own thread is refused, not waited for") {
    FakeStore store;
    GroupWriter writer(store);
    CHECK_THROWS_AS(writer.write([&](Tx&) { writer.write([](Tx&) {}); }), DatabaseError);
}
