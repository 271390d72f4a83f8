// SPDX-License-Identifier: Apache-2.0
// Runners with threads: hints, several on one database, leases, stopping.
#include "platform/operation/test_world.h"
#include "tests/support/postgres.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <mutex>

using namespace nephele;
using namespace nephele::ops;
using namespace nephele::ops::test;

namespace {

/// Counts up to what a test waits for.
class Count {
  public:
    void up() {
        std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    bool reaches(int n) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return count_ >= n; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

struct Plan {
    Count finished;
    Count waiting;
    std::atomic<bool> ready{true};
    std::atomic<int> failures{0};
    std::function<void(Outside&)> outside;
};
std::unique_ptr<Plan> plan;

void count_step(Step& s, Build& b) {
    ++b.count;
    if (plan->failures.fetch_sub(1) > 0)
        throw EngineFailure(EngineFailure::Kind::transient, "busy");
    note(s, s.operation_id + format(" {}", b.count));
}
bool opened(Step& s, Build&) {
    if (plan->ready) return true;
    s.wait_for("gate", "any");
    s.tx.on_commit([] { plan->waiting.up(); });
    return false;
}
void last_step(Step& s, Build& b) {
    count_step(s, b);
    s.tx.on_commit([] { plan->finished.up(); });
}
void run_outside(Outside& o, Build&) {
    if (plan->outside) plan->outside(o);
}

Operation four_steps() {
    return OperationOf<Build>()
        .then("one", count_step)
        .then("two", count_step)
        .until(opened)
        .then("three", count_step)
        .then("four", last_step);
}
Operation with_outside() {
    return OperationOf<Build>().outside("copy", run_outside).then("last", last_step);
}

/// Only hints and times move these runners: a lost hint makes the test fail, not slow.
RunnerOptions without_poll() {
    RunnerOptions options;
    options.poll_ms = 3'600'000;
    return options;
}

} // namespace

TEST_CASE("hints alone run many operations") {
    plan = std::make_unique<Plan>();
    World world("sqlite::memory:", &system_clock());
    Runner runner(world.cloud, {four_steps()}, without_poll());
    runner.start();
    for (int i = 0; i < 100; ++i) world.start(Build{"t"});
    CHECK(plan->finished.reaches(100));
    runner.stop();
    CHECK(world.cloud.db().read([](db::Tx& tx) { return unfinished(tx, 10); }).empty());
}

TEST_CASE("operations behind one another are run without polling") {
    plan = std::make_unique<Plan>();
    World world("sqlite::memory:", &system_clock());
    Runner runner(world.cloud, {four_steps()}, without_poll());
    runner.start();
    for (int i = 0; i < 20; ++i) world.start(Build{"t"}, {"thing", "same", "", ""});
    CHECK(plan->finished.reaches(20));
}

TEST_CASE("a transient failure comes back by time, without polling") {
    plan = std::make_unique<Plan>();
    plan->failures = 1;
    World world("sqlite::memory:", &system_clock());
    Runner runner(world.cloud, {four_steps()}, without_poll());
    runner.start();
    world.start(Build{"t"});
    CHECK(plan->finished.reaches(1));
}

TEST_CASE("journal entries wake those that wait") {
    plan = std::make_unique<Plan>();
    plan->ready = false;
    World world("sqlite::memory:", &system_clock());
    Runner runner(world.cloud, {four_steps()}, without_poll());
    runner.start();
    for (int i = 0; i < 20; ++i) world.start(Build{"t"});
    CHECK(plan->waiting.reaches(20));
    plan->ready = true;
    world.journal_entry("gate", "any");
    CHECK(plan->finished.reaches(20));
}

TEST_CASE("two runners on one database: every step once") {
    std::string engine;
    SUBCASE("sqlite") { engine = "sqlite"; }
    SUBCASE("postgresql") { engine = "postgresql"; }
    CAPTURE(engine);
    plan = std::make_unique<Plan>();
    std::string url = engine == "sqlite" ? "sqlite::memory:"
                                         : nephele::test::PostgresServer::shared().fresh_database();
    World world(url, &system_clock());
    Runner first(world.cloud, {four_steps()}, without_poll());
    Runner second(world.cloud, {four_steps()}, without_poll());
    first.start();
    second.start();
    for (int i = 0; i < 40; ++i) {
        world.start(Build{"t"}, {"thing", "t" + std::to_string(i % 15), "", ""});
        second.wake();
    }
    CHECK(plan->finished.reaches(40));
    first.stop();
    second.stop();
    world.cloud.db().read([&](db::Tx& tx) {
        CHECK(tx.count("SELECT count(*) FROM notes") == 160);
        CHECK(tx.count("SELECT count(DISTINCT line) FROM notes") == 160);
        CHECK(unfinished(tx, 10).empty());
    });
}

TEST_CASE("a lease is renewed while its step runs") {
    plan = std::make_unique<Plan>();
    World world("sqlite::memory:", &system_clock());
    auto options = without_poll();
    options.lease_ms = 60;
    Runner runner(world.cloud, {with_outside()}, options);
    Count renewed;
    int runs = 0;
    plan->outside = [&](Outside& o) {
        ++runs;
        // Until the lease reaches beyond where the first one ended.
        Time first = world.record(o.operation_id).lease_until;
        while (world.record(o.operation_id).lease_until <= first.plus_ms(120))
            std::this_thread::yield();
        renewed.up();
    };
    runner.start();
    world.start(Build{"t"});
    CHECK(renewed.reaches(1));
    CHECK(plan->finished.reaches(1));
    CHECK(runs == 1);
}

TEST_CASE("a stopping runner gives an interrupted outside step back") {
    plan = std::make_unique<Plan>();
    World world("sqlite::memory:", &system_clock());
    auto runner =
        std::make_unique<Runner>(world.cloud, std::vector{with_outside()}, without_poll());
    Count entered;
    plan->outside = [&](Outside& o) {
        entered.up();
        while (!o.cancelled()) std::this_thread::yield();
        throw EngineFailure(EngineFailure::Kind::transient, "interrupted");
    };
    runner->start();
    auto id = world.start(Build{"t"});
    CHECK(entered.reaches(1));
    runner.reset();
    auto record = world.record(id);
    CHECK(record.status == Status::ready);
    CHECK(record.attempt == 0);
    CHECK(record.lease_owner == "");

    plan->outside = nullptr;
    Runner next(world.cloud, {with_outside()}, without_poll());
    next.start();
    CHECK(plan->finished.reaches(1));
}

TEST_CASE("a restarted node goes on with an outside step at once, not when its lease ends") {
    plan = std::make_unique<Plan>();
    World world("sqlite::memory:", &system_clock());
    auto id = world.start(Build{"t"});
    world.cloud.db().write([&](db::Tx& tx) {
        auto end = world.cloud.now().plus_seconds(86'400).us;
        tx.exec("UPDATE operations SET status = 'running', step = 'copy', attempt = 1, lease_owner "
                "= ?, lease_until = ?, wake_at = ? WHERE id = ?",
                db::Params{world.cloud.node() + "/999999999/died/1", end, end, id});
    });
    Runner runner(world.cloud, {with_outside()}, without_poll());
    runner.start();
    CHECK(plan->finished.reaches(1));
    CHECK(world.record(id).status == Status::done);
}
