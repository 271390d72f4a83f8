// SPDX-License-Identifier: Apache-2.0
// The rules of operations, step by step in one thread and on a clock that is moved by hand.
#include "platform/operation/test_world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::ops;
using namespace nephele::ops::test;

namespace {

// What the steps below are told to do; reset by each test.
struct Plan {
    std::function<void(Step&)> in_b;
    std::function<void(Step&)> in_undo_b;
    std::function<bool(Step&)> ready;
    std::function<void(Step&)> when_parked;
    std::function<void(Outside&)> outside;
};
Plan plan;

void run_a(Step& s, Build& b) {
    ++b.count;
    note(s, "a");
}
void undo_a(Step& s, Build&) { note(s, "undo a"); }
void run_b(Step& s, Build& b) {
    ++b.count;
    note(s, format("b{}", s.attempt));
    if (plan.in_b) plan.in_b(s);
}
void undo_b(Step& s, Build&) {
    note(s, "undo b");
    if (plan.in_undo_b) plan.in_undo_b(s);
}
bool until_b(Step& s, Build&) { return !plan.ready || plan.ready(s); }
void run_c(Step& s, Build& b) {
    ++b.count;
    note(s, "c");
}
void if_undone(Step& s, Build&) { note(s, "undone: " + s.failure->code()); }
void if_parked(Step& s, Build&) {
    note(s, "parked");
    if (plan.when_parked) plan.when_parked(s);
}
void run_outside(Outside& o, Build& b) {
    b.count += 10;
    if (plan.outside) plan.outside(o);
}

Operation build() {
    plan = {};
    return OperationOf<Build>()
        .step("a", run_a, undo_a)
        .step("b", run_b, undo_b)
        .until(until_b)
        .within_ms(60'000)
        .attempts(3)
        .then("c", run_c)
        .if_undone(if_undone)
        .if_parked(if_parked);
}

struct Fixture : World {
    Fixture() : runner(std::make_unique<Runner>(cloud, std::vector{build()}, by_hand())) {}
    std::string go() { return start(Build{"t1"}, {"thing", "t1", "p1", ""}); }
    /// Moves the clock to when the operation is due again and runs what is ready.
    void later(const std::string& id) {
        Time wake = record(id).wake_at;
        REQUIRE(wake.us > 0);
        clock.advance_ms(std::max<std::int64_t>((wake.us - clock.now().us) / 1000 + 1, 0));
        runner->run_ready();
    }
    void restart(std::vector<Operation> operations) {
        runner.reset();
        runner = std::make_unique<Runner>(cloud, std::move(operations), by_hand());
    }
    std::vector<std::string> ids_of(const std::string& kind, const std::string& id) {
        std::vector<std::string> out;
        for (auto& r : cloud.db().read([&](db::Tx& tx) { return of_resource(tx, kind, id); }))
            out.push_back(r.id);
        return out;
    }
    std::unique_ptr<Runner> runner;
};

[[noreturn]] void fail_transient() {
    throw EngineFailure(EngineFailure::Kind::transient, "busy, try later");
}

} // namespace

TEST_CASE_FIXTURE(Fixture, "steps run in order, each saved, to done") {
    auto id = go();
    CHECK(record(id).status == Status::ready);
    CHECK(runner->run_one());
    CHECK(record(id).step == "b");
    CHECK(record(id).state.integer("count") == 1);
    CHECK(record(id).percent == 33);
    runner->run_ready();
    auto end = record(id);
    CHECK(end.status == Status::done);
    CHECK(end.percent == 100);
    CHECK(end.state.integer("count") == 3);
    CHECK(end.request_id == "req-1");
    CHECK(end.project_id == "p1");
    CHECK(notes() == "a,b1,c");
    CHECK_FALSE(runner->run_one());
}

TEST_CASE_FIXTURE(Fixture, "an operation as it is shown") {
    auto id = go();
    runner->run_ready();
    Record end = record(id);
    auto shown = Record::shape().write(&end, {});
    CHECK(shown.text("name") == "test.build");
    CHECK(shown.text("status") == "done");
    CHECK(shown.get("wake_at").is_null());
    CHECK(shown.text("resource_id") == "t1");
    CHECK(shown.get("state").integer("count") == 3);
}

TEST_CASE_FIXTURE(Fixture, "an operation of a rolled back transaction never was") {
    CHECK_THROWS_AS(write_as_cloud(cloud, "",
                                   [&](Context& context) {
                                       ops::start(context, Build{"t1"});
                                       throw conflict("No", "no");
                                   }),
                    Failure);
    runner->run_ready();
    CHECK(notes() == "");
    CHECK(cloud.db().read([](db::Tx& tx) { return unfinished(tx, 10); }).empty());
}

TEST_CASE_FIXTURE(Fixture, "a new runner goes on in the middle") {
    auto id = go();
    CHECK(runner->run_one());
    restart({build()});
    runner->run_ready();
    CHECK(record(id).status == Status::done);
    CHECK(notes() == "a,b1,c");
}

TEST_CASE_FIXTURE(Fixture, "a transient failure is tried again later and leaves nothing behind") {
    plan.in_b = [](Step& s) {
        if (s.attempt == 1) fail_transient();
    };
    auto id = go();
    runner->run_ready();
    auto r = record(id);
    CHECK(r.status == Status::ready);
    CHECK(r.attempt == 1);
    CHECK(r.state.integer("count") == 1);
    CHECK(r.failure.text("message") == "busy, try later");
    auto wait_ms = (r.wake_at.us - clock.now().us) / 1000;
    CHECK(wait_ms >= 75);
    CHECK(wait_ms <= 125);
    later(id);
    CHECK(record(id).status == Status::done);
    CHECK(record(id).failure.is_null());
    CHECK(notes() == "a,b2,c");
}

TEST_CASE_FIXTURE(Fixture, "attempts come to an end, then everything is undone in reverse") {
    int tried = 0;
    plan.in_b = [&](Step&) {
        ++tried;
        throw Failure(Fault::unavailable, "Away", "The volume host is away.");
    };
    auto id = go();
    runner->run_ready();
    later(id);
    later(id);
    auto end = record(id);
    CHECK(tried == 3);
    CHECK(end.status == Status::undone);
    CHECK(end.failure.text("code") == "Away");
    CHECK(end.failure.text("step") == "b");
    CHECK(notes() == "a,undo b,undo a,undone: Away");
}

TEST_CASE_FIXTURE(Fixture, "a permanent failure undoes at once, the failed step first") {
    plan.in_b = [](Step&) { throw conflict("Taken", "The name is taken."); };
    auto id = go();
    runner->run_ready();
    CHECK(record(id).status == Status::undone);
    CHECK(record(id).undoing);
    CHECK(notes() == "a,undo b,undo a,undone: Taken");
}

TEST_CASE_FIXTURE(Fixture, "an unexpected exception is retried like an outage") {
    plan.in_b = [](Step& s) {
        if (s.attempt == 1) s.tx.exec("INSERT INTO notes (line) VALUES (NULL)");
    };
    auto id = go();
    runner->run_ready();
    CHECK(record(id).failure.text("code") == "UnexpectedError");
    later(id);
    CHECK(record(id).status == Status::done);
}

TEST_CASE_FIXTURE(Fixture, "a wait ends with the journal entry, not before") {
    bool ready = false;
    int asked = 0;
    plan.ready = [&](Step& s) {
        ++asked;
        if (!ready) s.wait_for("observed.volume", "host/t1");
        return ready;
    };
    auto id = go();
    runner->run_ready();
    CHECK(record(id).status == Status::waiting);
    CHECK(record(id).waits.dump() == R"([["observed.volume","host/t1"]])");
    ready = true;
    journal_entry("observed.volume", "host/other");
    journal_entry("volume", "host/t1");
    runner->run_ready();
    CHECK(asked == 1);
    journal_entry("observed.volume", "host/t1");
    runner->run_ready();
    CHECK(asked == 2);
    CHECK(record(id).status == Status::done);
    CHECK(notes() == "a,b1,c");
}

TEST_CASE_FIXTURE(Fixture, "an entry written while no runner lived is found") {
    bool ready = false;
    plan.ready = [&](Step& s) {
        if (!ready) s.wait_for("observed.volume", "host/t1");
        return ready;
    };
    auto id = go();
    runner->run_ready();
    auto kept = plan;
    runner.reset();
    ready = true;
    journal_entry("observed.volume", "host/t1");
    restart({build()});
    plan = kept;
    runner->run_ready();
    CHECK(record(id).status == Status::done);
}

TEST_CASE_FIXTURE(Fixture,
                  "a wait without an entry is asked again by time, and ends at the deadline") {
    int asked = 0;
    plan.ready = [&](Step& s) {
        ++asked;
        s.wait_ms(10'000);
        return false;
    };
    auto id = go();
    runner->run_ready();
    // The net is closer than the wait that was asked for.
    CHECK(record(id).wake_at == clock.now().plus_ms(1000));
    for (int i = 0; i < 30 && record(id).status == Status::waiting; ++i) later(id);
    CHECK(asked > 5);
    CHECK(asked < 20);
    auto end = record(id);
    CHECK(end.status == Status::undone);
    CHECK(end.failure.text("code") == "StepTimedOut");
    CHECK(clock.now().us - end.created_at.us < 62'000'000);
    CHECK(notes() == "a,b1,undo b,undo a,undone: StepTimedOut");
}

TEST_CASE_FIXTURE(Fixture, "a question that fails is asked again; one that fails for good undoes") {
    std::string how = "transient";
    plan.ready = [&](Step& s) -> bool {
        if (how == "wait") s.wait_for("x", "y");
        if (how == "wait") return false;
        if (how == "transient") fail_transient();
        throw EngineFailure(EngineFailure::Kind::permanent, "no such pool");
    };
    how = "wait";
    auto id = go();
    runner->run_ready();
    how = "transient";
    journal_entry("x", "y");
    runner->run_ready();
    CHECK(record(id).status == Status::waiting);
    CHECK(record(id).attempt == 1);
    how = "permanent";
    later(id);
    CHECK(record(id).status == Status::undone);
    CHECK(record(id).failure.text("message") == "no such pool");
    CHECK(notes() == "a,b1,undo b,undo a,undone: EngineFailure");
}

TEST_CASE_FIXTURE(Fixture, "an unknown outcome runs the step again") {
    int asked = 0;
    plan.ready = [&](Step& s) -> bool {
        if (++asked == 1) s.wait_for("x", "y");
        if (asked == 1) return false;
        if (asked == 2) throw EngineFailure(EngineFailure::Kind::unknown, "connection lost");
        return true;
    };
    auto id = go();
    runner->run_ready();
    journal_entry("x", "y");
    runner->run_ready();
    CHECK(record(id).status == Status::ready);
    later(id);
    CHECK(record(id).status == Status::done);
    CHECK(notes() == "a,b1,b2,c");
}

TEST_CASE_FIXTURE(Fixture, "cancelled while waiting") {
    plan.ready = [](Step& s) {
        s.wait_for("x", "y");
        return false;
    };
    auto id = go();
    runner->run_ready();
    CHECK(cancel("t1") == 1);
    CHECK(cancel("t1") == 0);
    CHECK(cancel("other") == 0);
    runner->run_ready();
    CHECK(record(id).status == Status::undone);
    CHECK(record(id).failure.text("code") == "Cancelled");
    CHECK(record(id).failure.text("message") == "Cancelled: not wanted any more");
    CHECK(notes() == "a,b1,undo b,undo a,undone: Cancelled");
}

TEST_CASE_FIXTURE(Fixture, "cancelled between steps: what never began is not undone") {
    auto id = go();
    CHECK(runner->run_one());
    CHECK(cancel("t1") == 1);
    runner->run_ready();
    CHECK(notes() == "a,undo a,undone: Cancelled");
    CHECK(cancel("t1") == 0);
    CHECK(record(id).status == Status::undone);
}

TEST_CASE_FIXTURE(Fixture, "an undo that keeps failing parks; resumed it goes on") {
    bool broken = true;
    plan.in_b = [](Step&) { throw conflict("Taken", "The name is taken."); };
    plan.in_undo_b = [&](Step&) {
        if (broken) throw conflict("StillInUse", "The disk is still in use.");
    };
    auto id = go();
    runner->run_ready();
    CHECK(record(id).status == Status::undoing);
    later(id);
    later(id);
    auto r = record(id);
    CHECK(r.status == Status::parked);
    CHECK(r.failure.text("code") == "Taken");
    CHECK(r.failure.get("parked").text("code") == "StillInUse");
    CHECK(notes() == "a,parked");
    clock.advance_ms(1'000'000'000);
    runner->run_ready();
    CHECK(record(id).status == Status::parked);

    broken = false;
    write_as_cloud(cloud, "", [&](Context& context) { resume_parked(context, id); });
    runner->run_ready();
    CHECK(record(id).status == Status::undone);
    CHECK(notes() == "a,parked,undo b,undo a,undone: Taken");
    CHECK_THROWS_AS(
        write_as_cloud(cloud, "", [&](Context& context) { resume_parked(context, id); }), Failure);
}

TEST_CASE_FIXTURE(Fixture, "parking does not depend on the if_parked function") {
    plan.in_b = [](Step&) { throw conflict("Taken", "The name is taken."); };
    plan.in_undo_b = [](Step&) { throw conflict("StillInUse", "The disk is still in use."); };
    plan.when_parked = [](Step&) { throw conflict("Oops", "oops"); };
    auto id = go();
    runner->run_ready();
    later(id);
    later(id);
    CHECK(record(id).status == Status::parked);
    CHECK(notes() == "a");
}

TEST_CASE_FIXTURE(Fixture, "what a new version does not know is parked with the reason") {
    auto id = go();
    restart({});
    runner->run_ready();
    CHECK(record(id).status == Status::parked);
    CHECK(record(id).failure.get("parked").text("code") == "UnknownOperation");

    restart({build()});
    write_as_cloud(cloud, "", [&](Context& context) { resume_parked(context, id); });
    CHECK(runner->run_one());
    CHECK(record(id).step == "b");
    restart({OperationOf<Build>().step("a", run_a, undo_a).then("c", run_c).if_parked(if_parked)});
    runner->run_ready();
    CHECK(record(id).status == Status::parked);
    CHECK(record(id).failure.get("parked").text("code") == "UnknownStep");
    CHECK(notes() == "a,parked");
}

TEST_CASE_FIXTURE(Fixture, "operations of one key run one after the other, others beside them") {
    std::set<std::string> ready;
    plan.ready = [&](Step& s) {
        s.wait_for("gate", "any");
        return ready.count(s.operation_id) > 0;
    };
    auto first = go(), second = go(), third = go();
    auto other = start(Build{"t2"}, {"thing", "t2", "", ""});
    runner->run_ready();
    CHECK(record(first).status == Status::waiting);
    CHECK(record(other).status == Status::waiting);
    CHECK(record(second).step == "");
    CHECK(record(second).wake_at.us == 0);

    ready = {first};
    journal_entry("gate", "any");
    runner->run_ready();
    CHECK(record(first).status == Status::done);
    CHECK(record(second).status == Status::waiting);
    CHECK(record(third).step == "");

    // An end by undoing lets the next one run as well.
    ready = {third};
    CHECK(cancel("t1") == 2);
    runner->run_ready();
    CHECK(record(second).status == Status::undone);
    CHECK(record(third).status == Status::undone);
    CHECK(ids_of("thing", "t1") == std::vector{first, second, third});
}

TEST_CASE_FIXTURE(Fixture, "a parked operation does not block those behind it") {
    plan.in_b = [&](Step&) { throw conflict("Taken", "The name is taken."); };
    plan.in_undo_b = [&](Step&) { throw conflict("StillInUse", "The disk is still in use."); };
    auto first = go(), second = go();
    runner->run_ready();
    later(first);
    plan.in_b = nullptr;
    later(first);
    CHECK(record(first).status == Status::parked);
    CHECK(record(second).status == Status::done);
}

TEST_CASE("an outside step runs under a lease; its end is saved once") {
    World world;
    plan = {};
    int runs = 0;
    Operation operation =
        OperationOf<Build>().outside("copy", run_outside).attempts(3).then("c", run_c);
    Runner runner(world.cloud, {operation}, by_hand());
    auto id = world.start(Build{"t1"});
    plan.outside = [&](Outside& o) {
        ++runs;
        auto r = world.record(id);
        CHECK(r.status == Status::running);
        CHECK(r.lease_until == world.clock.now().plus_ms(30'000));
        CHECK(o.attempt == 1);
        CHECK_FALSE(o.cancelled());
    };
    runner.run_ready();
    CHECK(runs == 1);
    CHECK(world.record(id).status == Status::done);
    CHECK(world.record(id).state.integer("count") == 11);
    CHECK(world.record(id).lease_owner == "");
}

TEST_CASE("an outside step whose runner died is run again when the lease is over") {
    World world;
    plan = {};
    Operation operation = OperationOf<Build>()
                              .outside("copy", run_outside, undo_a)
                              .attempts(3)
                              .then("c", run_c)
                              .if_undone(if_undone);
    auto runner = std::make_unique<Runner>(world.cloud, std::vector{operation}, by_hand());
    auto id = world.start(Build{"t1"});
    bool dies = true;
    std::vector<int> attempts;
    plan.outside = [&](Outside& o) {
        attempts.push_back(o.attempt);
        if (dies) throw Crash{};
    };
    CHECK_THROWS_AS(runner->run_ready(), Crash);
    runner = std::make_unique<Runner>(world.cloud, std::vector{operation}, by_hand());
    runner->run_ready();
    CHECK(attempts == std::vector{1});
    world.clock.advance_ms(30'001);
    dies = false;
    runner->run_ready();
    CHECK(attempts == std::vector{1, 2});
    CHECK(world.record(id).state.integer("count") == 11);

    // One that kills its process each time comes to an end.
    dies = true;
    id = world.start(Build{"t2"});
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(runner->run_ready(), Crash);
        runner = std::make_unique<Runner>(world.cloud, std::vector{operation}, by_hand());
        world.clock.advance_ms(30'001);
    }
    runner->run_ready();
    CHECK(world.record(id).status == Status::undone);
    CHECK(world.record(id).failure.text("code") == "StepDied");
}

TEST_CASE("an outside step that lost its lease does not save") {
    World world;
    plan = {};
    Operation operation = OperationOf<Build>().outside("copy", run_outside).then("c", run_c);
    Runner slow(world.cloud, {operation}, by_hand()), quick(world.cloud, {operation}, by_hand());
    auto id = world.start(Build{"t1"});
    bool nested = false;
    plan.outside = [&](Outside&) {
        if (std::exchange(nested, true)) return;
        world.clock.advance_ms(30'001);
        quick.run_ready();
        CHECK(world.record(id).status == Status::done);
    };
    slow.run_ready();
    CHECK(nested);
    CHECK(world.notes() == "c");
    CHECK(world.record(id).state.integer("count") == 11);
}

TEST_CASE("an outside step sees that it is cancelled, and is undone") {
    World world;
    plan = {};
    Operation operation = OperationOf<Build>()
                              .outside("copy", run_outside, undo_a)
                              .then("c", run_c)
                              .if_undone(if_undone);
    Runner runner(world.cloud, {operation}, by_hand());
    auto id = world.start(Build{"t1"}, {"thing", "t1", "", ""});
    plan.outside = [&](Outside& o) {
        CHECK(world.cancel("t1") == 1);
        CHECK(o.cancelled());
    };
    runner.run_ready();
    CHECK(world.notes() == "undo a,undone: Cancelled");
    CHECK(world.record(id).status == Status::undone);
}

TEST_CASE_FIXTURE(Fixture, "a step's own progress is kept") {
    plan.in_b = [](Step& s) { s.progress(70); };
    plan.ready = [](Step& s) {
        s.wait_for("x", "y");
        return false;
    };
    auto id = go();
    runner->run_ready();
    CHECK(record(id).percent == 70);
}

TEST_CASE_FIXTURE(Fixture, "old finished operations are deleted, unfinished never") {
    plan.ready = [](Step&) { return true; };
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(start(Build{"t"}));
        runner->run_ready();
        clock.advance_ms(1000);
    }
    plan.ready = [](Step& s) {
        s.wait_for("x", "y");
        return false;
    };
    auto open = start(Build{"t"});
    runner->run_ready();
    auto prune_at = [&](Time before, int keep) {
        return write_as_cloud(cloud, "",
                              [&](Context& context) { return prune(context, before, keep); });
    };
    CHECK(prune_at(clock.now().plus_ms(-4500), 100) == 1);
    CHECK(prune_at({}, 3) == 1);
    CHECK(prune_at(clock.now().plus_seconds(10), 100) == 3);
    CHECK(record(open).status == Status::waiting);
}
