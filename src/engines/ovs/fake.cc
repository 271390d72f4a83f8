// SPDX-License-Identifier: Apache-2.0
#include "engines/ovs/fake.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nephele::ovs {
namespace {

template <class T>
std::vector<std::string> starting_with(const std::map<std::string, T>& all,
                                       const std::string& prefix) {
    std::vector<std::string> names;
    for (const auto& [name, thing] : all)
        if (name.rfind(prefix, 0) == 0) names.push_back(name);
    return names;
}

} // namespace

void Failing::fail_next(EngineFailure::Kind kind, int times) {
    std::lock_guard lock(mutex_);
    kind_ = kind;
    left_ = times;
}

void Failing::fail_if_due() {
    if (left_ == 0) return;
    --left_;
    throw EngineFailure(kind_, "fake host network: told to fail");
}

void FakeLocalSwitch::ensure_port(const Port& port) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    auto [found, is_new] = ports_.try_emplace(port.device);
    if (is_new) found->second.number = static_cast<std::int64_t>(ports_.size());
    found->second.port = port;
    found->second.bridge = "br-int";
}

void FakeLocalSwitch::ensure_no_port(const std::string& device) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    ports_.erase(device);
}

std::optional<PortStatus> FakeLocalSwitch::find(const std::string& device) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    auto found = ports_.find(device);
    if (found == ports_.end()) return std::nullopt;
    return found->second;
}

std::vector<PortStatus> FakeLocalSwitch::ports() {
    std::lock_guard lock(mutex_);
    fail_if_due();
    std::vector<PortStatus> list;
    for (const auto& [device, status] : ports_) list.push_back(status);
    return list;
}

SwitchFacts FakeLocalSwitch::facts() { return {"fake-chassis", "3.1.0", "system", false}; }

void FakeHostLinks::ensure_tap(const Tap& tap) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    links_[tap.name] = {tap.name, tap.mtu, true, true};
}

void FakeHostLinks::ensure_no_link(const std::string& name) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    links_.erase(name);
}

std::optional<Link> FakeHostLinks::find(const std::string& name) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    auto found = links_.find(name);
    if (found == links_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> FakeHostLinks::names(const std::string& prefix) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    return starting_with(links_, prefix);
}

void FakeHostLinks::ensure_namespace_link(const NamespaceLink& link) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    namespaces_[link.name_space] = link;
    links_[link.device] = {link.device, link.mtu, true, false};
}

void FakeHostLinks::ensure_no_namespace(const std::string& name) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    auto found = namespaces_.find(name);
    if (found == namespaces_.end()) return;
    links_.erase(found->second.device);
    namespaces_.erase(found);
}

std::vector<std::string> FakeHostLinks::namespaces(const std::string& prefix) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    return starting_with(namespaces_, prefix);
}

int FakeHostLinks::listen_in_namespace(const std::string& name_space, const std::string&, int) {
    std::lock_guard lock(mutex_);
    fail_if_due();
    if (!namespaces_.count(name_space))
        throw EngineFailure(EngineFailure::Kind::permanent,
                            "fake host network: no namespace " + name_space);
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd, 16) != 0) {
        const std::string reason = std::strerror(errno);
        if (fd >= 0) ::close(fd);
        throw EngineFailure(EngineFailure::Kind::transient, "fake host network: " + reason);
    }
    return fd;
}

} // namespace nephele::ovs
