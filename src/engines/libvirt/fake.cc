// SPDX-License-Identifier: Apache-2.0
#include "engines/libvirt/fake.h"

#include "base/strings.h"

#include <algorithm>
#include <cstdio>

namespace nephele::libvirt {
namespace {

using Kind = LifecycleEvent::Kind;

/// The content of the first element that opens so.
std::string content(const std::string& xml, const std::string& opening) {
    auto begin = xml.find(opening);
    if (begin == std::string::npos) return "";
    begin += opening.size();
    return xml.substr(begin, xml.find('<', begin) - begin);
}

/// Takes the network card with the same address out of the description, as the hypervisor does.
void remove_interface(std::string& xml, const std::string& device_xml) {
    auto address = device_xml.find("<mac address=");
    if (address == std::string::npos) return;
    auto mac = xml.find(device_xml.substr(address, device_xml.find('>', address) - address));
    if (mac == std::string::npos) return;
    const std::string closing = "</interface>";
    auto begin = xml.rfind("<interface", mac), end = xml.find(closing, mac);
    if (begin != std::string::npos && end != std::string::npos)
        xml.erase(begin, end + closing.size() - begin);
}

EngineFailure refusal(const std::string& message) {
    return {EngineFailure::Kind::permanent, "fake hypervisor: " + message};
}

} // namespace

/// Locks for one call of a method and fails it when that was asked for.
class FakeHypervisor::Call {
  public:
    Call(FakeHypervisor& fake, const char* method)
        : lock_(fake.mutex_), fake_(fake), method_(method) {
        fake.calls_.push_back(method);
        if (!fake_.fail_after_) fail_if_due();
    }
    /// At the end of the work.
    void done() {
        if (fake_.fail_after_) fail_if_due();
    }

  private:
    void fail_if_due() {
        if (fake_.failures_left_ == 0) return;
        if (!fake_.failing_method_.empty() && fake_.failing_method_ != method_) return;
        --fake_.failures_left_;
        throw EngineFailure(fake_.failure_, format("fake hypervisor: {} told to fail", method_));
    }

    std::unique_lock<std::mutex> lock_;
    FakeHypervisor& fake_;
    const char* method_;
};

FakeHypervisor::Domain& FakeHypervisor::need(const std::string& uuid) {
    auto found = domains_.find(uuid);
    if (found == domains_.end()) throw refusal("no guest " + uuid);
    return found->second;
}

void FakeHypervisor::tell(const std::string& uuid, Kind kind) {
    for (const auto& callback : callbacks_) callback({uuid, kind, 0, ""});
}

void FakeHypervisor::define(const std::string& xml, bool persistent, DomainState state) {
    const std::string uuid = content(xml, "<uuid>"), name = content(xml, "<name>");
    if (uuid.empty() || name.empty()) throw refusal("a description without name or uuid");
    for (const auto& [other, domain] : domains_)
        if (other != uuid && domain.info.name == name)
            throw refusal("a guest named " + name + " exists");
    auto [found, is_new] = domains_.try_emplace(uuid);
    Domain& domain = found->second;
    domain.xml = xml;
    domain.info.uuid = uuid;
    domain.info.name = name;
    domain.info.instance = content(xml, "<nephele:entry name='id'>");
    domain.info.persistent = persistent;
    if (is_new) domain.info.state = state;
}

HostCapabilities FakeHypervisor::capabilities() {
    Call call(*this, "capabilities");
    HostCapabilities host;
    host.host_uuid = "00000000-0000-4000-8000-000000000001";
    host.architecture = "x86_64";
    host.hostname = "fake-host";
    host.cpus = 8;
    host.memory_mib = 16'384;
    host.hypervisor = "QEMU";
    host.hypervisor_version = 7'002'000;
    call.done();
    return host;
}

void FakeHypervisor::ensure_defined(const std::string& xml) {
    Call call(*this, "ensure_defined");
    define(xml, true, DomainState::shut_off);
    call.done();
}

void FakeHypervisor::ensure_undefined(const std::string& uuid) {
    Call call(*this, "ensure_undefined");
    domains_.erase(uuid);
    call.done();
}

void FakeHypervisor::run_transient(const std::string& xml) {
    Call call(*this, "run_transient");
    define(xml, false, DomainState::running);
    call.done();
}

std::optional<DomainInfo> FakeHypervisor::find(const std::string& uuid) {
    Call call(*this, "find");
    auto found = domains_.find(uuid);
    call.done();
    if (found == domains_.end()) return std::nullopt;
    return found->second.info;
}

std::vector<DomainInfo> FakeHypervisor::list() {
    Call call(*this, "list");
    std::vector<DomainInfo> infos;
    for (const auto& [uuid, domain] : domains_) infos.push_back(domain.info);
    call.done();
    return infos;
}

std::string FakeHypervisor::xml(const std::string& uuid) {
    Call call(*this, "xml");
    auto text = need(uuid).xml;
    call.done();
    return text;
}

void FakeHypervisor::move(const char* method, const std::string& uuid,
                          const std::set<DomainState>& from, DomainState to, Kind event) {
    Call call(*this, method);
    Domain& domain = need(uuid);
    if (domain.info.state != to) {
        if (!from.count(domain.info.state))
            throw refusal(format("cannot {} a guest that is {}", method,
                                 domain_state_name(domain.info.state)));
        domain.info.state = to;
        tell(uuid, event);
    }
    call.done();
}

void FakeHypervisor::start(const std::string& uuid, Running how) {
    move("start", uuid, {DomainState::shut_off, DomainState::crashed},
         how == Running::yes ? DomainState::running : DomainState::paused, Kind::started);
    std::lock_guard lock(mutex_);
    need(uuid).info.has_saved_memory = false;
}

void FakeHypervisor::destroy(const std::string& uuid) {
    Call call(*this, "destroy");
    auto found = domains_.find(uuid);
    if (found != domains_.end() && found->second.info.state != DomainState::shut_off) {
        if (found->second.info.persistent)
            found->second.info.state = DomainState::shut_off;
        else
            domains_.erase(found);
        tell(uuid, Kind::stopped);
    }
    call.done();
}

void FakeHypervisor::shutdown(const std::string& uuid) {
    move("shutdown", uuid, {DomainState::running}, DomainState::shut_off, Kind::stopped);
}

void FakeHypervisor::reboot(const std::string& uuid) {
    Call call(*this, "reboot");
    if (need(uuid).info.state != DomainState::running) throw refusal("reboot: it does not run");
    tell(uuid, Kind::rebooted);
    call.done();
}

void FakeHypervisor::reset(const std::string& uuid) {
    Call call(*this, "reset");
    if (need(uuid).info.state != DomainState::running) throw refusal("reset: it does not run");
    tell(uuid, Kind::rebooted);
    call.done();
}

void FakeHypervisor::pause(const std::string& uuid) {
    move("pause", uuid, {DomainState::running}, DomainState::paused, Kind::paused);
}

void FakeHypervisor::resume(const std::string& uuid) {
    move("resume", uuid, {DomainState::paused}, DomainState::running, Kind::resumed);
}

void FakeHypervisor::save(const std::string& uuid) {
    move("save", uuid, {DomainState::running, DomainState::paused}, DomainState::shut_off,
         Kind::stopped);
    std::lock_guard lock(mutex_);
    need(uuid).info.has_saved_memory = true;
}

void FakeHypervisor::drop_saved(const std::string& uuid) {
    Call call(*this, "drop_saved");
    need(uuid).info.has_saved_memory = false;
    call.done();
}

void FakeHypervisor::attach_device(const std::string& uuid, const std::string& device_xml) {
    Call call(*this, "attach_device");
    Domain& domain = need(uuid);
    auto& devices = domain.devices;
    if (std::count(devices.begin(), devices.end(), device_xml))
        throw refusal("the device is there already");
    devices.push_back(device_xml);
    if (auto end = domain.xml.rfind("</devices>"); end != std::string::npos)
        domain.xml.insert(end, device_xml);
    call.done();
}

void FakeHypervisor::detach_device(const std::string& uuid, const std::string& device_xml) {
    Call call(*this, "detach_device");
    Domain& domain = need(uuid);
    std::erase(domain.devices, device_xml);
    remove_interface(domain.xml, device_xml);
    tell(uuid, Kind::device_removed);
    call.done();
}

void FakeHypervisor::resize_disk(const std::string& uuid, const std::string&, std::uint64_t) {
    Call call(*this, "resize_disk");
    need(uuid);
    call.done();
}

void FakeHypervisor::copy_disk(const std::string& uuid, const std::string& target,
                               const std::string& path, const std::function<bool()>&) {
    Call call(*this, "copy_disk");
    const DomainState state = need(uuid).info.state;
    if (state != DomainState::running && state != DomainState::paused)
        throw refusal("domain is not running");
    FILE* file = std::fopen(path.c_str(), "wx");
    if (!file) throw refusal("cannot write " + path);
    const std::string text = "disk " + target + " of " + uuid;
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    call.done();
}

Screenshot FakeHypervisor::screenshot(const std::string& uuid) {
    Call call(*this, "screenshot");
    need(uuid);
    call.done();
    return {"image/x-portable-pixmap", "P6\n1 1\n255\n" + std::string(3, '\0')};
}

DomainStatistics FakeHypervisor::statistics(const std::string& uuid) {
    Call call(*this, "statistics");
    need(uuid);
    call.done();
    return {};
}

void FakeHypervisor::on_lifecycle(std::function<void(const LifecycleEvent&)> callback) {
    std::lock_guard lock(mutex_);
    callbacks_.push_back(std::move(callback));
}

void FakeHypervisor::on_connection(std::function<void(bool)> callback) { callback(true); }

void FakeHypervisor::fail_next(const std::string& method, EngineFailure::Kind kind, int times,
                               bool after) {
    std::lock_guard lock(mutex_);
    failing_method_ = method;
    failure_ = kind;
    failures_left_ = times;
    fail_after_ = after;
}

void FakeHypervisor::stop_from_inside(const std::string& uuid, DomainState state) {
    std::lock_guard lock(mutex_);
    Domain& domain = need(uuid);
    domain.info.state = state;
    tell(uuid, state == DomainState::crashed ? Kind::crashed : Kind::stopped);
}

std::vector<std::string> FakeHypervisor::devices(const std::string& uuid) {
    std::lock_guard lock(mutex_);
    return need(uuid).devices;
}

std::vector<std::string> FakeHypervisor::calls() {
    std::lock_guard lock(mutex_);
    return calls_;
}

} // namespace nephele::libvirt
