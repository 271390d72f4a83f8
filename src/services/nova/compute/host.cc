// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/host.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "services/nova/compute/fake_host.h"

namespace nephele::nova::compute {
namespace {

/// The link must outlive the agents that use it.
struct LocalHosts {
    std::unique_ptr<agent::Link> link;
    std::unique_ptr<Hosts> hosts;
};

std::vector<std::unique_ptr<Host>> fake_hosts(Cloud& cloud, agent::Link& link) {
    const Config& config = cloud.config();
    std::vector<std::unique_ptr<Host>> hosts;
    for (std::int64_t number = 1; number <= config.integer("nova.fake_hosts"); ++number) {
        FakeHostOptions options;
        options.name = format("fake-{}", number);
        options.vcpus = config.integer("nova.fake_vcpus");
        options.memory_mb = config.integer("nova.fake_memory_mb");
        options.disk_gb = config.integer("nova.fake_disk_gb");
        options.delay_ms = static_cast<int>(config.integer("nova.fake_delay_ms"));
        hosts.push_back(std::make_unique<FakeHost>(cloud, link, std::move(options)));
    }
    return hosts;
}

std::vector<std::unique_ptr<Host>> configured_hosts(Cloud& cloud, agent::Link& link) {
    const std::string driver = cloud.config().text("nova.driver");
    if (driver == "none") return {};
    if (driver == "fake") return fake_hosts(cloud, link);
    throw bad_request(
        "BadConfig",
        format("nova.driver is \"libvirt\", \"fake\" or \"none\", not \"{}\"", driver));
}

} // namespace

const std::vector<Option>& host_options() {
    static const std::vector<Option> all{
        {"nova.driver", "none",
         "Compute hosts in this process: \"libvirt\" (this machine), \"fake\" (simulated), "
         "\"none\"."},
        {"nova.fake_hosts", 1, "How many simulated hosts: fake-1, fake-2, ..."},
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
    auto local = std::make_shared<LocalHosts>();
    local->link = agent::in_process_link(cloud);
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
