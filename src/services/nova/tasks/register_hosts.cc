// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "platform/agent/agent.h"
#include "platform/log/log.h"
#include "services/nova/model/host_facts.h"
#include "services/nova/store/groups.h"
#include "services/nova/store/servers.h"
#include "services/nova/tasks/tasks.h"
#include "services/placement/client.h"

#include <map>

namespace nephele::nova {
namespace {
HostFacts facts_of(const agent::HostState& state) {
    HostFacts facts;
    HostFacts::shape().from_image(state.facts.at(compute_facts_key), &facts);
    return facts;
}

void take_over(ComputeHost& host, const agent::HostState& state, const HostFacts& facts,
               const Config& config, std::map<std::string, std::string>& zones) {
    host.host = state.host;
    host.hypervisor_hostname =
        facts.hypervisor_hostname.empty() ? state.host : facts.hypervisor_hostname;
    host.zone = zones.count(state.host)           ? zones[state.host] // an aggregate's
                : facts.availability_zone.empty() ? config.text("nova.default_availability_zone")
                                                  : facts.availability_zone;
    host.connected = state.connected;
    host.vcpus = facts.vcpus;
    host.memory_mb = facts.memory_mb;
    host.disk_gb = facts.disk_gb;
    host.hypervisor_type = facts.hypervisor_type;
    host.hypervisor_version = facts.hypervisor_version;
    host.host_ip = facts.host_ip;
    host.architecture = facts.architecture;
    host.cpu_info = facts.cpu_info;
}

std::map<std::string, placement::Inventory> inventories_of(const HostFacts& facts,
                                                           const Config& config) {
    auto inventory = [](std::int64_t total, std::int64_t reserved, double ratio) {
        placement::Inventory out;
        out.total = total;
        out.reserved = std::min(reserved, total > 0 ? total - 1 : 0);
        out.max_unit = total;
        out.allocation_ratio = ratio;
        return out;
    };
    std::map<std::string, placement::Inventory> all;
    auto add = [&](const char* name, placement::Inventory one) {
        if (one.total > 0) all.emplace(name, one);
    };
    add("VCPU", inventory(facts.vcpus, 0, config.real("nova.cpu_allocation_ratio")));
    add("MEMORY_MB", inventory(facts.memory_mb, config.integer("nova.reserved_host_memory_mb"),
                               config.real("nova.ram_allocation_ratio")));
    add("DISK_GB", inventory(facts.disk_gb, 0, config.real("nova.disk_allocation_ratio")));
    return all;
}

struct Change {
    agent::HostState state;
    std::optional<ComputeHost> known;
};

std::vector<Change> changes(Cloud& cloud, db::Tx& tx) {
    std::map<std::string, ComputeHost> known;
    for (auto& host : store::all_hosts(tx)) known.emplace(host.host, std::move(host));
    std::vector<Change> out;
    auto zones = store::zones_of_hosts(tx);
    for (auto& state : agent::hosts(tx)) {
        if (!state.facts.has(compute_facts_key)) continue;
        Change change{std::move(state), std::nullopt};
        auto found = known.find(change.state.host);
        if (found != known.end()) {
            change.known = found->second;
            ComputeHost after = found->second;
            take_over(after, change.state, facts_of(change.state), cloud.config(), zones);
            // The record as text: whatever field differs.
            if (ComputeHost::shape().image(&after) == ComputeHost::shape().image(&found->second))
                continue;
        }
        out.push_back(std::move(change));
    }
    return out;
}

void apply(Context& context, const Change& change) {
    HostFacts facts = facts_of(change.state);
    const Config& config = context.cloud.config();
    ComputeHost host = change.known.value_or(ComputeHost{});
    auto zones = store::zones_of_hosts(context.tx);
    take_over(host, change.state, facts, config, zones);
    host.id = placement::ensure_provider(context, host.hypervisor_hostname,
                                         inventories_of(facts, config), facts.traits);
    if (change.known) return shape::update(context, compute_hosts(), host);
    host.service_id = context.new_uuid();
    host.number = context.tx.count("SELECT COALESCE(MAX(number), 0) FROM nova_compute_hosts") + 1;
    host.created_at = host.updated_at = context.now;
    shape::insert(context, compute_hosts(), host);
    log::info("compute host registered", {{"host", host.host}, {"vcpus", host.vcpus}});
}

void run(Cloud& cloud) {
    auto wanted = cloud.db().read([&](db::Tx& tx) { return changes(cloud, tx); });
    constexpr std::size_t batch = 50;
    for (std::size_t from = 0; from < wanted.size(); from += batch)
        write_as_cloud(cloud, "", [&](Context& context) {
            // Read again: what was seen may have changed before this transaction.
            for (std::size_t i = from; i < std::min(from + batch, wanted.size()); ++i) {
                Change change = wanted[i];
                change.known = store::host_named(context.tx, change.state.host);
                apply(context, change);
            }
        });
}
} // namespace

task::Task register_hosts() {
    return {
        .name = "nova.register_hosts", .every_ms = 30'000, .nudged_by = {"agent/host"}, .run = run};
}

} // namespace nephele::nova
