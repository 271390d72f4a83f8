// SPDX-License-Identifier: Apache-2.0
// The real maker over simulated engines: its contract, what it leaves behind, and death at every
// border of every call.
#include "services/nova/compute/guest_maker.h"

#include "base/process.h"
#include "base/strings.h"
#include "engines/libvirt/fake.h"
#include "engines/ovs/fake.h"
#include "engines/qemu_img/qemu_img.h"
#include "services/nova/compute/guest_records.h"
#include "services/nova/compute/host_files.h"
#include "services/nova/compute/test/crashing_engines.h"
#include "services/nova/compute/test/maker_contract.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::compute;

namespace {

constexpr const char* server = "11111111-2222-4333-8444-555555555555";

GuestNic card(int number) {
    GuestNic nic;
    nic.port_id = format("0000000{}-2222-4333-8444-555555555555", number);
    nic.network_id = "net";
    nic.mac = format("fa:16:3e:00:00:0{}", number);
    nic.fixed_ips = Json::array({Json::object({{"ip_address", format("10.0.0.{}", number)}})});
    return nic;
}

GuestSpec small_guest(const std::string& image) {
    GuestSpec guest;
    guest.server_id = server;
    guest.name = "instance-00000001";
    guest.hostname = "web";
    guest.memory_mb = 64;
    guest.image_id = "abcdef01-2222-4333-8444-555555555555";
    guest.image_path = image;
    guest.image_format = "raw";
    guest.image_checksum = "0123456789abcdef";
    guest.nics = {card(1)};
    return guest;
}

/// One machine: its engines and disks stay when the process dies.
template <class Files> struct Machine {
    template <class... A>
    explicit Machine(A&... a) : files(dir.file("instances"), a...), maker(new_maker()) {
        write_file(dir.file("image"), std::string(1 << 20, 'i'));
        hypervisor.on_lifecycle([this](const libvirt::LifecycleEvent& event) {
            if (event.kind == libvirt::LifecycleEvent::Kind::started) ++starts;
        });
    }
    std::unique_ptr<GuestMaker> new_maker() {
        return std::make_unique<GuestMaker>(GuestMakerParts{
            hypervisor, bridge, links, files, directory, DomainSettings{}, 1000, 1000});
    }
    agent::Desired record(const GuestSpec& guest, bool absent = false) {
        agent::Desired desired;
        desired.kind = guest_kind;
        desired.id = guest.server_id;
        desired.generation = ++generation;
        desired.absent = absent;
        desired.spec = absent ? Json() : GuestSpec::shape().image(&guest);
        return desired;
    }
    GuestStatus ensure(const agent::Desired& desired) {
        auto seen = maker->ensure(desired, [](const agent::Observed&) {});
        GuestStatus status;
        if (seen.phase == agent::Phase::ready)
            GuestStatus::shape().from_image(seen.status, &status);
        return status;
    }
    GuestStatus ensure(const GuestSpec& guest) { return ensure(record(guest)); }
    bool is_clean() {
        return hypervisor.list().empty() && bridge.ports().empty() && links.names("nt").empty() &&
               files.ids().empty();
    }

    test::TempDir dir{"guests"};
    libvirt::FakeHypervisor hypervisor;
    ovs::FakeLocalSwitch bridge;
    ovs::FakeHostLinks links;
    Files files;
    GuestDirectory directory;
    std::unique_ptr<GuestMaker> maker;
    std::int64_t generation = 0;
    int starts = 0;
};

} // namespace

TEST_CASE("the real maker keeps the contract and leaves nothing") {
    Machine<GuestFiles> machine;
    MakerContract(*machine.maker, small_guest(machine.dir.file("image"))).run();
    CHECK(machine.is_clean());
}

TEST_CASE("a new guest: disk over the image, port by id, metadata known") {
    Machine<GuestFiles> machine;
    auto guest = small_guest(machine.dir.file("image"));
    guest.root_gb = 1;
    guest.config_drive = true;
    guest.user_data = base64_encode("#!/bin/sh\n");
    auto status = machine.ensure(guest);
    CHECK(status.serial_socket == machine.files.console_socket(server));
    auto info = qemu_img::info(machine.files.disk(server), qemu_img::Format::qcow2);
    CHECK(info.virtual_bytes == 1ULL << 30);
    CHECK(info.backing_file.find("_base/0123456789abcdef.raw") != std::string::npos);
    CHECK(info.backing_format == "raw");
    auto port = machine.bridge.find("nt00000001-2222");
    REQUIRE(port);
    CHECK(port->port.interface_id == guest.nics[0].port_id);
    CHECK(port->port.instance == server);
    CHECK(machine.directory.at("net", "10.0.0.1")->server_id == server);
    auto listing = run_process({"isoinfo", "-R", "-l", "-i", machine.files.config_drive(server)});
    CHECK(listing.output.find("user_data") != std::string::npos);
    CHECK(listing.output.find("meta_data.json") != std::string::npos);
    auto volume = run_process({"isoinfo", "-d", "-i", machine.files.config_drive(server)});
    CHECK(volume.output.find("Volume id: config-2") != std::string::npos);
    CHECK(!exists(machine.files.folder(server) + "/config.tree"));
}

TEST_CASE("an image smaller than the flavor's disk grows, a larger one stays") {
    Machine<GuestFiles> machine;
    auto guest = small_guest(machine.dir.file("image"));
    machine.ensure(guest);
    auto size = [&] {
        return qemu_img::info(machine.files.disk(server), qemu_img::Format::qcow2).virtual_bytes;
    };
    CHECK(size() == 1 << 20);
    guest.power = GuestPower::stopped;
    machine.ensure(guest);
    guest.root_gb = 2; // Resized.
    machine.ensure(guest);
    CHECK(size() == 2ULL << 30);
    guest.root_gb = 1;
    machine.ensure(guest);
    CHECK(size() == 2ULL << 30);
}

TEST_CASE("a guest that powers itself off is reported; a new generation starts it") {
    Machine<GuestFiles> machine;
    auto guest = small_guest(machine.dir.file("image"));
    auto record = machine.record(guest);
    machine.ensure(record);
    machine.hypervisor.stop_from_inside(server);
    machine.maker = machine.new_maker(); // Also when the agent is new.
    CHECK(machine.ensure(record).power_state == power_state::shut_down);
    CHECK(machine.ensure(guest).power_state == power_state::running);
}

TEST_CASE("an agent that comes back touches nothing") {
    Machine<GuestFiles> machine;
    auto record = machine.record(small_guest(machine.dir.file("image")));
    machine.ensure(record);
    auto before = machine.hypervisor.calls().size();
    machine.maker = machine.new_maker();
    machine.ensure(record);
    auto calls = machine.hypervisor.calls();
    for (std::size_t i = before; i < calls.size(); ++i)
        CHECK((calls[i] == "find" || calls[i] == "xml"));
    CHECK(machine.starts == 1);
}

TEST_CASE("cards come and go while the guest runs") {
    Machine<GuestFiles> machine;
    auto guest = small_guest(machine.dir.file("image"));
    machine.ensure(guest);
    guest.nics = {card(1), card(2)};
    machine.ensure(guest);
    CHECK(machine.bridge.ports().size() == 2);
    CHECK(taps_in(machine.hypervisor.xml(server)).size() == 2);
    guest.nics = {card(2)};
    machine.ensure(guest);
    REQUIRE(machine.bridge.ports().size() == 1);
    CHECK(machine.bridge.ports()[0].port.interface_id == card(2).port_id);
    CHECK(machine.links.names("nt").size() == 1);
    CHECK(taps_in(machine.hypervisor.xml(server))[0].mac == card(2).mac);
    CHECK(machine.starts == 1);
}

TEST_CASE("another image means another disk, once") {
    Machine<GuestFiles> machine;
    auto guest = small_guest(machine.dir.file("image"));
    machine.ensure(guest);
    guest.image_checksum = "fedcba";
    CHECK(machine.ensure(guest).power_state == power_state::running);
    auto info = qemu_img::info(machine.files.disk(server), qemu_img::Format::qcow2);
    CHECK(info.backing_file.find("fedcba.raw") != std::string::npos);
    CHECK(machine.starts == 2);
}

TEST_CASE("images stay in the cache while a guest is layered on them, and a while longer") {
    Machine<GuestFiles> machine;
    auto guest = small_guest(machine.dir.file("image"));
    machine.ensure(guest);
    const std::string base = machine.files.base_path(GuestFiles::base_name(guest));
    machine.files.prune_bases(-1);
    CHECK(exists(base));
    machine.ensure(machine.record(guest, true));
    machine.maker->present();
    CHECK(exists(base));
    machine.files.prune_bases(-1);
    CHECK(!exists(base));
}

TEST_CASE("a guest that ignores the power button loses the plug") {
    class Deaf : public libvirt::FakeHypervisor {
      public:
        void shutdown(const std::string&) override { ++presses; }
        int presses = 0;
    } deaf;
    Machine<GuestFiles> machine;
    GuestMaker maker({deaf, machine.bridge, machine.links, machine.files, machine.directory,
                      DomainSettings{}, 20, 20});
    auto guest = small_guest(machine.dir.file("image"));
    maker.ensure(machine.record(guest), [](const agent::Observed&) {});
    guest.power = GuestPower::stopped;
    auto seen = maker.ensure(machine.record(guest), [](const agent::Observed&) {});
    CHECK(seen.status.integer("power_state") == power_state::shut_down);
    CHECK(deaf.presses == 1);
}

TEST_CASE("what cannot be made is refused for good") {
    Machine<GuestFiles> machine;
    auto refused = [&](GuestSpec guest) {
        try {
            machine.ensure(guest);
        } catch (const EngineFailure& e) {
            return e.kind == EngineFailure::Kind::permanent;
        }
        return false;
    };
    auto guest = small_guest(machine.dir.file("image"));
    guest.memory_mb = 0;
    CHECK(refused(guest));
    guest = small_guest(machine.dir.file("image"));
    guest.image_format = "vmdk";
    CHECK(refused(guest));
    guest = small_guest(machine.dir.file("no-such-image"));
    CHECK(refused(guest));
    guest = small_guest(machine.dir.file("image"));
    guest.server_id = "../../etc";
    CHECK(refused(guest));
    qemu_img::create_overlay(machine.dir.file("leads-out"), machine.dir.file("image"),
                             qemu_img::Format::raw);
    guest = small_guest(machine.dir.file("leads-out"));
    guest.image_format = "qcow2";
    CHECK(refused(guest));
}

TEST_CASE("present: folders without a guest and guests without a folder, but no one else's") {
    Machine<GuestFiles> machine;
    machine.ensure(small_guest(machine.dir.file("image")));
    make_folder(machine.files.folder("22222222-2222-4333-8444-555555555555"));
    auto others = small_guest("");
    others.server_id = "33333333-2222-4333-8444-555555555555";
    others.name = "instance-00000009";
    GuestFiles elsewhere("/elsewhere");
    machine.hypervisor.ensure_defined(
        libvirt::domain_xml(domain_guest(others, elsewhere, DomainSettings{}, {})));
    CHECK(machine.maker->present().size() == 2);
    remove_all(machine.files.folder(server));
    CHECK(machine.maker->present().size() == 2);
    for (const auto& id : machine.maker->present()) machine.maker->remove_stray(id);
    CHECK(machine.hypervisor.list().size() == 1);
}

namespace {

/// Does it, dying at this border; then a new process does it again.
GuestStatus die_and_repeat(Machine<CrashingFiles>& machine, Borders& borders, GuestMakerParts parts,
                           const agent::Desired& desired, int border) {
    borders.passed = 0;
    borders.crash_at = border;
    for (;;) {
        machine.maker = std::make_unique<GuestMaker>(parts);
        try {
            auto status = machine.ensure(desired);
            if (borders.crash_at) borders.crash_at = -1; // It had no such border.
            return status;
        } catch (const Crash&) {
            borders.crash_at = 0;
        }
    }
}

struct Step {
    const char* what;
    std::function<void(GuestSpec&)> change;
    int starts; ///< that the step causes
};

} // namespace

TEST_CASE("death at any border of any step does no harm") {
    const std::vector<Step> steps = {
        {"create", [](GuestSpec&) {}, 1},
        {"soft reboot", [](GuestSpec& g) { g.soft_reboots = 1; }, 1},
        {"hard reboot", [](GuestSpec& g) { g.hard_reboots = 1; }, 1},
        {"pause", [](GuestSpec& g) { g.power = GuestPower::paused; }, 0},
        {"unpause", [](GuestSpec& g) { g.power = GuestPower::running; }, 0},
        {"suspend", [](GuestSpec& g) { g.power = GuestPower::suspended; }, 0},
        {"resume", [](GuestSpec& g) { g.power = GuestPower::running; }, 1},
        {"plug", [](GuestSpec& g) { g.nics.push_back(card(2)); }, 0},
        {"unplug", [](GuestSpec& g) { g.nics.erase(g.nics.begin()); }, 0},
        {"stop", [](GuestSpec& g) { g.power = GuestPower::stopped; }, 0},
        {"start", [](GuestSpec& g) { g.power = GuestPower::running; }, 1},
    };
    int deaths = 0;
    bool one_more = true;
    for (int border = 1; one_more; ++border) {
        one_more = false;
        Borders borders;
        Machine<CrashingFiles> machine(borders);
        CrashingHypervisor hypervisor(machine.hypervisor, borders);
        CrashingSwitch bridge(machine.bridge, borders);
        CrashingLinks links(machine.links, borders);
        GuestMakerParts parts{hypervisor,        bridge,           links, machine.files,
                              machine.directory, DomainSettings{}, 1000,  1000};
        int disks_at_first_start = 0;
        machine.hypervisor.on_lifecycle([&](const libvirt::LifecycleEvent& event) {
            if (event.kind == libvirt::LifecycleEvent::Kind::started && machine.starts == 1)
                disks_at_first_start = machine.files.disks_made;
        });
        auto guest = small_guest("");
        auto die = [&](const agent::Desired& desired) {
            auto status = die_and_repeat(machine, borders, parts, desired, border);
            if (borders.crash_at == 0) one_more = true, ++deaths;
            return status;
        };
        for (const auto& step : steps) {
            CAPTURE(step.what);
            CAPTURE(border);
            step.change(guest);
            const int starts = machine.starts;
            auto status = die(machine.record(guest));
            CHECK(status.power_state == power_state_of(guest.power));
            CHECK(status.soft_reboots_done == guest.soft_reboots);
            CHECK(status.hard_reboots_done == guest.hard_reboots);
            CHECK(machine.starts - starts == step.starts);
            CHECK(machine.bridge.ports().size() == guest.nics.size());
            CHECK(machine.links.names("nt").size() == guest.nics.size());
            CHECK(machine.files.disks_made == disks_at_first_start);
        }
        die(machine.record(guest, true));
        CHECK(machine.is_clean());
    }
    CHECK(deaths > 100);
}
