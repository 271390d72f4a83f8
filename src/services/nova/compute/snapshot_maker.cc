// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/snapshot_maker.h"

#include "base/ids.h"
#include "base/strings.h"
#include "engines/qemu_img/qemu_img.h"
#include "services/nova/compute/host_files.h"

namespace nephele::nova::compute {
namespace {
constexpr const char* begun = ".begun";
constexpr std::size_t simulated_bytes = 64 * 1024;

[[noreturn]] void refuse(const std::string& message) {
    throw EngineFailure(EngineFailure::Kind::permanent, message);
}

SnapshotSpec spec_of(const agent::Desired& desired) {
    SnapshotSpec spec;
    SnapshotSpec::shape().from_image(desired.spec, &spec);
    // They name folders and files.
    if (!is_uuid(desired.id) || !is_uuid(spec.image_id))
        refuse(format("\"{}\" and \"{}\" are no ids", desired.id, spec.image_id));
    spec.server_id = desired.id;
    return spec;
}

bool is_on(libvirt::DomainState state) {
    using libvirt::DomainState;
    return state == DomainState::running || state == DomainState::paused ||
           state == DomainState::shutting_down || state == DomainState::suspended;
}
} // namespace

SnapshotFiles::SnapshotFiles(std::string directory, std::string format)
    : directory_(std::move(directory)), format_(std::move(format)) {}

agent::Observed SnapshotFiles::ensure(const agent::Desired& desired,
                                      const std::function<void(const agent::Observed&)>&) {
    agent::Observed out;
    if (desired.absent) {
        remove_stray(desired.id);
        out.phase = agent::Phase::absent;
        return out;
    }
    const SnapshotSpec spec = spec_of(desired);
    const std::string folder = directory_ + "/" + spec.server_id;
    const std::string name = spec.image_id + "." + format_, path = folder + "/" + name;
    if (!exists(path)) {
        remove_all(folder); // Of another snapshot, or begun by a process that died.
        make_folder(folder);
        copy(spec, path + begun);
        move_file(path + begun, path);
    }
    SnapshotStatus status{path, format_};
    out.phase = agent::Phase::ready;
    out.status = SnapshotStatus::shape().image(&status);
    return out;
}

std::vector<std::string> SnapshotFiles::present() {
    auto names = names_in(directory_);
    std::erase_if(names, [](const std::string& name) { return !is_uuid(name); });
    return names;
}

void SnapshotFiles::remove_stray(const std::string& id) {
    if (is_uuid(id)) remove_all(directory_ + "/" + id);
}

SnapshotMaker::SnapshotMaker(libvirt::Hypervisor& hypervisor, const GuestFiles& files)
    : SnapshotFiles(files.directory() + "/_snapshots", "qcow2"), hypervisor_(hypervisor),
      files_(files) {}

void SnapshotMaker::copy(const SnapshotSpec& spec, const std::string& path) {
    const auto info = hypervisor_.find(spec.server_id);
    const std::string disk = files_.disk(spec.server_id);
    if (!info || !exists(disk))
        refuse(format("Guest {} is not on this host: there is nothing to copy", spec.server_id));
    if (is_on(info->state))
        return hypervisor_.copy_disk(spec.server_id, "vda", path,
                                     [this] { return stopping_.load(); });
    qemu_img::Conversion conversion;
    conversion.from = conversion.to = qemu_img::Format::qcow2;
    qemu_img::convert(disk, path, conversion);
}

void FakeSnapshotMaker::copy(const SnapshotSpec& spec, const std::string& path) {
    std::string bytes = "simulated disk of server " + spec.server_id + "\n";
    bytes.resize(simulated_bytes, '\0');
    write_file(path, bytes);
}

} // namespace nephele::nova::compute
