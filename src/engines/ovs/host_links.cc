// SPDX-License-Identifier: Apache-2.0
// Taps by ioctl; veth pairs, addresses and namespaces by iproute2 with argument arrays.
#include "engines/ovs/host_links.h"

#include "base/process.h"
#include "base/strings.h"
#include "platform/json/json.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace nephele::ovs {
namespace {

[[noreturn]] void fail(const std::string& doing, int error) {
    const bool passing = error == EBUSY || error == EAGAIN || error == ENOMEM;
    throw EngineFailure(passing ? EngineFailure::Kind::transient : EngineFailure::Kind::permanent,
                        format("host network: {}: {}", doing, std::strerror(error)));
}

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

ifreq request_for(const std::string& name) {
    if (name.empty() || name.size() >= IFNAMSIZ || name.find('/') != std::string::npos)
        throw EngineFailure(EngineFailure::Kind::permanent,
                            "host network: no device name: \"" + name + "\"");
    ifreq request{};
    std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
    return request;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::vector<std::string> listed(const char* directory, const std::string& prefix) {
    std::vector<std::string> names;
    DIR* open = ::opendir(directory);
    if (!open) return names;
    while (const dirent* entry = ::readdir(open)) {
        const std::string name = entry->d_name;
        if (name != "." && name != ".." && name.rfind(prefix, 0) == 0) names.push_back(name);
    }
    ::closedir(open);
    std::sort(names.begin(), names.end());
    return names;
}

/// Runs iproute2; throws with its words when it fails.
std::string ip(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ip");
    ProcessOptions options;
    options.timeout_ms = 10'000;
    auto result = run_process(arguments, options);
    if (result.ok()) return result.output;
    const auto kind = result.end == ProcessResult::End::timed_out ? EngineFailure::Kind::unknown
                                                                  : EngineFailure::Kind::permanent;
    throw EngineFailure(kind, join(arguments, " ") + ": " + result.describe());
}

bool ip_succeeds(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ip");
    return run_process(arguments).ok();
}

void set_mtu_and_up(const std::string& name, int mtu) {
    Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request = request_for(name);
    request.ifr_mtu = mtu;
    if (::ioctl(socket.get(), SIOCSIFMTU, &request) != 0) fail("set the MTU of " + name, errno);
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) fail("read " + name, errno);
    if (request.ifr_flags & IFF_UP) return;
    request.ifr_flags |= IFF_UP;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) fail("bring up " + name, errno);
}

std::string namespace_path(const std::string& name) { return "/run/netns/" + name; }

/// Addresses of eth0 in the namespace, link-local ones left out.
std::vector<std::string> addresses_inside(const std::string& name_space) {
    std::vector<std::string> addresses;
    const Json links =
        Json::parse(ip({"-n", name_space, "-json", "address", "show", "dev", "eth0"}));
    for (const auto& link : links.as_array()) {
        const Json* infos = link.find("addr_info");
        if (!infos) continue;
        for (const auto& info : infos->as_array())
            if (info.text("scope") != "link" || info.text("family") == "inet")
                addresses.push_back(format("{}/{}", info.text("local"), info.integer("prefixlen")));
    }
    return addresses;
}

/// Makes the socket; run by a thread that lives in the namespace. 0 or errno.
int listen_here(const std::string& address, int port, int& listening) {
    sockaddr_storage storage{};
    socklen_t size = 0;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(static_cast<std::uint16_t>(port));
        size = sizeof *v4;
    } else if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(static_cast<std::uint16_t>(port));
        size = sizeof *v6;
    } else {
        return EINVAL;
    }
    Descriptor socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) return errno;
    int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0) return errno;
    if (::listen(socket.get(), 128) != 0) return errno;
    listening = socket.release();
    return 0;
}

class SystemLinks : public HostLinks {
  public:
    void ensure_tap(const Tap& tap) override {
        auto there = find(tap.name);
        if (there && !there->tap)
            throw EngineFailure(EngineFailure::Kind::permanent,
                                "host network: " + tap.name + " is there and is no tap");
        if (!there) create_tap(tap);
        set_mtu_and_up(tap.name, tap.mtu);
    }

    void ensure_no_link(const std::string& name) override {
        if (!find(name)) return;
        if (!ip_succeeds({"link", "delete", name}) && find(name)) ip({"link", "delete", name});
    }

    std::optional<Link> find(const std::string& name) override {
        ifreq request = request_for(name);
        Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) {
            if (errno == ENODEV) return std::nullopt;
            fail("read " + name, errno);
        }
        Link link;
        link.name = name;
        link.up = request.ifr_flags & IFF_UP;
        link.tap = exists("/sys/class/net/" + name + "/tun_flags");
        if (::ioctl(socket.get(), SIOCGIFMTU, &request) == 0) link.mtu = request.ifr_mtu;
        return link;
    }

    std::vector<std::string> names(const std::string& prefix) override {
        return listed("/sys/class/net", prefix);
    }

    void ensure_namespace_link(const NamespaceLink& link) override {
        const auto& inside = link.name_space;
        request_for(link.device);
        check_namespace_name(inside);
        if (!exists(namespace_path(inside)) && !ip_succeeds({"netns", "add", inside}) &&
            !exists(namespace_path(inside)))
            ip({"netns", "add", inside});
        // Half a pair is of no use: both ends are made together.
        const bool inner = ip_succeeds({"-n", inside, "link", "show", "eth0"});
        if (!inner || !find(link.device)) {
            if (inner) ip({"-n", inside, "link", "delete", "eth0"});
            ensure_no_link(link.device);
            ip({"link", "add", link.device, "type", "veth", "peer", "name", "eth0", "netns", inside,
                "address", link.mac});
        }
        const std::string mtu = std::to_string(link.mtu);
        set_mtu_and_up(link.device, link.mtu);
        ip({"-n", inside, "link", "set", "lo", "up"});
        ip({"-n", inside, "link", "set", "eth0", "address", link.mac, "mtu", mtu, "up"});
        for (const auto& address : addresses_inside(inside))
            if (!std::count(link.addresses.begin(), link.addresses.end(), address))
                ip({"-n", inside, "address", "delete", address, "dev", "eth0"});
        for (const auto& address : link.addresses)
            ip({"-n", inside, "address", "replace", address, "dev", "eth0"});
        if (link.compute_checksums) {
            auto result =
                run_process({"ip", "netns", "exec", inside, "ethtool", "-K", "eth0", "tx", "off"});
            if (!result.ok())
                throw EngineFailure(EngineFailure::Kind::permanent,
                                    "ethtool in " + inside + ": " + result.describe());
        }
    }

    void ensure_no_namespace(const std::string& name) override {
        check_namespace_name(name);
        if (!exists(namespace_path(name))) return;
        // The kernel takes a namespace apart in its own time; the pair's other end must go now.
        ip_succeeds({"-n", name, "link", "delete", "eth0"});
        if (!ip_succeeds({"netns", "delete", name}) && exists(namespace_path(name)))
            ip({"netns", "delete", name});
    }

    std::vector<std::string> namespaces(const std::string& prefix) override {
        return listed("/run/netns", prefix);
    }

    int listen_in_namespace(const std::string& name_space, const std::string& address,
                            int port) override {
        check_namespace_name(name_space);
        int error = 0, listening = -1;
        // setns() changes the calling thread only, and for good: so a thread of its own.
        std::thread inside([&] {
            Descriptor space(::open(namespace_path(name_space).c_str(), O_RDONLY | O_CLOEXEC));
            if (space.get() < 0 || ::setns(space.get(), CLONE_NEWNET) != 0)
                error = errno;
            else
                error = listen_here(address, port, listening);
        });
        inside.join();
        if (error) fail(format("listen on {} port {} in {}", address, port, name_space), error);
        return listening;
    }

  private:
    static void check_namespace_name(const std::string& name) {
        if (name.empty() || name[0] == '.' || name[0] == '-' || name.find('/') != std::string::npos)
            throw EngineFailure(EngineFailure::Kind::permanent,
                                "host network: no namespace name: \"" + name + "\"");
    }

    void create_tap(const Tap& tap) {
        Descriptor device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
        if (device.get() < 0) fail("open /dev/net/tun", errno);
        ifreq request = request_for(tap.name);
        request.ifr_flags = IFF_TAP | IFF_NO_PI;
        if (tap.several_queues) request.ifr_flags |= IFF_MULTI_QUEUE;
        if (::ioctl(device.get(), TUNSETIFF, &request) != 0) fail("make tap " + tap.name, errno);
        if (::ioctl(device.get(), TUNSETPERSIST, 1) != 0) fail("keep tap " + tap.name, errno);
    }
};

} // namespace

std::unique_ptr<HostLinks> host_links() { return std::make_unique<SystemLinks>(); }

} // namespace nephele::ovs
