// SPDX-License-Identifier: Apache-2.0
// The contract of Hypervisor on the fake and on libvirt's own test driver, which needs no daemon.
// Real QEMU guests: tests/live.
#include "base/process.h"
#include "engines/libvirt/boot_probe.h"
#include "engines/libvirt/domain_xml.h"
#include "engines/libvirt/fake.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <doctest/doctest.h>
#include <mutex>

using namespace nephele;
using namespace nephele::libvirt;

namespace {

const char* uuid = "11111111-0000-4000-8000-000000000001";

std::string description(const char* type) {
    return std::string("<domain type='") + type + "'><name>instance-00000001</name><uuid>" + uuid +
           "</uuid><metadata><nephele:instance xmlns:nephele='" + metadata_namespace +
           "'><nephele:entry name='id'>" + uuid +
           "</nephele:entry></nephele:instance></metadata><memory unit='MiB'>64</memory>"
           "<vcpu>1</vcpu><os><type>hvm</type></os></domain>";
}

DomainState state(Hypervisor& host) {
    auto info = host.find(uuid);
    REQUIRE(info);
    return info->state;
}

enum class PausedStart { works, missing };

void check_contract(Hypervisor& host, const std::string& xml, PausedStart paused_start) {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<LifecycleEvent::Kind> heard;
    host.on_lifecycle([&](const LifecycleEvent& event) {
        std::lock_guard lock(mutex);
        if (event.uuid == uuid) heard.push_back(event.kind);
        changed.notify_all();
    });
    CHECK_FALSE(host.find(uuid));
    CHECK_THROWS_AS(host.start(uuid), EngineFailure);
    host.destroy(uuid);
    host.ensure_undefined(uuid);

    host.ensure_defined(xml);
    host.ensure_defined(xml);
    auto info = host.find(uuid);
    REQUIRE(info);
    CHECK(info->name == "instance-00000001");
    CHECK(info->instance == uuid);
    CHECK(info->persistent);
    CHECK(info->state == DomainState::shut_off);

    host.start(uuid);
    host.start(uuid);
    CHECK(state(host) == DomainState::running);
    host.pause(uuid);
    host.pause(uuid);
    CHECK(state(host) == DomainState::paused);
    host.resume(uuid);
    host.resume(uuid);
    CHECK(state(host) == DomainState::running);
    host.save(uuid);
    CHECK(state(host) == DomainState::shut_off);
    CHECK(host.find(uuid)->has_saved_memory);
    host.start(uuid);
    CHECK_FALSE(host.find(uuid)->has_saved_memory);
    host.destroy(uuid);
    host.destroy(uuid);
    CHECK(state(host) == DomainState::shut_off);
    CHECK_THROWS_AS(host.pause(uuid), EngineFailure);
    CHECK(host.xml(uuid).find("<name>instance-00000001</name>") != std::string::npos);
    if (paused_start == PausedStart::works) {
        host.start(uuid, Running::paused);
        CHECK(state(host) == DomainState::paused);
    } else {
        host.start(uuid);
    }
    host.ensure_undefined(uuid);
    CHECK_FALSE(host.find(uuid));
    try {
        host.ensure_defined("<domain/>");
        FAIL("accepted");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::permanent);
    }
    std::unique_lock lock(mutex);
    using Kind = LifecycleEvent::Kind;
    CHECK(changed.wait_for(lock, std::chrono::seconds(10), [&] {
        return std::count(heard.begin(), heard.end(), Kind::started) >= 3 &&
               std::count(heard.begin(), heard.end(), Kind::paused) >= 1 &&
               std::count(heard.begin(), heard.end(), Kind::stopped) >= 2;
    }));
}

} // namespace

TEST_CASE("contract: fake") {
    FakeHypervisor host;
    check_contract(host, description("qemu"), PausedStart::works);
}

TEST_CASE("contract: libvirt's test driver") {
    auto host = connect_libvirt("test:///default");
    CHECK(host->capabilities().cpus > 0);
    CHECK(host->list().size() == 1); // The driver brings one guest of its own.
    CHECK(host->list()[0].instance == "");
    check_contract(*host, description("test"), PausedStart::missing);
}

TEST_CASE("the fake fails on demand") {
    FakeHypervisor host;
    host.ensure_defined(description("qemu"));
    host.fail_next("start", EngineFailure::Kind::transient);
    CHECK_THROWS_AS(host.start(uuid), EngineFailure);
    CHECK(state(host) == DomainState::shut_off);
    host.fail_next("start", EngineFailure::Kind::unknown, 1, true);
    CHECK_THROWS_AS(host.start(uuid), EngineFailure);
    CHECK(state(host) == DomainState::running);
    host.start(uuid);
    host.stop_from_inside(uuid, DomainState::crashed);
    CHECK(state(host) == DomainState::crashed);
}

TEST_CASE("a daemon that is not there") {
    auto host = connect_libvirt("qemu+unix:///system?socket=/nonexistent/libvirt-sock", 300);
    CHECK_FALSE(host->connected());
    try {
        host->list();
        FAIL("answered");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::transient);
        CHECK(std::string(failure.what()).find("/nonexistent/libvirt-sock") != std::string::npos);
    }
}

TEST_CASE("the boot sector is what its source says") {
    const std::string disk = boot_probe_disk();
    CHECK(disk.size() == 64 * 1024);
    CHECK(disk.substr(510, 2) == "\x55\xaa");
    CHECK(disk.find("nephele: guest code runs") < 510);
    char directory[] = "/tmp/nephele-probe-XXXXXX";
    REQUIRE(::mkdtemp(directory));
    const std::string stem = std::string(directory) + "/boot";
    const bool assembled =
        run_process({"as", "--64", "src/engines/libvirt/boot_probe.S", "-o", stem + ".o"}).ok() &&
        run_process({"ld", "-Ttext", "0x7c00", "--oformat", "binary", "-o", stem, stem + ".o"})
            .ok();
    if (assembled)
        CHECK(run_process({"cat", stem}).output == disk.substr(0, 512));
    else
        MESSAGE("no assembler for this machine: not compared");
    run_process({"rm", "-r", directory});
}
