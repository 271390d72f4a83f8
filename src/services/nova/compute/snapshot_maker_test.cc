// SPDX-License-Identifier: Apache-2.0
// Copies of disks: of a guest that runs by its hypervisor, of one that is off from its file; what
// is begun is never taken for whole.
#include "services/nova/compute/snapshot_maker.h"

#include "engines/libvirt/fake.h"
#include "engines/qemu_img/qemu_img.h"
#include "services/nova/compute/host_files.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::compute;

namespace {
constexpr const char* server = "11111111-2222-4333-8444-555555555555";
constexpr const char* image = "aaaaaaaa-2222-4333-8444-555555555555";
constexpr const char* other_image = "bbbbbbbb-2222-4333-8444-555555555555";

agent::Desired record(const char* for_image, bool absent = false) {
    SnapshotSpec spec{server, for_image};
    agent::Desired desired;
    desired.kind = snapshot_kind;
    desired.id = server;
    desired.absent = absent;
    desired.spec = SnapshotSpec::shape().image(&spec);
    return desired;
}
std::string path_of(agent::Maker& maker, const agent::Desired& desired) {
    auto seen = maker.ensure(desired, [](const agent::Observed&) {});
    if (seen.phase != agent::Phase::ready) return "";
    SnapshotStatus status;
    SnapshotStatus::shape().from_image(seen.status, &status);
    return status.path;
}

struct Machine {
    test::TempDir dir{"snapshots"};
    libvirt::FakeHypervisor hypervisor;
    GuestFiles files{dir.file("instances")};
    SnapshotMaker maker{hypervisor, files};

    Machine() {
        make_folder(files.folder(server));
        qemu_img::create(files.disk(server), qemu_img::Format::qcow2, 1 << 20);
        hypervisor.ensure_defined("<domain><name>i</name><uuid>" + std::string(server) +
                                  "</uuid></domain>");
    }
};
} // namespace

TEST_CASE("a guest that runs is copied by its hypervisor, one that is off from its disk") {
    Machine machine;
    std::string off = path_of(machine.maker, record(image));
    CHECK(qemu_img::info(off, qemu_img::Format::qcow2).virtual_bytes == 1 << 20);
    machine.hypervisor.start(server);
    // The same is there; another one is another copy, and only the last is kept.
    CHECK(path_of(machine.maker, record(image)) == off);
    std::string on = path_of(machine.maker, record(other_image));
    CHECK(read_file(on) == "disk vda of " + std::string(server));
    CHECK(!exists(off));
    CHECK(machine.maker.present() == std::vector<std::string>{server});
    CHECK(path_of(machine.maker, record(other_image, true)).empty());
    CHECK(machine.maker.present().empty());
}

TEST_CASE("a copy that broke off is made again; without a guest there is none") {
    Machine machine;
    machine.hypervisor.start(server);
    for (bool after : {false, true}) {
        machine.hypervisor.fail_next("copy_disk", EngineFailure::Kind::unknown, 1, after);
        CHECK_THROWS_AS(path_of(machine.maker, record(image)), EngineFailure);
    }
    CHECK(exists(path_of(machine.maker, record(image))));
    machine.hypervisor.ensure_undefined(server);
    CHECK_THROWS_AS(path_of(machine.maker, record(other_image)), EngineFailure);
    auto bad = record("../../etc");
    CHECK_THROWS_AS(path_of(machine.maker, bad), EngineFailure);
}

TEST_CASE("simulated guests have copies of a few bytes") {
    test::TempDir dir{"snapshots"};
    FakeSnapshotMaker maker(dir.file("copies"));
    std::string path = path_of(maker, record(image));
    CHECK(read_file(path)->find(server) != std::string::npos);
    CHECK(path_of(maker, record(image, true)).empty());
    CHECK(!exists(path));
}
