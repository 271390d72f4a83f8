// SPDX-License-Identifier: Apache-2.0
// Engines around others that let the process "die" at a chosen border: before or after any call.
#pragma once
#include "engines/libvirt/hypervisor.h"
#include "engines/ovs/host_links.h"
#include "engines/ovs/local_switch.h"
#include "services/nova/compute/guest_files.h"

namespace nephele::nova::compute {

/// The process dies. Nothing of ours catches it.
struct Crash {};

struct Borders {
    int passed = 0;
    int crash_at = 0; ///< 0: never
    void pass() {
        if (++passed == crash_at) throw Crash{};
    }
    template <class Call> auto around(Call&& call) {
        pass();
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
            pass();
        } else {
            auto result = call();
            pass();
            return result;
        }
    }
};

class CrashingHypervisor : public libvirt::Hypervisor {
  public:
    CrashingHypervisor(libvirt::Hypervisor& inner, Borders& borders)
        : inner_(inner), borders_(borders) {}
    using Id = const std::string&;
    bool connected() const override { return inner_.connected(); }
    libvirt::HostCapabilities capabilities() override { return inner_.capabilities(); }
    void ensure_defined(Id xml) override {
        borders_.around([&] { inner_.ensure_defined(xml); });
    }
    void ensure_undefined(Id id) override {
        borders_.around([&] { inner_.ensure_undefined(id); });
    }
    void run_transient(Id xml) override {
        borders_.around([&] { inner_.run_transient(xml); });
    }
    // Questions change nothing: a crash around them is one at the calls beside them.
    std::optional<libvirt::DomainInfo> find(Id id) override { return inner_.find(id); }
    std::vector<libvirt::DomainInfo> list() override { return inner_.list(); }
    std::string xml(Id id) override { return inner_.xml(id); }
    void start(Id id, libvirt::Running how) override {
        borders_.around([&] { inner_.start(id, how); });
    }
    void destroy(Id id) override {
        borders_.around([&] { inner_.destroy(id); });
    }
    void shutdown(Id id) override {
        borders_.around([&] { inner_.shutdown(id); });
    }
    void reboot(Id id) override {
        borders_.around([&] { inner_.reboot(id); });
    }
    void reset(Id id) override {
        borders_.around([&] { inner_.reset(id); });
    }
    void pause(Id id) override {
        borders_.around([&] { inner_.pause(id); });
    }
    void resume(Id id) override {
        borders_.around([&] { inner_.resume(id); });
    }
    void save(Id id) override {
        borders_.around([&] { inner_.save(id); });
    }
    void drop_saved(Id id) override {
        borders_.around([&] { inner_.drop_saved(id); });
    }
    void attach_device(Id id, Id xml) override {
        borders_.around([&] { inner_.attach_device(id, xml); });
    }
    void detach_device(Id id, Id xml) override {
        borders_.around([&] { inner_.detach_device(id, xml); });
    }
    void resize_disk(Id id, Id target, std::uint64_t bytes) override {
        borders_.around([&] { inner_.resize_disk(id, target, bytes); });
    }
    void copy_disk(Id id, Id target, Id path, const std::function<bool()>& stopped) override {
        borders_.around([&] { inner_.copy_disk(id, target, path, stopped); });
    }
    libvirt::Screenshot screenshot(Id id) override { return inner_.screenshot(id); }
    libvirt::DomainStatistics statistics(Id id) override { return inner_.statistics(id); }
    void on_lifecycle(std::function<void(const libvirt::LifecycleEvent&)> callback) override {
        inner_.on_lifecycle(std::move(callback));
    }
    void on_connection(std::function<void(bool)> callback) override {
        inner_.on_connection(std::move(callback));
    }

  private:
    libvirt::Hypervisor& inner_;
    Borders& borders_;
};

class CrashingSwitch : public ovs::LocalSwitch {
  public:
    CrashingSwitch(ovs::LocalSwitch& inner, Borders& borders) : inner_(inner), borders_(borders) {}
    void ensure_port(const ovs::Port& port) override {
        borders_.around([&] { inner_.ensure_port(port); });
    }
    void ensure_no_port(const std::string& device) override {
        borders_.around([&] { inner_.ensure_no_port(device); });
    }
    std::optional<ovs::PortStatus> find(const std::string& device) override {
        return inner_.find(device);
    }
    std::vector<ovs::PortStatus> ports() override { return inner_.ports(); }
    ovs::SwitchFacts facts() override { return inner_.facts(); }

  private:
    ovs::LocalSwitch& inner_;
    Borders& borders_;
};

class CrashingLinks : public ovs::HostLinks {
  public:
    CrashingLinks(ovs::HostLinks& inner, Borders& borders) : inner_(inner), borders_(borders) {}
    void ensure_tap(const ovs::Tap& tap) override {
        borders_.around([&] { inner_.ensure_tap(tap); });
    }
    void ensure_no_link(const std::string& name) override {
        borders_.around([&] { inner_.ensure_no_link(name); });
    }
    std::optional<ovs::Link> find(const std::string& name) override { return inner_.find(name); }
    std::vector<std::string> names(const std::string& prefix) override {
        return inner_.names(prefix);
    }
    void ensure_namespace_link(const ovs::NamespaceLink& link) override {
        borders_.around([&] { inner_.ensure_namespace_link(link); });
    }
    void ensure_no_namespace(const std::string& name) override {
        borders_.around([&] { inner_.ensure_no_namespace(name); });
    }
    std::vector<std::string> namespaces(const std::string& prefix) override {
        return inner_.namespaces(prefix);
    }
    int listen_in_namespace(const std::string& space, const std::string& address,
                            int port) override {
        return borders_.around([&] { return inner_.listen_in_namespace(space, address, port); });
    }

  private:
    ovs::HostLinks& inner_;
    Borders& borders_;
};

/// Real files, but disks of a few bytes: the order of things is what matters.
class CrashingFiles : public GuestFiles {
  public:
    CrashingFiles(std::string directory, Borders& borders)
        : GuestFiles(std::move(directory)), borders_(borders) {}
    void write_note(const std::string& id, const GuestNote& note) override;
    void ensure_folder(const std::string& id) override;
    void ensure_base(const GuestSpec& guest) override;
    void make_disk(const GuestSpec& guest) override;
    void grow_disk(const GuestSpec&) override {
        borders_.around([] {});
    }
    void make_config_drive(const GuestSpec& guest) override;
    void remove(const std::string& id) override;
    int disks_made = 0;

  private:
    Borders& borders_;
};

} // namespace nephele::nova::compute
