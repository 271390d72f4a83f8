// SPDX-License-Identifier: Apache-2.0
// The only file that knows libvirt's C interface. One keeper thread a connection opens it and opens
// it again after it broke; one thread for the whole process runs libvirt's event loop, which is
// global in the library.
#include "engines/libvirt/hypervisor.h"

#include "base/strings.h"
#include "engines/libvirt/domain_xml.h"
#include "platform/log/log.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <mutex>
#include <pthread.h>
#include <thread>

namespace nephele::libvirt {
namespace {

/// A connection with the callbacks registered on it, which keep it open until they are taken back.
struct CloseConnection {
    std::vector<int> callbacks;
    void operator()(virConnect* p) const {
        for (int id : callbacks) virConnectDomainEventDeregisterAny(p, id);
        virConnectClose(p);
    }
};
struct Release {
    void operator()(virDomain* p) const { virDomainFree(p); }
    void operator()(virStream* p) const { virStreamFree(p); }
    void operator()(char* p) const { std::free(p); }
};
using ConnectionPointer = std::shared_ptr<virConnect>;
using DomainPointer = std::unique_ptr<virDomain, Release>;
using StreamPointer = std::unique_ptr<virStream, Release>;
using TextPointer = std::unique_ptr<char, Release>;

bool means_not_reached(int code) {
    return code == VIR_ERR_NO_CONNECT || code == VIR_ERR_AGENT_UNRESPONSIVE ||
           code == VIR_ERR_RESOURCE_BUSY;
}

/// What libvirt said last. `connection` tells whether the call was cut off.
EngineFailure last_failure(const std::string& doing, virConnectPtr connection) {
    const virError* error = virGetLastError();
    const int code = error ? error->code : VIR_ERR_INTERNAL_ERROR;
    const std::string text =
        format("libvirt: {}: {}", doing, error && error->message ? error->message : "no reason");
    const bool cut_off = code == VIR_ERR_RPC || (error && error->domain == VIR_FROM_RPC);
    auto kind = EngineFailure::Kind::permanent;
    if (means_not_reached(code)) kind = EngineFailure::Kind::transient;
    if (cut_off || code == VIR_ERR_OPERATION_TIMEOUT || virConnectIsAlive(connection) != 1)
        kind = EngineFailure::Kind::unknown;
    return {kind, text};
}

[[noreturn]] void fail(const std::string& doing, virConnectPtr connection) {
    throw last_failure(doing, connection);
}

/// The library prints every error to stderr unless told otherwise; ours are thrown.
void say_nothing(void*, virErrorPtr) {}

void start_event_loop() {
    static std::once_flag once;
    std::call_once(once, [] {
        virSetErrorFunc(nullptr, say_nothing);
        virInitialize();
        virEventRegisterDefaultImpl();
        std::thread loop([] {
            for (;;) virEventRunDefaultImpl();
        });
        pthread_setname_np(loop.native_handle(), "libvirt-events");
        loop.detach(); // The library offers no end to it.
    });
}

DomainState state_of(int state) {
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
        return DomainState::running;
    case VIR_DOMAIN_PAUSED:
        return DomainState::paused;
    case VIR_DOMAIN_SHUTDOWN:
        return DomainState::shutting_down;
    case VIR_DOMAIN_SHUTOFF:
        return DomainState::shut_off;
    case VIR_DOMAIN_CRASHED:
        return DomainState::crashed;
    case VIR_DOMAIN_PMSUSPENDED:
        return DomainState::suspended;
    default:
        return DomainState::unknown;
    }
}

std::string reason_of(int state, int reason) {
    if (state == VIR_DOMAIN_PAUSED) switch (reason) {
        case VIR_DOMAIN_PAUSED_USER:
            return "by request";
        case VIR_DOMAIN_PAUSED_MIGRATION:
            return "migrating";
        case VIR_DOMAIN_PAUSED_SAVE:
            return "saving";
        case VIR_DOMAIN_PAUSED_IOERROR:
            return "disk error";
        case VIR_DOMAIN_PAUSED_WATCHDOG:
            return "watchdog";
        case VIR_DOMAIN_PAUSED_CRASHED:
            return "guest crashed";
        case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
            return "migration failed";
        default:
            return format("paused, reason {}", reason);
        }
    if (state == VIR_DOMAIN_SHUTOFF) switch (reason) {
        case VIR_DOMAIN_SHUTOFF_SHUTDOWN:
            return "shut down by the guest";
        case VIR_DOMAIN_SHUTOFF_DESTROYED:
            return "destroyed";
        case VIR_DOMAIN_SHUTOFF_CRASHED:
            return "crashed";
        case VIR_DOMAIN_SHUTOFF_MIGRATED:
            return "migrated away";
        case VIR_DOMAIN_SHUTOFF_SAVED:
            return "saved";
        case VIR_DOMAIN_SHUTOFF_FAILED:
            return "failed to start";
        case VIR_DOMAIN_SHUTOFF_DAEMON:
            return "the daemon shut it off";
        default:
            return "";
        }
    return "";
}

std::optional<LifecycleEvent::Kind> kind_of(int event) {
    using Kind = LifecycleEvent::Kind;
    switch (event) {
    case VIR_DOMAIN_EVENT_DEFINED:
        return Kind::defined;
    case VIR_DOMAIN_EVENT_UNDEFINED:
        return Kind::undefined;
    case VIR_DOMAIN_EVENT_STARTED:
        return Kind::started;
    case VIR_DOMAIN_EVENT_SUSPENDED:
        return Kind::paused;
    case VIR_DOMAIN_EVENT_RESUMED:
        return Kind::resumed;
    case VIR_DOMAIN_EVENT_STOPPED:
        return Kind::stopped;
    case VIR_DOMAIN_EVENT_SHUTDOWN:
        return Kind::shut_down;
    case VIR_DOMAIN_EVENT_PMSUSPENDED:
        return Kind::suspended;
    case VIR_DOMAIN_EVENT_CRASHED:
        return Kind::crashed;
    default:
        return std::nullopt;
    }
}

std::string uuid_of(virDomainPtr domain) {
    char text[VIR_UUID_STRING_BUFLEN] = "";
    virDomainGetUUIDString(domain, text);
    return text;
}

/// The "id" entry of our metadata element.
std::string instance_of(virDomainPtr domain) {
    TextPointer metadata(
        virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, metadata_namespace, 0));
    if (!metadata) return "";
    const std::string text = metadata.get();
    const std::string start = "name=\"id\">";
    auto begin = text.find(start);
    if (begin == std::string::npos) begin = text.find("name='id'>");
    if (begin == std::string::npos) return "";
    begin += start.size();
    return text.substr(begin, text.find('<', begin) - begin);
}

DomainInfo info_of(virDomainPtr domain) {
    DomainInfo info;
    info.uuid = uuid_of(domain);
    info.name = virDomainGetName(domain);
    info.instance = instance_of(domain);
    int state = VIR_DOMAIN_NOSTATE, reason = 0;
    virDomainGetState(domain, &state, &reason, 0);
    info.state = state_of(state);
    info.reason = reason_of(state, reason);
    info.persistent = virDomainIsPersistent(domain) == 1;
    info.has_saved_memory = virDomainHasManagedSaveImage(domain, 0) == 1;
    return info;
}

struct Callbacks {
    std::mutex mutex;
    std::vector<std::function<void(const LifecycleEvent&)>> lifecycle;
    std::vector<std::function<void(bool)>> connection;

    void tell(const LifecycleEvent& event) {
        std::unique_lock lock(mutex);
        auto all = lifecycle;
        lock.unlock();
        for (const auto& callback : all) callback(event);
    }
    void tell(bool connected) {
        std::unique_lock lock(mutex);
        auto all = connection;
        lock.unlock();
        for (const auto& callback : all) callback(connected);
    }
};

// What libvirt calls. The last parameter holds a reference to the callbacks, released by release().
using Held = std::shared_ptr<Callbacks>;
void release(void* opaque) { delete static_cast<Held*>(opaque); }

int on_domain_event(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
    if (auto kind = kind_of(event))
        (*static_cast<Held*>(opaque))->tell({uuid_of(domain), *kind, detail, ""});
    return 0;
}

void on_reboot_event(virConnectPtr, virDomainPtr domain, void* opaque) {
    (*static_cast<Held*>(opaque))->tell({uuid_of(domain), LifecycleEvent::Kind::rebooted, 0, ""});
}

void on_removed_event(virConnectPtr, virDomainPtr domain, const char* alias, void* opaque) {
    (*static_cast<Held*>(opaque))
        ->tell({uuid_of(domain), LifecycleEvent::Kind::device_removed, 0, alias ? alias : ""});
}

class LibvirtHypervisor : public Hypervisor {
  public:
    LibvirtHypervisor(std::string uri, int connect_wait_ms)
        : uri_(std::move(uri)), connect_wait_ms_(connect_wait_ms) {
        start_event_loop();
        keeper_ = std::thread([this] { keep_connected(); });
        pthread_setname_np(keeper_.native_handle(), "libvirt-keeper");
    }

    ~LibvirtHypervisor() override {
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        keeper_.join();
        std::lock_guard lock(callbacks_->mutex);
        callbacks_->lifecycle.clear();
        callbacks_->connection.clear();
    }

    bool connected() const override {
        std::lock_guard lock(mutex_);
        return connection_ && virConnectIsAlive(connection_.get()) == 1;
    }

    HostCapabilities capabilities() override;
    void ensure_defined(const std::string& xml) override;
    void ensure_undefined(const std::string& uuid) override;
    void run_transient(const std::string& xml) override;
    std::optional<DomainInfo> find(const std::string& uuid) override;
    std::vector<DomainInfo> list() override;
    std::string xml(const std::string& uuid) override;
    void start(const std::string& uuid, Running how) override;
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
    void copy_disk(const std::string& uuid, const std::string& target, const std::string& path,
                   const std::function<bool()>& stopped) override;
    Screenshot screenshot(const std::string& uuid) override;
    DomainStatistics statistics(const std::string& uuid) override;

    void on_lifecycle(std::function<void(const LifecycleEvent&)> callback) override {
        std::lock_guard lock(callbacks_->mutex);
        callbacks_->lifecycle.push_back(std::move(callback));
    }
    void on_connection(std::function<void(bool)> callback) override {
        std::lock_guard lock(callbacks_->mutex);
        callbacks_->connection.push_back(std::move(callback));
    }

  private:
    void keep_connected();
    ConnectionPointer open();
    ConnectionPointer connection();

    /// Null when there is no such guest.
    DomainPointer lookup(virConnectPtr connection, const std::string& uuid);
    DomainPointer need(virConnectPtr connection, const std::string& uuid);
    /// Runs a call on the guest. What failed only because the guest is in the wanted state already
    /// is no failure.
    void act(const std::string& uuid, const char* doing, int (*call)(virDomainPtr),
             DomainState wanted);
    static unsigned live_and_config(virDomainPtr domain);

    const std::string uri_;
    const int connect_wait_ms_;
    const Held callbacks_ = std::make_shared<Callbacks>();
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    ConnectionPointer connection_;
    std::string problem_ = "not connected yet";
    bool stopping_ = false;
    std::thread keeper_;
};

ConnectionPointer LibvirtHypervisor::open() {
    virConnectPtr raw = virConnectOpen(uri_.c_str());
    if (!raw) return nullptr;
    virConnectSetKeepAlive(raw, 5, 3); // Drivers inside the process have none: no matter.
    CloseConnection close;
    auto listen = [&](int event, virConnectDomainEventGenericCallback callback) {
        const int id = virConnectDomainEventRegisterAny(raw, nullptr, event, callback,
                                                        new Held(callbacks_), release);
        if (id >= 0)
            close.callbacks.push_back(id);
        else
            log::warning("libvirt event not available", {{"event", event}, {"uri", uri_}});
    };
    listen(VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_domain_event));
    listen(VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_CALLBACK(on_reboot_event));
    listen(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_removed_event));
    return {raw, close};
}

void LibvirtHypervisor::keep_connected() {
    int pause_ms = 200;
    for (;;) {
        std::unique_lock lock(mutex_);
        if (stopping_) return;
        if (connection_ && virConnectIsAlive(connection_.get()) == 1) {
            pause_ms = 200;
            changed_.wait_for(lock, std::chrono::seconds(1));
            continue;
        }
        const bool lost = connection_ != nullptr;
        connection_.reset();
        lock.unlock();
        if (lost) {
            log::warning("libvirt connection lost", {{"uri", uri_}});
            callbacks_->tell(false);
        }
        auto opened = open();
        const virError* error = opened ? nullptr : virGetLastError();
        lock.lock();
        connection_ = opened;
        if (error && error->message) problem_ = error->message;
        changed_.notify_all();
        if (opened) {
            lock.unlock();
            log::info("libvirt connected", {{"uri", uri_}});
            callbacks_->tell(true);
            continue;
        }
        changed_.wait_for(lock, std::chrono::milliseconds(pause_ms), [this] { return stopping_; });
        pause_ms = std::min(pause_ms * 2, 5'000);
    }
}

ConnectionPointer LibvirtHypervisor::connection() {
    std::unique_lock lock(mutex_);
    const bool there = changed_.wait_for(lock, std::chrono::milliseconds(connect_wait_ms_), [this] {
        return connection_ && virConnectIsAlive(connection_.get()) == 1;
    });
    if (!there)
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("libvirt: {} not reached: {}", uri_, problem_));
    return connection_;
}

DomainPointer LibvirtHypervisor::lookup(virConnectPtr connection, const std::string& uuid) {
    DomainPointer domain(virDomainLookupByUUIDString(connection, uuid.c_str()));
    if (!domain) {
        const virError* error = virGetLastError();
        if (!error || error->code != VIR_ERR_NO_DOMAIN) fail("look up " + uuid, connection);
    }
    return domain;
}

DomainPointer LibvirtHypervisor::need(virConnectPtr connection, const std::string& uuid) {
    auto domain = lookup(connection, uuid);
    if (!domain) throw EngineFailure(EngineFailure::Kind::permanent, "libvirt: no guest " + uuid);
    return domain;
}

void LibvirtHypervisor::act(const std::string& uuid, const char* doing, int (*call)(virDomainPtr),
                            DomainState wanted) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    if (info_of(domain.get()).state == wanted) return;
    if (call(domain.get()) == 0) return;
    const EngineFailure failure = last_failure(format("{} {}", doing, uuid), held.get());
    if (info_of(domain.get()).state != wanted) throw failure;
}

HostCapabilities LibvirtHypervisor::capabilities() {
    auto held = connection();
    HostCapabilities host;
    virNodeInfo node{};
    if (virNodeGetInfo(held.get(), &node) != 0) fail("read the host's facts", held.get());
    host.cpus = static_cast<int>(node.cpus);
    host.memory_mib = static_cast<std::int64_t>(node.memory / 1024);
    host.architecture = node.model;
    if (TextPointer name(virConnectGetHostname(held.get())); name) host.hostname = name.get();
    if (const char* type = virConnectGetType(held.get())) host.hypervisor = type;
    unsigned long version = 0;
    if (virConnectGetVersion(held.get(), &version) == 0) host.hypervisor_version = version;
    if (virConnectGetLibVersion(held.get(), &version) == 0) host.library_version = version;
    TextPointer xml(virConnectGetCapabilities(held.get()));
    if (!xml) fail("read the host's capabilities", held.get());
    host.xml = xml.get();
    auto between = [&host](const std::string& begin, const char* end) -> std::string {
        auto at = host.xml.find(begin);
        if (at == std::string::npos) return "";
        at += begin.size();
        return host.xml.substr(at, host.xml.find(end, at) - at);
    };
    host.host_uuid = between("<uuid>", "<");
    host.cpu_model = between("<model>", "<");
    return host;
}

void LibvirtHypervisor::ensure_defined(const std::string& xml) {
    auto held = connection();
    DomainPointer domain(virDomainDefineXMLFlags(held.get(), xml.c_str(), 0));
    if (!domain) fail("define a guest", held.get());
}

void LibvirtHypervisor::ensure_undefined(const std::string& uuid) {
    destroy(uuid);
    auto held = connection();
    auto domain = lookup(held.get(), uuid);
    if (!domain) return; // It was transient, or is gone already.
    const unsigned all = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_NVRAM |
                         VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                         VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA;
    if (virDomainUndefineFlags(domain.get(), all) == 0) return;
    if (virGetLastError() && virGetLastError()->code == VIR_ERR_INVALID_ARG &&
        virDomainUndefine(domain.get()) == 0)
        return; // Drivers that know no such flags.
    if (lookup(held.get(), uuid)) fail("undefine " + uuid, held.get());
}

void LibvirtHypervisor::run_transient(const std::string& xml) {
    auto held = connection();
    DomainPointer domain(virDomainCreateXML(held.get(), xml.c_str(), VIR_DOMAIN_START_AUTODESTROY));
    if (!domain) fail("run a transient guest", held.get());
}

std::optional<DomainInfo> LibvirtHypervisor::find(const std::string& uuid) {
    auto held = connection();
    auto domain = lookup(held.get(), uuid);
    if (!domain) return std::nullopt;
    return info_of(domain.get());
}

std::vector<DomainInfo> LibvirtHypervisor::list() {
    auto held = connection();
    virDomainPtr* domains = nullptr;
    const int count = virConnectListAllDomains(held.get(), &domains, 0);
    if (count < 0) fail("list guests", held.get());
    std::vector<DomainInfo> infos;
    for (int i = 0; i < count; ++i) infos.push_back(info_of(DomainPointer(domains[i]).get()));
    std::free(domains);
    return infos;
}

std::string LibvirtHypervisor::xml(const std::string& uuid) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    TextPointer text(virDomainGetXMLDesc(domain.get(), 0));
    if (!text) fail("describe " + uuid, held.get());
    return text.get();
}

void LibvirtHypervisor::start(const std::string& uuid, Running how) {
    if (how == Running::yes) return act(uuid, "start", virDomainCreate, DomainState::running);
    act(
        uuid, "start paused",
        [](virDomainPtr domain) {
            return virDomainCreateWithFlags(domain, VIR_DOMAIN_START_PAUSED);
        },
        DomainState::paused);
}

void LibvirtHypervisor::destroy(const std::string& uuid) {
    auto held = connection();
    auto domain = lookup(held.get(), uuid);
    if (!domain || virDomainIsActive(domain.get()) == 0) return;
    if (virDomainDestroy(domain.get()) == 0) return;
    EngineFailure failure = last_failure("destroy " + uuid, held.get());
    if (virDomainIsActive(domain.get()) == 0) return;
    // QEMU that hangs in the kernel may outlive a kill for a while.
    failure.kind = EngineFailure::Kind::unknown;
    throw failure;
}

void LibvirtHypervisor::shutdown(const std::string& uuid) {
    act(
        uuid, "shut down",
        [](virDomainPtr domain) {
            return virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_DEFAULT);
        },
        DomainState::shut_off);
}

void LibvirtHypervisor::reboot(const std::string& uuid) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    if (virDomainReboot(domain.get(), VIR_DOMAIN_REBOOT_DEFAULT) != 0)
        fail("reboot " + uuid, held.get());
}

void LibvirtHypervisor::reset(const std::string& uuid) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    if (virDomainReset(domain.get(), 0) != 0) fail("reset " + uuid, held.get());
}

void LibvirtHypervisor::pause(const std::string& uuid) {
    act(uuid, "pause", virDomainSuspend, DomainState::paused);
}

void LibvirtHypervisor::resume(const std::string& uuid) {
    act(uuid, "resume", virDomainResume, DomainState::running);
}

void LibvirtHypervisor::save(const std::string& uuid) {
    act(
        uuid, "save", [](virDomainPtr domain) { return virDomainManagedSave(domain, 0); },
        DomainState::shut_off);
}

void LibvirtHypervisor::drop_saved(const std::string& uuid) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    if (virDomainHasManagedSaveImage(domain.get(), 0) != 1) return;
    if (virDomainManagedSaveRemove(domain.get(), 0) != 0)
        fail("drop the saved memory of " + uuid, held.get());
}

unsigned LibvirtHypervisor::live_and_config(virDomainPtr domain) {
    unsigned flags = 0;
    if (virDomainIsActive(domain) == 1) flags |= VIR_DOMAIN_AFFECT_LIVE;
    if (virDomainIsPersistent(domain) == 1) flags |= VIR_DOMAIN_AFFECT_CONFIG;
    return flags;
}

void LibvirtHypervisor::attach_device(const std::string& uuid, const std::string& device_xml) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    if (virDomainAttachDeviceFlags(domain.get(), device_xml.c_str(),
                                   live_and_config(domain.get())) != 0)
        fail("attach a device to " + uuid, held.get());
}

void LibvirtHypervisor::detach_device(const std::string& uuid, const std::string& device_xml) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    // One at a time: the device may be gone from one and still be in the other.
    for (unsigned where : {VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE}) {
        if (!(live_and_config(domain.get()) & where)) continue;
        if (virDomainDetachDeviceFlags(domain.get(), device_xml.c_str(), where) == 0) continue;
        const virError* error = virGetLastError();
        if (error && error->code == VIR_ERR_DEVICE_MISSING) continue;
        fail("detach a device from " + uuid, held.get());
    }
}

void LibvirtHypervisor::resize_disk(const std::string& uuid, const std::string& target,
                                    std::uint64_t bytes) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    if (virDomainBlockResize(domain.get(), target.c_str(), bytes, VIR_DOMAIN_BLOCK_RESIZE_BYTES) !=
        0)
        fail(format("resize {} of {}", target, uuid), held.get());
}

namespace {
/// What a domain's job is doing, or what the last one came to.
struct JobFacts {
    int type = VIR_DOMAIN_JOB_NONE;
    std::string error;
};
JobFacts job_of(virDomainPtr domain, unsigned flags) {
    JobFacts facts;
    virTypedParameterPtr values = nullptr;
    int count = 0;
    if (virDomainGetJobStats(domain, &facts.type, &values, &count, flags) != 0) return {};
    const char* text = nullptr;
    if (virTypedParamsGetString(values, count, VIR_DOMAIN_JOB_ERRMSG, &text) == 1 && text)
        facts.error = text;
    virTypedParamsFree(values, count);
    return facts;
}
bool runs(const JobFacts& job) {
    return job.type == VIR_DOMAIN_JOB_BOUNDED || job.type == VIR_DOMAIN_JOB_UNBOUNDED;
}
} // namespace

void LibvirtHypervisor::copy_disk(const std::string& uuid, const std::string& target,
                                  const std::string& path, const std::function<bool()>& stopped) {
    constexpr auto between_looks = std::chrono::milliseconds(200);
    auto held = connection();
    auto domain = need(held.get(), uuid);
    if (runs(job_of(domain.get(), 0))) virDomainAbortJob(domain.get());
    if (virDomainBackupBegin(domain.get(), disk_copy_xml(target, path).c_str(), nullptr, 0) != 0)
        fail(format("copy disk {} of {}", target, uuid), held.get());
    while (runs(job_of(domain.get(), 0))) {
        if (stopped && stopped()) {
            virDomainAbortJob(domain.get());
            throw EngineFailure(EngineFailure::Kind::transient,
                                format("The copy of disk {} of {} was stopped", target, uuid));
        }
        std::this_thread::sleep_for(between_looks);
    }
    const JobFacts ended = job_of(domain.get(), VIR_DOMAIN_JOB_STATS_COMPLETED);
    if (ended.type != VIR_DOMAIN_JOB_COMPLETED)
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("libvirt: copy disk {} of {}: {}", target, uuid,
                                   ended.error.empty() ? "the job ended early" : ended.error));
}

Screenshot LibvirtHypervisor::screenshot(const std::string& uuid) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    StreamPointer stream(virStreamNew(held.get(), 0));
    if (!stream) fail("open a stream", held.get());
    TextPointer type(virDomainScreenshot(domain.get(), stream.get(), 0, 0));
    if (!type) fail("take a screenshot of " + uuid, held.get());
    Screenshot shot{type.get(), ""};
    constexpr std::size_t screenshot_bytes_max = 64 * 1024 * 1024;
    char buffer[64 * 1024];
    for (;;) {
        const int count = virStreamRecv(stream.get(), buffer, sizeof buffer);
        if (count == 0) break;
        if (count < 0 || shot.bytes.size() > screenshot_bytes_max) {
            virStreamAbort(stream.get());
            fail("receive a screenshot of " + uuid, held.get());
        }
        shot.bytes.append(buffer, static_cast<std::size_t>(count));
    }
    virStreamFinish(stream.get());
    return shot;
}

DomainStatistics LibvirtHypervisor::statistics(const std::string& uuid) {
    auto held = connection();
    auto domain = need(held.get(), uuid);
    virDomainPtr one[] = {domain.get(), nullptr};
    virDomainStatsRecordPtr* records = nullptr;
    const int count = virDomainListGetStats(one, 0, &records, 0);
    if (count < 0) fail("read the statistics of " + uuid, held.get());
    DomainStatistics statistics;
    for (int r = 0; r < count; ++r)
        for (int i = 0; i < records[r]->nparams; ++i) {
            const virTypedParameter& parameter = records[r]->params[i];
            std::int64_t value = 0;
            switch (parameter.type) {
            case VIR_TYPED_PARAM_INT:
                value = parameter.value.i;
                break;
            case VIR_TYPED_PARAM_UINT:
                value = parameter.value.ui;
                break;
            case VIR_TYPED_PARAM_LLONG:
                value = parameter.value.l;
                break;
            case VIR_TYPED_PARAM_ULLONG:
                value = static_cast<std::int64_t>(parameter.value.ul);
                break;
            default:
                continue;
            }
            statistics.values.emplace_back(parameter.field, value);
            if (std::string_view(parameter.field) == "cpu.time") statistics.cpu_ns = value;
            if (std::string_view(parameter.field) == "balloon.rss") statistics.memory_kib = value;
        }
    virDomainStatsRecordListFree(records);
    return statistics;
}

} // namespace

const char* domain_state_name(DomainState state) {
    switch (state) {
    case DomainState::running:
        return "running";
    case DomainState::paused:
        return "paused";
    case DomainState::shutting_down:
        return "shutting down";
    case DomainState::shut_off:
        return "shut off";
    case DomainState::crashed:
        return "crashed";
    case DomainState::suspended:
        return "suspended";
    case DomainState::unknown:
        break;
    }
    return "unknown";
}

std::unique_ptr<Hypervisor> connect_libvirt(const std::string& uri, int connect_wait_ms) {
    return std::make_unique<LibvirtHypervisor>(uri, connect_wait_ms);
}

} // namespace nephele::libvirt
