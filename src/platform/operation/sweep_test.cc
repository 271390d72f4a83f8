// SPDX-License-Identifier: Apache-2.0
// The sweep passes an operation that keeps the rules and catches one that does not.
#include "platform/operation/sweep.h"

#include "platform/operation/test_world.h"

#include <doctest/doctest.h>
#include <set>

using namespace nephele;
using namespace nephele::ops;
using namespace nephele::ops::test;

namespace {

/// The outside: disks by name. It survives the control plane.
struct Outside_ {
    std::set<std::string> wanted, disks, copies;
};
Outside_* outside_world = nullptr;

struct Make {
    static constexpr const char* operation = "test.make";
    std::string disk;
    static const shape::Shape<Make>& shape() {
        static const auto shape = shape::Shape<Make>().field("disk", &Make::disk);
        return shape;
    }
};

void set_status(Step& s, const std::string& status) {
    s.tx.exec("DELETE FROM notes");
    note(s, status);
}
void choose(Step& s, Make& m) {
    m.disk = "disk-" + s.operation_id;
    set_status(s, "chosen");
}
void allocate(Step&, Make& m) { outside_world->wanted.insert(m.disk); }
void deallocate(Step&, Make& m) { outside_world->wanted.erase(m.disk); }
bool allocated(Step& s, Make& m) {
    if (outside_world->disks.count(m.disk)) return true;
    s.wait_for("observed.disk", m.disk);
    return false;
}
bool deallocated(Step& s, Make& m) {
    if (!outside_world->disks.count(m.disk)) return true;
    s.wait_for("observed.disk", m.disk);
    return false;
}
void copy(Outside&, Make& m) { outside_world->copies.insert(m.disk); }
void uncopy(Step&, Make& m) { outside_world->copies.erase(m.disk); }
void finish(Step& s, Make&) { set_status(s, "available"); }
void mark_error(Step& s, Make&) { set_status(s, "error"); }
// Breaks the rule: the name is invented in the step that uses it.
void allocate_nameless(Step& s, Make& m) {
    m.disk = "disk-" + s.new_uuid();
    outside_world->wanted.insert(m.disk);
}

struct MakeWorld : SweepWorld {
    explicit MakeWorld(bool leaky_) : leaky(leaky_) { outside_world = &outside; }
    Cloud& cloud() override { return world.cloud; }
    ManualClock& clock() override { return world.clock; }
    std::vector<Operation> operations() override {
        auto operation = OperationOf<Make>();
        if (!leaky) operation.then("choose", choose);
        operation.step("allocate", leaky ? allocate_nameless : allocate, deallocate)
            .until(allocated)
            .undo_until(deallocated);
        return {
            operation.outside("copy", copy, uncopy).then("finish", finish).if_undone(mark_error)};
    }
    std::string start() override { return world.start(Make{}, {"thing", "t1", "", ""}); }
    void settle() override {
        for (auto& disk : outside.wanted)
            if (outside.disks.insert(disk).second) world.journal_entry("observed.disk", disk);
        for (auto& disk : std::set<std::string>(outside.disks))
            if (!outside.wanted.count(disk) && outside.disks.erase(disk))
                world.journal_entry("observed.disk", disk);
    }
    void check(const Record& end) override {
        settle();
        std::size_t expected = end.status == Status::done ? 1 : 0;
        if (outside.disks.size() != expected)
            throw std::runtime_error(format("{} disks are left", outside.disks.size()));
        if (outside.copies.size() != expected)
            throw std::runtime_error(format("{} copies are left", outside.copies.size()));
        std::string status = end.status == Status::done ? "available" : "error";
        if (world.notes() != status) throw std::runtime_error("its record says " + world.notes());
    }
    World world;
    Outside_ outside;
    bool leaky;
};

} // namespace

TEST_CASE("an operation that keeps the rules passes the sweep") {
    auto result = sweep([] { return std::make_unique<MakeWorld>(false); });
    for (auto& problem : result.problems) FAIL_CHECK(problem);
    CHECK(result.runs > 100);
    MESSAGE("runs: ", result.runs);
}

TEST_CASE("a name invented inside a step leaks, and the sweep sees it") {
    auto result = sweep([] { return std::make_unique<MakeWorld>(true); });
    CHECK_FALSE(result.problems.empty());
    bool leak = false;
    for (auto& problem : result.problems) leak |= problem.find("disks are left") != problem.npos;
    CHECK(leak);
}
