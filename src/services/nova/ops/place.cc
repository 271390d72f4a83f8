// SPDX-License-Identifier: Apache-2.0
#include "services/nova/ops/place.h"

#include "base/strings.h"
#include "services/glance/client.h"
#include "services/nova/logic/extra_specs.h"
#include "services/nova/logic/naming.h"
#include "services/nova/logic/scheduler.h"
#include "services/nova/store/groups.h"
#include "services/nova/store/servers.h"
#include "services/placement/client.h"

#include <unordered_map>

namespace nephele::nova {
namespace {
placement::Resources resources_of(const Server& server) {
    placement::Resources wanted{{"VCPU", server.vcpus}, {"MEMORY_MB", server.memory_mb}};
    std::int64_t swap_gb = (server.flavor.swap + 1023) / 1024;
    std::int64_t disk = server.root_gb + server.flavor.ephemeral + swap_gb;
    if (disk > 0) wanted["DISK_GB"] = disk;
    return wanted;
}

struct Traits {
    std::vector<std::string> required, forbidden;
};
// "trait:HW_CPU_X86_AVX": "required" in the flavor's extra specs and the image's properties.
void add_traits(Traits& traits, const Json& properties) {
    if (!properties.is_object()) return;
    for (auto& [key, value] : properties.as_object()) {
        if (key.rfind("trait:", 0) != 0 || !value.is_string()) continue;
        if (value.as_string() == "required") traits.required.push_back(key.substr(6));
        if (value.as_string() == "forbidden") traits.forbidden.push_back(key.substr(6));
    }
}

std::vector<std::string> ids_in_hint(const Json& hints, const char* name) {
    std::vector<std::string> ids;
    const Json& hint = hints.get(name);
    if (hint.is_string()) ids.push_back(hint.as_string());
    if (hint.is_array())
        for (auto& id : hint.as_array())
            if (id.is_string()) ids.push_back(id.as_string());
    return ids;
}

// Nothing when the flavor asks for nothing of aggregates.
std::optional<std::set<std::string>> hosts_in_aggregates(db::Tx& tx, const Json& extra_specs) {
    constexpr std::string_view scope = "aggregate_instance_extra_specs:";
    std::map<std::string, std::string> wanted;
    if (extra_specs.is_object())
        for (auto& [key, value] : extra_specs.as_object())
            if (key.rfind(scope, 0) == 0 && value.is_string())
                wanted[key.substr(scope.size())] = value.as_string();
    if (wanted.empty()) return std::nullopt;
    // A host's aggregates together must say it all; one of several values is enough.
    std::map<std::string, std::set<std::string>> fulfilled;
    for (auto& aggregate : store::all_aggregates(tx))
        for (auto& [key, value] : wanted)
            if (aggregate.metadata.has(key) &&
                logic::spec_matches(aggregate.metadata.text(key), value))
                for (auto& host : aggregate.hosts) fulfilled[host].insert(key);
    std::set<std::string> hosts;
    for (auto& [host, keys] : fulfilled)
        if (keys.size() == wanted.size()) hosts.insert(host);
    return hosts;
}

logic::HostWish wish_of(Context& context, const Server& server, const std::set<std::string>& tried,
                        const Json& image_properties) {
    logic::HostWish wish;
    wish.server_id = server.id;
    wish.zone = server.requested_zone;
    wish.host = server.requested_host;
    wish.past_scheduler = server.past_scheduler;
    wish.tried = tried;
    wish.architecture =
        image_properties.text("hw_architecture", image_properties.text("architecture"));
    auto with = ids_in_hint(server.scheduler_hints, "same_host");
    auto without = ids_in_hint(server.scheduler_hints, "different_host");
    if (!with.empty()) {
        auto hosts = store::hosts_of_servers(context.tx, with);
        wish.only_hosts.emplace(hosts.begin(), hosts.end());
    }
    for (auto& host : store::hosts_of_servers(context.tx, without)) wish.not_hosts.insert(host);
    wish.aggregate_hosts = hosts_in_aggregates(context.tx, server.flavor.extra_specs);
    return wish;
}

// What the server's group says, with what is there in this very transaction: no later check needed.
void heed_group(db::Tx& tx, const Server& server, std::vector<logic::HostChoice>& choices,
                logic::HostWish& wish) {
    auto group = store::group_of_server(tx, server.id);
    if (!group) return;
    auto hosts = store::group_hosts(tx, group->id, server.id);
    for (auto& choice : choices) {
        auto found = hosts.find(choice.host);
        if (found != hosts.end()) choice.group_members = found->second;
    }
    if (group->policy == "soft-affinity") wish.gather = 1;
    if (group->policy == "soft-anti-affinity") wish.gather = -1;
    if (group->policy == "anti-affinity")
        for (auto& [host, count] : hosts)
            if (count >= group->max_server_per_host.value_or(1)) wish.not_hosts.insert(host);
    if (group->policy != "affinity" || hosts.empty()) return;
    std::set<std::string> together;
    for (auto& [host, count] : hosts)
        if (!wish.only_hosts || wish.only_hosts->count(host)) together.insert(host);
    wish.only_hosts = std::move(together);
}

std::vector<logic::HostChoice> choices_of(db::Tx& tx, placement::Candidates& candidates,
                                          std::vector<logic::Removal>& removed) {
    std::vector<logic::HostChoice> choices;
    // Only what the scheduler asks about; whole records of thousands of hosts would cost more.
    std::unordered_map<std::string, logic::HostChoice> hosts;
    tx.each("SELECT id, host, hypervisor_hostname, zone, architecture, disabled, connected, "
            "forced_down, failed_builds FROM nova_compute_hosts",
            db::Params{}, [&](const db::Row& row) {
                logic::HostChoice h;
                h.provider = row.str(0);
                h.host = row.str(1);
                h.node = row.str(2);
                h.zone = row.str(3);
                h.architecture = row.str(4);
                h.enabled = !row.boolean(5);
                h.up = row.boolean(6) && !row.boolean(7);
                h.failed_builds = row.integer(8);
                hosts.emplace(h.provider, std::move(h));
            });
    std::int64_t foreign = 0;
    for (auto& candidate : candidates.fitting) {
        auto found = hosts.find(candidate.provider);
        if (found == hosts.end()) {
            ++foreign;
            continue;
        }
        found->second.capacity = std::move(candidate.capacity);
        found->second.used = std::move(candidate.used);
        choices.push_back(std::move(found->second));
    }
    for (auto& line : candidates.removed) removed.push_back({line.constraint, line.providers});
    if (foreign) removed.push_back({"is no compute host", foreign});
    return choices;
}
} // namespace

void place_server(Context& context, Server& server, const std::set<std::string>& tried) {
    Traits traits;
    add_traits(traits, server.flavor.extra_specs);
    Json properties = Json::object();
    if (auto image = glance::find_image(context.tx, Scope::all(), server.image_id))
        properties = std::move(image->properties);
    add_traits(traits, properties);
    placement::Resources wanted = resources_of(server);
    auto candidates = placement::candidates(context.tx, wanted, traits.required, traits.forbidden);
    std::vector<logic::Removal> removed;
    auto choices = choices_of(context.tx, candidates, removed);
    auto wish = wish_of(context, server, tried, properties);
    heed_group(context.tx, server, choices, wish);
    const auto& best = logic::choose_host(choices, wish, candidates.considered, std::move(removed));
    placement::claim(context, best.provider, server.id, wanted, server.project_id, server.user_id);
    server.host = best.host;
    server.node = best.node;
    server.availability_zone = best.zone;
    server.instance_name = logic::instance_name(server.id);
}

namespace {
void claim_on_host(Context& context, const Server& server, const placement::Resources& wanted) {
    auto host = store::host_named(context.tx, *server.host);
    if (!host)
        throw conflict("ComputeHostNotFound",
                       format("Compute host {} could not be found.", *server.host));
    placement::claim(context, host->id, server.id, wanted, server.project_id, server.user_id);
}
} // namespace

void claim_larger(Context& context, const Server& server, const FlavorCopy& other) {
    Server as_other = server;
    as_other.flavor = other;
    as_other.vcpus = other.vcpus;
    as_other.memory_mb = other.ram;
    as_other.root_gb = other.disk;
    placement::Resources both = resources_of(server);
    for (auto& [name, amount] : resources_of(as_other)) both[name] = std::max(both[name], amount);
    try {
        claim_on_host(context, server, both);
    } catch (const Failure& full) {
        throw conflict("NoValidHost",
                       format("No valid host was found. Host {} has no room for flavor {}, and "
                              "servers are resized on their host. {}",
                              *server.host, other.name, full.what()));
    }
}

void claim_own(Context& context, const Server& server) {
    claim_on_host(context, server, resources_of(server));
}

void unplace_server(Context& context, Server& server) {
    placement::release(context, server.id);
    server.host.reset();
    server.node.reset();
}

} // namespace nephele::nova
