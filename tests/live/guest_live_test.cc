// SPDX-License-Identifier: Apache-2.0
// QEMU guests through libvirt by our engines only. The guest is the accelerator probe's boot
// sector: it writes a line to its serial port and halts, which is enough to see it live.
#include "base/ids.h"
#include "base/process.h"
#include "engines/libvirt/boot_probe.h"
#include "engines/ovs/host_links.h"
#include "engines/qemu_img/qemu_img.h"
#include "tests/live/live_environment.h"

#include <fstream>
#include <mutex>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace nephele;
using namespace nephele::libvirt;
using nephele::live::environment;
using nephele::live::eventually;

namespace {

const char* message = "nephele: guest code runs";

std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

bool answers(const std::string& socket_path) {
    int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool connected =
        ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

struct Host {
    std::unique_ptr<Hypervisor> hypervisor = connect_libvirt(environment("LIBVIRT_URI"));
    std::unique_ptr<ovs::HostLinks> links = ovs::host_links();
    std::string folder;
    Guest guest;
    std::mutex mutex;
    std::vector<LifecycleEvent> events;

    Host() {
        char pattern[] = "/tmp/nephele-live-XXXXXX";
        folder = ::mkdtemp(pattern);
        hypervisor->on_lifecycle([this](const LifecycleEvent& event) {
            std::lock_guard lock(mutex);
            if (event.uuid == guest.uuid) events.push_back(event);
        });
        std::ofstream(folder + "/base") << boot_probe_disk();
        qemu_img::create_overlay(folder + "/disk", folder + "/base", qemu_img::Format::raw,
                                 1024 * 1024);
        describe();
    }
    ~Host() {
        hypervisor->ensure_undefined(guest.uuid);
        links->ensure_no_link(guest.nics[0].tap);
        links->ensure_no_link(second_nic().tap);
        run_process({"rm", "-r", folder});
    }

    void describe() {
        guest.uuid = system_ids().uuid();
        guest.name = "instance-" + guest.uuid.substr(0, 8);
        guest.title = "a <title> & more";
        guest.memory_mib = 64;
        guest.console_log = folder + "/console.log";
        guest.console_socket = folder + "/console.sock";
        guest.vnc.listen = Vnc::Listen::unix_socket;
        guest.vnc.socket = folder + "/vnc.sock";
        guest.random_source = guest.guest_agent = guest.usb_tablet = true;
        guest.metadata = {{"id", guest.uuid}, {"generation", "1"}};
        Disk root;
        root.source = FileSource{folder + "/disk"};
        root.format = DiskFormat::qcow2;
        root.backing = {{FileSource{folder + "/base"}, DiskFormat::raw}};
        root.target = "vda";
        root.boot_order = 1;
        root.limits.total_iops = 500;
        guest.disks = {root};
        Nic nic;
        nic.mac = "fa:16:3e:7f:01:01";
        nic.tap = "nt" + guest.uuid.substr(0, 8) + "1";
        nic.mtu = 1442;
        nic.checksum_offload = false;
        guest.nics = {nic};
    }

    Nic second_nic() const {
        Nic nic = guest.nics[0];
        nic.mac = "fa:16:3e:7f:01:02";
        nic.tap.back() = '2';
        return nic;
    }

    DomainState state() {
        auto info = hypervisor->find(guest.uuid);
        return info ? info->state : DomainState::unknown;
    }
    bool heard(LifecycleEvent::Kind kind) {
        std::lock_guard lock(mutex);
        for (const auto& event : events)
            if (event.kind == kind) return true;
        return false;
    }
    bool spoke() { return content(guest.console_log).find(message) != std::string::npos; }
};

} // namespace

TEST_CASE("the probe finds a domain type that runs guests") {
    auto hypervisor = connect_libvirt(environment("LIBVIRT_URI"));
    auto probe = probe_domain_type(*hypervisor, "/tmp");
    MESSAGE(probe.reason);
    CHECK(why_not_bootable(*hypervisor, probe.type, "/tmp", 20'000) == "");
    for (const auto& guest : hypervisor->list()) CHECK(guest.name.find("nephele-probe") != 0);
}

TEST_CASE("a guest's life") {
    Host host;
    auto& hypervisor = *host.hypervisor;
    const std::string uuid = host.guest.uuid;
    host.links->ensure_tap({host.guest.nics[0].tap, 1442});
    hypervisor.ensure_defined(domain_xml(host.guest));
    hypervisor.ensure_defined(domain_xml(host.guest));
    CHECK(hypervisor.find(uuid)->instance == uuid);
    CHECK(host.state() == DomainState::shut_off);

    hypervisor.start(uuid);
    hypervisor.start(uuid);
    CHECK(host.state() == DomainState::running);
    CHECK(eventually([&] { return host.spoke(); }, 30'000));
    CHECK(answers(host.guest.console_socket));
    CHECK(answers(host.guest.vnc.socket));
    CHECK(hypervisor.statistics(uuid).cpu_ns > 0);
    CHECK(hypervisor.screenshot(uuid).bytes.size() > 1000);

    hypervisor.pause(uuid);
    CHECK(host.state() == DomainState::paused);
    hypervisor.resume(uuid);
    hypervisor.reset(uuid);
    CHECK(eventually([&] { return host.heard(LifecycleEvent::Kind::rebooted); }, 10'000));

    hypervisor.save(uuid);
    CHECK(hypervisor.find(uuid)->has_saved_memory);
    hypervisor.start(uuid);
    CHECK(host.state() == DomainState::running);

    hypervisor.shutdown(uuid); // This guest has no ears for it.
    CHECK(host.state() == DomainState::running);
    hypervisor.destroy(uuid);
    hypervisor.destroy(uuid);
    CHECK(host.state() == DomainState::shut_off);
    CHECK(eventually([&] { return host.heard(LifecycleEvent::Kind::stopped); }, 10'000));
    CHECK(host.links->find(host.guest.nics[0].tap)); // The tap outlives the guest.
    hypervisor.start(uuid);
    hypervisor.ensure_undefined(uuid);
    hypervisor.ensure_undefined(uuid);
    CHECK_FALSE(hypervisor.find(uuid));
}

TEST_CASE("devices come while the guest runs and stay in its definition") {
    Host host;
    auto& hypervisor = *host.hypervisor;
    const std::string uuid = host.guest.uuid;
    host.links->ensure_tap({host.guest.nics[0].tap, 1442});
    host.links->ensure_tap({host.second_nic().tap, 1442});
    hypervisor.ensure_defined(domain_xml(host.guest));
    hypervisor.start(uuid);

    qemu_img::create(host.folder + "/volume", qemu_img::Format::raw, 1024 * 1024);
    Disk volume;
    volume.source = FileSource{host.folder + "/volume"};
    volume.target = "vdb";
    volume.serial = "volume-1";
    hypervisor.attach_device(uuid, disk_xml(volume));
    hypervisor.attach_device(uuid, nic_xml(host.second_nic()));
    const std::string live = hypervisor.xml(uuid);
    CHECK(live.find("<serial>volume-1</serial>") != std::string::npos);
    CHECK(live.find("fa:16:3e:7f:01:02") != std::string::npos);
    hypervisor.resize_disk(uuid, "vdb", 2 * 1024 * 1024);
    CHECK_THROWS_AS(hypervisor.attach_device(uuid, disk_xml(volume)), EngineFailure);

    hypervisor.destroy(uuid);
    CHECK(hypervisor.xml(uuid).find("<serial>volume-1</serial>") != std::string::npos);
    hypervisor.detach_device(uuid, disk_xml(volume));
    hypervisor.detach_device(uuid, disk_xml(volume));
    hypervisor.detach_device(uuid, nic_xml(host.second_nic()));
    CHECK(hypervisor.xml(uuid).find("volume-1") == std::string::npos);
    CHECK(hypervisor.xml(uuid).find("fa:16:3e:7f:01:02") == std::string::npos);
}

TEST_CASE("a guest that cannot start fails for good, with QEMU's words") {
    Host host;
    host.guest.disks[0].source = FileSource{host.folder + "/absent"};
    host.links->ensure_tap({host.guest.nics[0].tap, 1442});
    host.hypervisor->ensure_defined(domain_xml(host.guest));
    try {
        host.hypervisor->start(host.guest.uuid);
        FAIL("started");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::permanent);
        CHECK(std::string(failure.what()).find("absent") != std::string::npos);
    }
}
