// SPDX-License-Identifier: Apache-2.0
// Simulated hosts as nova sees them: through desired and observed records of a real cloud.
#include "services/nova/compute/fake_maker.h"

#include "base/strings.h"
#include "platform/agent/agent.h"
#include "platform/journal/journal.h"
#include "services/nova/compute/guest_records.h"
#include "services/nova/compute/host.h"
#include "services/nova/compute/test/maker_contract.h"
#include "services/nova/model/host_facts.h"

#include <chrono>
#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::compute;

namespace {

Config config_with(const std::vector<std::string>& settings) {
    Config config;
    config.declare(host_options());
    config.declare({{"data.directory", "/nowhere", "Not written to."}});
    for (const auto& setting : settings) config.set(setting);
    return config;
}

struct World {
    explicit World(std::vector<std::string> settings = {"nova.driver=\"fake\"",
                                                        "nova.fake_hosts=2"})
        : cloud(config_with(settings), db::Database::open({}), system_clock(), ids) {
        cloud.db().migrate(journal::migrations());
        cloud.db().migrate(agent::migrations());
        hint = cloud.db().listen(journal::channel, [this] {
            std::lock_guard lock(mutex);
            changed.notify_all();
        });
        start_hosts(cloud);
    }
    ~World() { stop_hosts(cloud); }

    template <class F> bool eventually(F&& condition) {
        auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        std::unique_lock lock(mutex);
        while (std::chrono::steady_clock::now() < until) {
            lock.unlock();
            bool is_so = condition();
            lock.lock();
            if (is_so) return true;
            changed.wait_for(lock, std::chrono::milliseconds(20));
        }
        return false;
    }
    std::int64_t desire(const GuestSpec& spec, bool force = false,
                        const std::string& host = "fake-1") {
        return write_as_cloud(cloud, "", [&](Context& c) {
            return agent::desire(c, host, guest_kind, spec.server_id,
                                 GuestSpec::shape().image(&spec), force);
        });
    }
    bool reached(const GuestSpec& spec, std::int64_t generation) {
        return eventually([&] {
            return cloud.db().read([&](db::Tx& tx) {
                return agent::reached(tx, "fake-1", guest_kind, spec.server_id, generation);
            });
        });
    }
    GuestStatus status(const GuestSpec& spec) {
        auto seen = cloud.db().read(
            [&](db::Tx& tx) { return agent::observed(tx, "fake-1", guest_kind, spec.server_id); });
        GuestStatus status;
        if (seen) GuestStatus::shape().from_image(seen->status, &status);
        return status;
    }
    GuestSpec guest() {
        GuestSpec spec;
        spec.server_id = ids.uuid();
        spec.name = "instance-00000001";
        spec.hostname = "web";
        spec.memory_mb = 64;
        return spec;
    }
    FakeMaker& fake() { return *hosts_of(cloud)->fake("fake-1"); }

    SeededIds ids{11};
    std::mutex mutex;
    std::condition_variable changed;
    Cloud cloud;
    std::shared_ptr<void> hint;
};

} // namespace

TEST_CASE("simulated hosts say what they have") {
    World world;
    CHECK(world.eventually([&] {
        return world.cloud.db().read([](db::Tx& tx) { return agent::hosts(tx); }).size() == 2;
    }));
    auto hosts = world.cloud.db().read([](db::Tx& tx) { return agent::hosts(tx); });
    HostFacts facts;
    HostFacts::shape().from_image(hosts[0].facts.at(compute_facts_key), &facts);
    CHECK(facts.vcpus == 64);
    CHECK(facts.hypervisor_type == "fake");
}

TEST_CASE("a simulated guest goes through its life") {
    World world;
    auto spec = world.guest();
    REQUIRE(world.reached(spec, world.desire(spec)));
    CHECK(world.status(spec).power_state == power_state::running);
    CHECK(world.fake().find(spec.server_id)->starts == 1);

    spec.power = GuestPower::suspended;
    REQUIRE(world.reached(spec, world.desire(spec)));
    CHECK(world.status(spec).power_state == power_state::suspended);

    spec.power = GuestPower::running;
    spec.soft_reboots = 1;
    REQUIRE(world.reached(spec, world.desire(spec)));
    CHECK(world.status(spec).soft_reboots_done == 1);
    CHECK(world.fake().find(spec.server_id)->restarts == 1);
    CHECK(hosts_of(world.cloud)->find("fake-1")->console_log(spec.server_id, 1000)->size() > 10);

    auto gone = write_as_cloud(world.cloud, "", [&](Context& c) {
        return agent::desire_absent(c, "fake-1", guest_kind, spec.server_id);
    });
    REQUIRE(world.reached(spec, gone));
    CHECK(world.fake().count() == 0);
}

TEST_CASE("a simulated guest that stops by itself stays off until it is asked for again") {
    World world;
    auto spec = world.guest();
    REQUIRE(world.reached(spec, world.desire(spec)));
    world.fake().stop_from_inside(spec.server_id);
    hosts_of(world.cloud)->find("fake-1")->agent()->look_again(guest_kind, spec.server_id);
    CHECK(
        world.eventually([&] { return world.status(spec).power_state == power_state::shut_down; }));
    REQUIRE(world.reached(spec, world.desire(spec, true)));
    CHECK(world.status(spec).power_state == power_state::running);
}

TEST_CASE("simulated hosts fail on demand") {
    World world;
    auto spec = world.guest();
    world.fake().fail_next(spec.server_id, EngineFailure::Kind::permanent);
    auto generation = world.desire(spec);
    CHECK(world.eventually([&] {
        auto seen = world.cloud.db().read(
            [&](db::Tx& tx) { return agent::observed(tx, "fake-1", guest_kind, spec.server_id); });
        return seen && seen->phase == agent::Phase::failed && seen->permanent;
    }));
    CHECK_THROWS_AS(world.reached(spec, generation), EngineFailure);
    CHECK(world.fake().count() == 0);
}

TEST_CASE("an unknown driver is refused with the choices") {
    try {
        World world({"nova.driver=\"xen\""});
        FAIL("started");
    } catch (const Failure& e) {
        CHECK(std::string(e.what()).find("libvirt") != std::string::npos);
    }
}

TEST_CASE("the simulated maker keeps the contract") {
    World world({"nova.driver=\"none\""});
    FakeMaker maker;
    MakerContract(maker, world.guest()).run();
    CHECK(maker.count() == 0);
}
