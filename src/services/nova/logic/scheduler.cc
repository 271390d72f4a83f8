// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/scheduler.h"

#include "base/strings.h"
#include "platform/json/json.h"

#include <algorithm>
#include <functional>

namespace nephele::nova::logic {
namespace {
struct Filter {
    std::string constraint;
    std::function<bool(const HostChoice&)> passes;
};

std::vector<Filter> filters_of(const HostWish& wish) {
    std::vector<Filter> all;
    if (!wish.host.empty())
        all.push_back({"is not the host asked for (" + wish.host + ")",
                       [&](const HostChoice& h) { return h.host == wish.host; }});
    if (!wish.past_scheduler)
        all.push_back({"is disabled", [](const HostChoice& h) { return h.enabled; }});
    all.push_back({"is down", [](const HostChoice& h) { return h.up; }});
    if (wish.zone)
        all.push_back({"is not in availability zone " + *wish.zone,
                       [&](const HostChoice& h) { return h.zone == *wish.zone; }});
    if (!wish.architecture.empty())
        all.push_back({"does not run images for " + wish.architecture, [&](const HostChoice& h) {
                           return h.architecture.empty() || h.architecture == wish.architecture;
                       }});
    if (wish.only_hosts)
        all.push_back({"is not with the servers it must be with",
                       [&](const HostChoice& h) { return wish.only_hosts->count(h.host) > 0; }});
    if (wish.aggregate_hosts)
        all.push_back(
            {"is in no aggregate with what the flavor asks for",
             [&](const HostChoice& h) { return wish.aggregate_hosts->count(h.host) > 0; }});
    if (!wish.not_hosts.empty())
        all.push_back({"has a server it must not be with",
                       [&](const HostChoice& h) { return wish.not_hosts.count(h.host) == 0; }});
    if (!wish.tried.empty())
        all.push_back({"failed to build this server already",
                       [&](const HostChoice& h) { return wish.tried.count(h.host) == 0; }});
    return all;
}

double free_share(const HostChoice& host, const char* resource) {
    auto capacity = host.capacity.find(resource);
    if (capacity == host.capacity.end() || capacity->second <= 0) return 0;
    auto used = host.used.find(resource);
    double taken = used == host.used.end() ? 0 : static_cast<double>(used->second);
    return 1.0 - taken / static_cast<double>(capacity->second);
}

// The same order of equal hosts for one server, another for the next.
std::uint64_t spread(const std::string& server, const std::string& host) {
    std::uint64_t hash = 1469598103934665603ULL;
    for (const std::string* text : {&server, &host})
        for (unsigned char c : *text) hash = (hash ^ c) * 1099511628211ULL;
    return hash;
}

[[noreturn]] void no_valid_host(std::int64_t considered, const std::vector<Removal>& removed) {
    std::vector<std::string> lines;
    Json table = Json::array();
    for (auto& line : removed) {
        if (line.hosts == 0) continue;
        lines.push_back(format("{} x {}", line.hosts, line.constraint));
        table.push_back(Json::object({{"constraint", line.constraint}, {"hosts", line.hosts}}));
    }
    std::string why = considered == 0
                          ? "There is no compute host."
                          : format("{} hosts considered: {}.", considered, join(lines, "; "));
    throw Failure(Fault::not_found, "NoValidHost",
                  "No valid host was found. There are not enough hosts available. " + why)
        .with("considered", considered)
        .with("removed", std::move(table));
}
} // namespace

double weight_of(const HostChoice& host, int gather) {
    // Free memory first, as upstream's spreading; processors and disk decide between alike ones.
    double weight = free_share(host, "MEMORY_MB") + 0.5 * free_share(host, "VCPU") +
                    0.25 * free_share(host, "DISK_GB");
    // Where the group's servers are counts more than room, as upstream's weighers do.
    weight += 2.0 * gather * static_cast<double>(std::min<std::int64_t>(host.group_members, 100));
    // A host that keeps failing comes last as long as there is another.
    return weight - 10.0 * static_cast<double>(std::min<std::int64_t>(host.failed_builds, 10));
}

const HostChoice& choose_host(const std::vector<HostChoice>& hosts, const HostWish& wish,
                              std::int64_t considered, std::vector<Removal> removed) {
    std::vector<const HostChoice*> left;
    for (auto& host : hosts) left.push_back(&host);
    for (auto& filter : filters_of(wish)) {
        auto kept = std::stable_partition(left.begin(), left.end(),
                                          [&](const HostChoice* h) { return filter.passes(*h); });
        if (kept != left.end())
            removed.push_back({filter.constraint, static_cast<std::int64_t>(left.end() - kept)});
        left.erase(kept, left.end());
    }
    if (left.empty()) no_valid_host(considered, removed);
    const HostChoice* best = nullptr;
    double best_weight = 0;
    for (auto* host : left) {
        double weight = weight_of(*host, wish.gather);
        bool equal = best && weight == best_weight;
        if (!best || weight > best_weight ||
            (equal && spread(wish.server_id, host->host) > spread(wish.server_id, best->host))) {
            best = host;
            best_weight = weight;
        }
    }
    return *best;
}

} // namespace nephele::nova::logic
