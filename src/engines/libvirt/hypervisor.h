// SPDX-License-Identifier: Apache-2.0
// The guests of one host. Calls ask for an end state ("start" of a running guest is fine), so every
// step may run twice. Failures are EngineFailure: transient when the daemon was not reached,
// unknown when the connection broke during the call, permanent when the hypervisor refused.
#pragma once
#include "platform/fault/fault.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nephele::libvirt {

enum class DomainState { running, paused, shutting_down, shut_off, crashed, suspended, unknown };
const char* domain_state_name(DomainState state);

struct DomainInfo {
    std::string uuid;
    std::string name;
    std::string instance; ///< from our metadata; empty for guests of others
    DomainState state = DomainState::unknown;
    std::string reason; ///< the hypervisor's words: "migrated", "internal-error", ...
    bool persistent = false;
    bool has_saved_memory = false;
};

struct HostCapabilities {
    std::string host_uuid;
    std::string architecture;
    std::string cpu_model;
    std::string hostname;
    int cpus = 0;
    std::int64_t memory_mib = 0;
    std::string hypervisor;               ///< "QEMU"
    std::uint64_t hypervisor_version = 0; ///< major * 1,000,000 + minor * 1,000 + release
    std::uint64_t library_version = 0;
    std::string xml;
};

struct LifecycleEvent {
    enum class Kind {
        defined,
        undefined,
        started,
        paused,
        resumed,
        stopped,
        shut_down,
        suspended,
        crashed,
        rebooted,
        device_removed,
    };
    std::string uuid;
    Kind kind = Kind::started;
    int detail = 0;    ///< libvirt's number for the cause
    std::string alias; ///< of the removed device
};

struct Screenshot {
    std::string media_type; ///< "image/png" or "image/x-portable-pixmap"
    std::string bytes;
};

struct DomainStatistics {
    std::int64_t cpu_ns = 0;
    std::int64_t memory_kib = 0;                              ///< resident on the host
    std::vector<std::pair<std::string, std::int64_t>> values; ///< every number, by libvirt's name
};

enum class Running { yes, paused };

class Hypervisor {
  public:
    virtual ~Hypervisor() = default;

    virtual bool connected() const = 0;
    virtual HostCapabilities capabilities() = 0;

    /// Makes the persistent definition this one.
    virtual void ensure_defined(const std::string& xml) = 0;
    /// Stops the guest if need be and removes its definition, saved memory and firmware variables.
    virtual void ensure_undefined(const std::string& uuid) = 0;
    /// Starts a guest that is forgotten when it stops or when this process goes.
    virtual void run_transient(const std::string& xml) = 0;

    virtual std::optional<DomainInfo> find(const std::string& uuid) = 0;
    /// All guests, ours and others'.
    virtual std::vector<DomainInfo> list() = 0;
    /// The live description, or the persistent one when it does not run.
    virtual std::string xml(const std::string& uuid) = 0;

    /// From saved memory where there is some.
    virtual void start(const std::string& uuid, Running how = Running::yes) = 0;
    /// Pulls the plug. No guest of that uuid is fine.
    virtual void destroy(const std::string& uuid) = 0;
    /// Presses the power button; the guest may take its time or ignore it.
    virtual void shutdown(const std::string& uuid) = 0;
    /// Ctrl-Alt-Del by ACPI; the guest may ignore it.
    virtual void reboot(const std::string& uuid) = 0;
    /// The reset button.
    virtual void reset(const std::string& uuid) = 0;
    virtual void pause(const std::string& uuid) = 0;
    virtual void resume(const std::string& uuid) = 0;
    /// Writes memory to the host's disk and stops; the next start goes on from there.
    virtual void save(const std::string& uuid) = 0;
    virtual void drop_saved(const std::string& uuid) = 0;

    /// Both change the running guest and the definition. Detaching ends when the guest has let go:
    /// LifecycleEvent device_removed.
    virtual void attach_device(const std::string& uuid, const std::string& device_xml) = 0;
    virtual void detach_device(const std::string& uuid, const std::string& device_xml) = 0;
    virtual void resize_disk(const std::string& uuid, const std::string& target,
                             std::uint64_t bytes) = 0;
    /// What a disk of a running guest holds at this moment, backing files included, as a qcow2 file
    /// of its own at `path`, where no file may be. The guest goes on running. Blocks until it is
    /// whole; gives up with a transient failure when `stopped` says so. A copy that a process which
    /// died had begun is given up first.
    virtual void copy_disk(const std::string& uuid, const std::string& target,
                           const std::string& path, const std::function<bool()>& stopped) = 0;

    virtual Screenshot screenshot(const std::string& uuid) = 0;
    virtual DomainStatistics statistics(const std::string& uuid) = 0;

    /// Called on the event thread: must not block or call back. Events are lost while the daemon is
    /// away; when `on_connection(true)` comes, compare states.
    virtual void on_lifecycle(std::function<void(const LifecycleEvent&)> callback) = 0;
    virtual void on_connection(std::function<void(bool)> callback) = 0;
};

/// "qemu:///system". Connects in the background, again whenever the daemon comes back; calls wait
/// for the connection for a few seconds.
std::unique_ptr<Hypervisor> connect_libvirt(const std::string& uri, int connect_wait_ms = 10'000);

} // namespace nephele::libvirt
