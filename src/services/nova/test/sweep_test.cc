// SPDX-License-Identifier: Apache-2.0
// Every operation of nova, troubled at every step: fails for a while, fails for good, dies, is
// repeated, is cancelled. Whatever happens, the invariants of `nephele check` hold at the end.
#include "platform/operation/sweep.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/servers.h"
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::test;

namespace {
struct ServerWorld : ops::SweepWorld {
    ManualClock manual;
    World world{2, &manual};
    std::string id;

    Cloud& cloud() override { return world.cloud.cloud(); }
    ManualClock& clock() override { return manual; }
    std::vector<ops::Operation> operations() override {
        return {create_server(), delete_server(), change_power()};
    }
    void settle() override {
        while (world.hosts.work() || bring_ports_up(cloud())) {
        }
    }
    void crashed() override { world.hosts.reconnect(); }
    std::string operation_of(const char* name) {
        return cloud().db().read([&](db::Tx& tx) {
            for (auto& one : ops::of_resource(tx, "server", id))
                if (one.name == name) return one.id;
            return std::string();
        });
    }
    std::optional<Server> server() {
        return cloud().db().read([&](db::Tx& tx) { return store::find_server(tx, id); });
    }
    void expect(bool good, const std::string& what) {
        if (!good) throw std::runtime_error(what);
    }
    void check_invariants() {
        settle();
        auto broken = broken_invariants(cloud());
        expect(broken.empty(), broken.empty() ? "" : broken.front());
    }
    std::size_t guests() {
        std::size_t count = 0;
        for (auto& [host, there] : world.hosts.guests) count += there.count(id);
        return count;
    }
};

struct CreateWorld : ServerWorld {
    std::string start() override {
        id = world.create("web");
        return operation_of(CreateServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        bool made = end.status == ops::Status::done;
        auto now = server();
        expect(now.has_value(), "the server is gone");
        expect(now->vm_state == (made ? VmState::active : VmState::error), "wrong vm_state");
        expect(!now->task_state, "a task is left");
        expect(guests() == (made ? 1 : 0), "wrong number of guests");
        expect(made || (now->fault && !now->host), "no fault, or still on a host");
    }
};

struct DeleteWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.call("DELETE", "/servers/" + id, world.member);
        return operation_of(DeleteServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        if (end.status == ops::Status::done) {
            expect(!now, "the server is still there");
            expect(guests() == 0, "its guest is still there");
        } else {
            expect(now && now->vm_state == VmState::error && !now->task_state,
                   "a failed delete leaves an ERROR that can be deleted again");
        }
    }
};

struct StopWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.act(id, Json::object({{"os-stop", Json()}}));
        return operation_of(ChangePower::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        bool stopped = end.status == ops::Status::done;
        expect(now && !now->task_state, "a task is left");
        expect(now->vm_state == (stopped ? VmState::stopped : VmState::active), "wrong vm_state");
        auto& spec = world.hosts.guests[*now->host][id];
        expect(spec.text("power") == (stopped ? "stopped" : "running"),
               "the host was not told what the server says");
    }
};

template <class W> void sweep_all(int least) {
    auto result = ops::sweep([] { return std::make_unique<W>(); });
    for (auto& problem : result.problems) FAIL_CHECK(problem);
    CHECK(result.runs >= least);
    MESSAGE(result.runs << " runs");
}
} // namespace

TEST_CASE("nova sweep: create") { sweep_all<CreateWorld>(20); }
TEST_CASE("nova sweep: delete") { sweep_all<DeleteWorld>(10); }
TEST_CASE("nova sweep: change power") { sweep_all<StopWorld>(10); }
