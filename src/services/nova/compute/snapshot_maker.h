// SPDX-License-Identifier: Apache-2.0
// Copies of guests' disks on this host, each in <instances>/_snapshots/<server>/<image>.<format>
// until the control plane has read it. A copy appears under that name only when it is whole.
#pragma once
#include "engines/libvirt/hypervisor.h"
#include "platform/agent/agent.h"
#include "services/nova/compute/guest_files.h"
#include "services/nova/model/guest_snapshot.h"

#include <atomic>

namespace nephele::nova::compute {

/// What both makers of snapshots do with their files.
class SnapshotFiles : public agent::Maker {
  public:
    SnapshotFiles(std::string directory, std::string format);
    agent::Observed ensure(const agent::Desired& desired,
                           const std::function<void(const agent::Observed&)>& report) override;
    std::vector<std::string> present() override;
    void remove_stray(const std::string& id) override;

  protected:
    /// Writes the copy to `path`, where nothing is. Throws EngineFailure.
    virtual void copy(const SnapshotSpec& spec, const std::string& path) = 0;

  private:
    const std::string directory_, format_;
};

/// Of real guests: one that runs is copied while it goes on, by the hypervisor; the disk of one
/// that is off is read as it lies.
class SnapshotMaker : public SnapshotFiles {
  public:
    SnapshotMaker(libvirt::Hypervisor& hypervisor, const GuestFiles& files);
    /// Copies under way end with a transient failure: the process stops.
    void interrupt() { stopping_ = true; }

  private:
    void copy(const SnapshotSpec& spec, const std::string& path) override;

    libvirt::Hypervisor& hypervisor_;
    const GuestFiles& files_;
    std::atomic<bool> stopping_ = false;
};

/// Of simulated guests, which have no disks: a few bytes that say whose they are.
class FakeSnapshotMaker : public SnapshotFiles {
  public:
    explicit FakeSnapshotMaker(std::string directory)
        : SnapshotFiles(std::move(directory), "raw") {}

  private:
    void copy(const SnapshotSpec& spec, const std::string& path) override;
};

} // namespace nephele::nova::compute
