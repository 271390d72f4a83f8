// SPDX-License-Identifier: Apache-2.0
// Makes guests on this host with libvirt, Open vSwitch and qemu-img. Everything is asked for as an
// end state, in an order in which a crash at any point is made good by the next try.
#pragma once
#include "engines/libvirt/hypervisor.h"
#include "engines/ovs/host_links.h"
#include "engines/ovs/local_switch.h"
#include "platform/agent/agent.h"
#include "services/nova/compute/guest_directory.h"
#include "services/nova/compute/guest_domain.h"
#include "services/nova/compute/guest_files.h"

#include <condition_variable>
#include <mutex>

namespace nephele::nova::compute {

/// What the maker works with; all outlive it.
struct GuestMakerParts {
    libvirt::Hypervisor& hypervisor;
    ovs::LocalSwitch& bridge;
    ovs::HostLinks& links;
    GuestFiles& files;
    GuestDirectory& directory;
    DomainSettings settings;
    int shutdown_wait_ms = 60'000;                ///< for guests to power off by themselves
    int detach_wait_ms = 10'000;                  ///< for guests to let go of a card
    std::int64_t keep_images_seconds = 24 * 3600; ///< in the cache, when no guest uses them
};

class GuestMaker : public agent::Maker {
  public:
    explicit GuestMaker(GuestMakerParts parts);
    agent::Observed ensure(const agent::Desired& desired,
                           const std::function<void(const agent::Observed&)>& report) override;
    std::vector<std::string> present() override;
    void remove_stray(const std::string& id) override;

    /// Something happened to a guest: waits look again.
    void wake();
    /// Waits end with a transient failure: the process stops.
    void interrupt();

  private:
    using Found = std::optional<libvirt::DomainInfo>;

    void make(const GuestSpec& guest, GuestNote& note);
    void make_files(const GuestSpec& guest, GuestNote& note);
    void settle_old_disk(const GuestSpec& guest);
    void make_rescue_disk(const GuestSpec& guest, GuestNote& note);
    void drop_rescue_disk(const GuestSpec& guest, GuestNote& note);
    void make_ports(const GuestSpec& guest, GuestNote& note);
    void drop_ports(const GuestSpec& guest, GuestNote& note);
    void bring_to_power(const GuestSpec& guest);
    void switch_off(const GuestSpec& guest, bool politely);
    void start(const GuestSpec& guest, libvirt::Running how);
    void define(const GuestSpec& guest);
    void change_cards(const GuestSpec& guest);
    bool reboot_due(const GuestSpec& guest, bool& softly);
    void remove(const std::string& id);
    void unplug(const std::string& tap);
    GuestStatus status_of(const GuestSpec& guest);
    void publish(GuestSpec guest, bool with_addresses);
    libvirt::DomainState state_of(const std::string& id);
    /// False when it did not become so in time.
    bool wait_until(int milliseconds, const std::function<bool()>& is_so);

    GuestMakerParts parts_;
    std::mutex mutex_;
    std::condition_variable woken_;
    std::uint64_t wakes_ = 0;
    bool stopping_ = false;
};

} // namespace nephele::nova::compute
