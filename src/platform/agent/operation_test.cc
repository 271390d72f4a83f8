// SPDX-License-Identifier: Apache-2.0
// Agents and operations together: an operation desires something on a host, waits for it, and takes
// it away again when it is undone.
#include "base/strings.h"
#include "platform/agent/control.h"
#include "platform/journal/journal.h"
#include "platform/operation/sweep.h"

#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <mutex>
#include <set>

using namespace nephele;

namespace {

struct Boot {
    static constexpr const char* operation = "test.boot";
    std::string guest;
    std::int64_t generation = 0, absence = 0;
    static const shape::Shape<Boot>& shape() {
        static const auto shape = shape::Shape<Boot>()
                                      .field("guest", &Boot::guest)
                                      .field("generation", &Boot::generation)
                                      .field("absence", &Boot::absence);
        return shape;
    }
};

struct Finished {
    std::mutex mutex;
    std::condition_variable changed;
    int count = 0;
};
Finished* finished = nullptr;

bool reached(ops::Step& s, const Boot& b, std::int64_t generation) {
    if (agent::reached(s.tx, "h1", "guest", b.guest, generation)) return true;
    s.wait_for("observed.guest", agent::journal_id("h1", b.guest));
    return false;
}
void define(ops::Step& s, Boot& b) {
    b.generation = agent::desire(s, "h1", "guest", b.guest, Json::object({{"memory", 64}}));
}
bool defined(ops::Step& s, Boot& b) { return reached(s, b, b.generation); }
void undefine(ops::Step& s, Boot& b) {
    b.absence = agent::desire_absent(s, "h1", "guest", b.guest);
}
bool undefined(ops::Step& s, Boot& b) { return reached(s, b, b.absence); }
void finish(ops::Step& s, Boot&) {
    if (!finished) return;
    s.tx.on_commit([] {
        std::lock_guard lock(finished->mutex);
        ++finished->count;
        finished->changed.notify_all();
    });
}

ops::Operation boot() {
    return ops::OperationOf<Boot>()
        .step("define", define, undefine)
        .until(defined)
        .undo_until(undefined)
        .then("finish", finish);
}

struct Guests : agent::Maker {
    agent::Observed ensure(const agent::Desired& desired,
                           const std::function<void(const agent::Observed&)>&) override {
        std::lock_guard lock(mutex);
        desired.absent ? guests.erase(desired.id) : guests.insert(desired.id).second;
        agent::Observed out;
        out.phase = desired.absent ? agent::Phase::absent : agent::Phase::ready;
        return out;
    }
    std::vector<std::string> present() override {
        std::lock_guard lock(mutex);
        return {guests.begin(), guests.end()};
    }
    void remove_stray(const std::string& id) override {
        std::lock_guard lock(mutex);
        guests.erase(id);
    }
    std::mutex mutex;
    std::set<std::string> guests;
};

std::unique_ptr<db::Database> fresh_database() {
    auto database = db::Database::open({});
    database->migrate(journal::migrations());
    database->migrate(ops::migrations());
    database->migrate(agent::migrations());
    return database;
}

std::string start_boot(Cloud& cloud, const std::string& guest) {
    return write_as_cloud(cloud, "req-1", [&](Context& context) {
        return ops::start(context, Boot{guest}, {"server", guest, "project", ""});
    });
}

/// The sweep's world: a host that does as it is told whenever nothing else moves.
struct BootWorld : ops::SweepWorld {
    Cloud& cloud() override { return cloud_; }
    ManualClock& clock() override { return clock_; }
    std::vector<ops::Operation> operations() override { return {boot()}; }
    std::string start() override { return start_boot(cloud_, "g1"); }
    void settle() override {
        auto delta = cloud_.db().read(
            [&](db::Tx& tx) { return agent::control::changes(tx, "h1", change_); });
        std::vector<agent::Observed> seen;
        for (auto& record : delta.records) {
            auto& one = seen.emplace_back(guests_.ensure(record, nullptr));
            one.kind = record.kind;
            one.id = record.id;
            one.generation = record.generation;
        }
        change_ = delta.change;
        write_as_cloud(cloud_, "",
                       [&](Context& context) { agent::control::save_report(context, "h1", seen); });
    }
    void check(const ops::Record& end) override {
        settle();
        std::size_t expected = end.status == ops::Status::done ? 1 : 0;
        auto left = cloud_.db().read(
            [](db::Tx& tx) { return agent::control::changes(tx, "h1", 0).records.size(); });
        if (guests_.guests.size() != expected || left != expected)
            throw std::runtime_error(format("{} guests, {} records", guests_.guests.size(), left));
    }

    ManualClock clock_;
    SeededIds ids_{9};
    Cloud cloud_{Config(), fresh_database(), clock_, ids_};
    Guests guests_;
    std::int64_t change_ = 0;
};

} // namespace

TEST_CASE("an operation that desires passes the sweep and leaves nothing on the host") {
    auto result = ops::sweep([] { return std::make_unique<BootWorld>(); });
    for (auto& problem : result.problems) FAIL_CHECK(problem);
    CHECK(result.runs > 30);
}

TEST_CASE("operations, journal and an agent in one process go by hints alone") {
    Finished done;
    finished = &done;
    SeededIds ids{9};
    Cloud cloud(Config(), fresh_database(), system_clock(), ids);
    ops::RunnerOptions options;
    options.poll_ms = 3'600'000;
    ops::Runner runner(cloud, {boot()}, options);
    runner.start();
    auto link = agent::in_process_link(cloud);
    auto guests = std::make_shared<Guests>();
    agent::Agent agent({"h1", "", 2}, *link, {{"guest", guests}}, system_clock(),
                       [] { return Json::object(); });
    agent.start();
    for (int i = 0; i < 30; ++i) start_boot(cloud, format("g{}", i));
    {
        std::unique_lock lock(done.mutex);
        CHECK(done.changed.wait_for(lock, std::chrono::seconds(60),
                                    [&] { return done.count == 30; }));
    }
    agent.stop();
    runner.stop();
    finished = nullptr;
    CHECK(guests->guests.size() == 30);
}
