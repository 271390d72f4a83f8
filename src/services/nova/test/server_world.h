// SPDX-License-Identifier: Apache-2.0
// The world of a sweep over an operation on one server.
#pragma once
#include "platform/operation/sweep.h"
#include "services/nova/ops/operations.h"
#include "services/nova/service.h"
#include "services/nova/store/servers.h"
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

namespace nephele::nova::test {

struct ServerWorld : ops::SweepWorld {
    ManualClock manual;
    World world{2, &manual};
    std::string id;

    Cloud& cloud() override { return world.cloud.cloud(); }
    ManualClock& clock() override { return manual; }
    std::vector<ops::Operation> operations() override { return service().operations; }
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

template <class W> void sweep_all(int least) {
    auto result = ops::sweep([] { return std::make_unique<W>(); });
    for (auto& problem : result.problems) FAIL_CHECK(problem);
    CHECK(result.runs >= least);
    MESSAGE(result.runs << " runs");
}

} // namespace nephele::nova::test
