// SPDX-License-Identifier: Apache-2.0
#include "services/nova/ops/place.h"

#include "base/strings.h"
#include "services/glance/client.h"
#include "services/nova/logic/naming.h"
#include "services/nova/logic/scheduler.h"
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
    return wish;
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
    const auto& best = logic::choose_host(choices, wish, candidates.considered, std::move(removed));
    placement::claim(context, best.provider, server.id, wanted, server.project_id, server.user_id);
    server.host = best.host;
    server.node = best.node;
    server.availability_zone = best.zone;
    server.instance_name = logic::instance_name(server.id);
}

void unplace_server(Context& context, Server& server) {
    placement::release(context, server.id);
    server.host.reset();
    server.node.reset();
}

} // namespace nephele::nova
