// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/host.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "services/nova/compute/fake_host.h"
#include "services/nova/compute/host_files.h"
#include "services/nova/compute/image_page.h"
#include "services/nova/compute/libvirt_host.h"

#include <cstdio>
#include <ctime>
#include <unistd.h>

namespace nephele::nova::compute {
namespace {

/// The link must outlive the agents that use it.
struct LocalHosts {
    std::unique_ptr<agent::Link> link;
    std::unique_ptr<Hosts> hosts;
};

std::string absolute(const std::string& path) {
    if (!path.empty() && path[0] == '/') return path;
    char here[4096];
    return (::getcwd(here, sizeof here) ? std::string(here) : "") + "/" + path;
}

std::vector<std::unique_ptr<Host>> fake_hosts(Cloud& cloud, agent::Link& link) {
    const Config& config = cloud.config();
    const std::string data = absolute(config.text("data.directory"));
    std::vector<std::unique_ptr<Host>> hosts;
    for (std::int64_t number = 1; number <= config.integer("nova.fake_hosts"); ++number) {
        FakeHostOptions options;
        options.name = format("fake-{}", number);
        if (const auto name = config.text("nova.host"); !name.empty() && number == 1)
            options.name = name;
        options.vcpus = config.integer("nova.fake_vcpus");
        options.memory_mb = config.integer("nova.fake_memory_mb");
        options.disk_gb = config.integer("nova.fake_disk_gb");
        options.delay_ms = static_cast<int>(config.integer("nova.fake_delay_ms"));
        options.snapshots = data + "/snapshots/" + options.name;
        hosts.push_back(std::make_unique<FakeHost>(cloud, link, std::move(options)));
    }
    return hosts;
}

std::string machine_name() {
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
    return name;
}

std::unique_ptr<Host> this_machine(Cloud& cloud, agent::Link& link) {
    const Config& config = cloud.config();
    const std::string data = absolute(config.text("data.directory"));
    LibvirtHostOptions options;
    options.name = config.text("nova.host");
    if (options.name.empty()) options.name = machine_name();
    options.host_ip = config.text("nova.host_ip");
    options.libvirt_uri = config.text("nova.libvirt_uri");
    options.ovs_database = config.text("nova.ovs_database");
    options.bridge = config.text("neutron.integration_bridge");
    const std::string instances = config.text("nova.instances_directory");
    options.instances = instances.empty() ? data + "/instances" : absolute(instances);
    options.desired = data + "/agent";
    options.shutdown_wait_ms = static_cast<int>(config.integer("nova.shutdown_seconds") * 1000);
    options.workers = static_cast<int>(config.integer("nova.agent_workers"));
    return libvirt_host(cloud, link, std::move(options));
}

std::vector<std::unique_ptr<Host>> configured_hosts(Cloud& cloud, agent::Link& link) {
    const std::string driver = cloud.config().text("nova.driver");
    if (driver == "none") return {};
    if (driver == "fake") return fake_hosts(cloud, link);
    if (driver == "libvirt") {
        std::vector<std::unique_ptr<Host>> hosts;
        hosts.push_back(this_machine(cloud, link));
        return hosts;
    }
    throw bad_request(
        "BadConfig",
        format("nova.driver is \"libvirt\", \"fake\" or \"none\", not \"{}\"", driver));
}

} // namespace

std::string Host::uptime() {
    std::string up = read_file("/proc/uptime").value_or(""),
                load = read_file("/proc/loadavg").value_or("");
    auto seconds = to_int(up.substr(0, up.find('.'))).value_or(0);
    auto loads = split(load, ' ');
    loads.resize(3);
    time_t now = ::time(nullptr);
    tm local{};
    ::localtime_r(&now, &local);
    char text[200];
    std::snprintf(
        text, sizeof text,
        " %02d:%02d:%02d up %lld days, %2lld:%02lld,  0 users,  load average: %s, %s, %s",
        local.tm_hour, local.tm_min, local.tm_sec, static_cast<long long>(seconds / 86'400),
        static_cast<long long>(seconds / 3600 % 24), static_cast<long long>(seconds / 60 % 60),
        loads[0].c_str(), loads[1].c_str(), loads[2].c_str());
    return text;
}

const std::vector<Option>& host_options() {
    static const std::vector<Option> all{
        {"nova.driver", "none",
         "Compute hosts in this process: \"libvirt\" (this machine), \"fake\" (simulated), "
         "\"none\"."},
        {"nova.host", "",
         "Name of this compute host, as OVN knows its chassis; empty: the machine's."},
        {"nova.host_ip", "127.0.0.1", "Address of this compute host, as the API shows it."},
        {"nova.libvirt_uri", "qemu:///system", "The hypervisor of this host."},
        {"nova.ovs_database", "unix:/run/openvswitch/db.sock", "Database of this host's switch."},
        {"nova.instances_directory", "", "Disks of guests; empty: instances in data.directory."},
        {"nova.shutdown_seconds", 60,
         "How long guests may take to power off before they are cut off."},
        {"nova.agent_workers", 4, "How many guests the host works on at once."},
        {"nova.fake_hosts", 1,
         "How many simulated hosts: fake-1, fake-2, ...; nova.host names the first."},
        {"nova.fake_vcpus", 64, "Processors of each simulated host."},
        {"nova.fake_memory_mb", 262'144, "Memory of each simulated host."},
        {"nova.fake_disk_gb", 10'000, "Disk of each simulated host."},
        {"nova.fake_delay_ms", 0, "How long a simulated host takes for everything it does."},
    };
    return all;
}

Host* Hosts::find(const std::string& name) const {
    for (const auto& host : hosts_)
        if (host->name() == name) return host.get();
    return nullptr;
}

FakeMaker* Hosts::fake(const std::string& name) const {
    auto* host = dynamic_cast<FakeHost*>(find(name));
    return host ? &host->maker() : nullptr;
}

void start_hosts(Cloud& cloud) {
    if (cloud.has_state<agent::DoorPages>())
        cloud.state<agent::DoorPages>().pages.push_back(image_page());
    start_hosts(cloud, agent::in_process_link(cloud));
}

void start_hosts(Cloud& cloud, std::unique_ptr<agent::Link> link) {
    auto local = std::make_shared<LocalHosts>();
    local->link = std::move(link);
    local->hosts = std::make_unique<Hosts>(configured_hosts(cloud, *local->link));
    auto& hosts = *cloud.add_state(local).hosts;
    for (const auto& host : hosts.all()) host->start();
    if (!hosts.all().empty())
        log::info("compute hosts started",
                  {{"driver", cloud.config().text("nova.driver")}, {"hosts", hosts.all().size()}});
}

void stop_hosts(Cloud& cloud) {
    if (auto* hosts = hosts_of(cloud))
        for (const auto& host : hosts->all()) host->stop();
}

Hosts* hosts_of(Cloud& cloud) {
    return cloud.has_state<LocalHosts>() ? cloud.state<LocalHosts>().hosts.get() : nullptr;
}

} // namespace nephele::nova::compute
