// SPDX-License-Identifier: Apache-2.0
// A host in memory, for tests: guests change state at once, failures come on demand.
#pragma once
#include "engines/libvirt/hypervisor.h"

#include <map>
#include <mutex>
#include <set>

namespace nephele::libvirt {

class FakeHypervisor : public Hypervisor {
  public:
    bool connected() const override { return true; }
    HostCapabilities capabilities() override;
    void ensure_defined(const std::string& xml) override;
    void ensure_undefined(const std::string& uuid) override;
    void run_transient(const std::string& xml) override;
    std::optional<DomainInfo> find(const std::string& uuid) override;
    std::vector<DomainInfo> list() override;
    std::string xml(const std::string& uuid) override;
    void start(const std::string& uuid, Running how = Running::yes) override;
    void destroy(const std::string& uuid) override;
    void shutdown(const std::string& uuid) override;
    void reboot(const std::string& uuid) override;
    void reset(const std::string& uuid) override;
    void pause(const std::string& uuid) override;
    void resume(const std::string& uuid) override;
    void save(const std::string& uuid) override;
    void drop_saved(const std::string& uuid) override;
    void attach_device(const std::string& uuid, const std::string& device_xml) override;
    void detach_device(const std::string& uuid, const std::string& device_xml) override;
    void resize_disk(const std::string& uuid, const std::string& target,
                     std::uint64_t bytes) override;
    /// Writes a file that says whose disk it is.
    void copy_disk(const std::string& uuid, const std::string& target, const std::string& path,
                   const std::function<bool()>& stopped) override;
    Screenshot screenshot(const std::string& uuid) override;
    DomainStatistics statistics(const std::string& uuid) override;
    void on_lifecycle(std::function<void(const LifecycleEvent&)> callback) override;
    void on_connection(std::function<void(bool)> callback) override;

    /// The next `times` calls of this method ("start", "attach_device", ...; empty: any) fail so.
    /// With `after` the call does its work first: only the answer was lost.
    void fail_next(const std::string& method, EngineFailure::Kind kind, int times = 1,
                   bool after = false);
    /// The guest ends by itself: powered off from inside, or crashed.
    void stop_from_inside(const std::string& uuid, DomainState state = DomainState::shut_off);
    std::vector<std::string> devices(const std::string& uuid);
    /// Names of the methods called, in order.
    std::vector<std::string> calls();

  private:
    struct Domain {
        DomainInfo info;
        std::string xml;
        std::vector<std::string> devices;
    };
    class Call;
    Domain& need(const std::string& uuid);
    void define(const std::string& xml, bool persistent, DomainState state);
    void move(const char* method, const std::string& uuid, const std::set<DomainState>& from,
              DomainState to, LifecycleEvent::Kind event);
    void tell(const std::string& uuid, LifecycleEvent::Kind kind);

    std::mutex mutex_;
    std::map<std::string, Domain> domains_;
    std::vector<std::function<void(const LifecycleEvent&)>> callbacks_;
    std::vector<std::string> calls_;
    std::string failing_method_;
    EngineFailure::Kind failure_ = EngineFailure::Kind::transient;
    int failures_left_ = 0;
    bool fail_after_ = false;
};

} // namespace nephele::libvirt
