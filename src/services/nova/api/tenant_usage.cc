// SPDX-License-Identifier: Apache-2.0
// os-simple-tenant-usage: what the servers of projects used in a period, also those that are gone.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/model/states.h"
#include "services/nova/store/servers.h"

#include <algorithm>

namespace nephele::nova {
using namespace api;
namespace {

struct Period {
    Time start, stop;
    bool detailed = false;
};

Time time_in(Page& page, const char* name, Time fallback) {
    auto text = page.take(name);
    if (!text) return fallback;
    std::string iso = *text;
    if (iso.size() > 10 && iso[10] == ' ') iso[10] = 'T';
    auto time = parse_time(iso);
    if (!time)
        throw bad_request("InvalidStrTime",
                          format("Invalid datetime string: {}", iso.substr(0, 100)));
    return *time;
}

Period period_in(Call& call, Page& page) {
    Period period;
    period.start = time_in(page, "start", call.now);
    period.stop = time_in(page, "end", call.now);
    if (period.start > period.stop)
        throw bad_request("InvalidTime", "Invalid start time. The start time cannot occur after "
                                         "the end time.");
    period.detailed = page.take("detailed").value_or("0") == "1";
    return period;
}

/// Servers that ran in the period, by project, oldest first.
std::vector<Server> servers_in(Call& call, const Period& period, const std::string& project) {
    Where where{"launched_at IS NOT NULL AND launched_at < ? AND (terminated_at IS NULL OR "
                "terminated_at > ?)",
                {period.stop.us, period.start.us}};
    Scope scope = project.empty() ? Scope::all() : Scope::project(project);
    return shape::select(call.tx, servers_with_deleted(), scope, where, "ORDER BY project_id, id");
}

struct Sums {
    double hours = 0, local_gb = 0, vcpus = 0, memory_mb = 0;
    Json servers = Json::array();
};

void add(Sums& sums, const Server& server, const Period& period, Time now) {
    Time from = std::max(*server.launched_at, period.start);
    Time to = server.terminated_at ? std::min(*server.terminated_at, period.stop) : period.stop;
    double hours = std::max<double>(0, static_cast<double>(to.us - from.us)) / 3.6e9;
    std::int64_t disk = server.root_gb + server.flavor.ephemeral;
    sums.hours += hours;
    sums.local_gb += hours * static_cast<double>(disk);
    sums.vcpus += hours * static_cast<double>(server.vcpus);
    sums.memory_mb += hours * static_cast<double>(server.memory_mb);
    Time end = server.terminated_at.value_or(now);
    sums.servers.push_back(Json::object(
        {{"instance_id", server.id},
         {"name", server.name},
         {"hours", hours},
         {"flavor", server.flavor.name},
         {"tenant_id", server.project_id},
         {"memory_mb", server.memory_mb},
         {"local_gb", disk},
         {"vcpus", server.vcpus},
         {"started_at", iso_time(*server.launched_at, 6, "")},
         {"ended_at", server.terminated_at ? Json(iso_time(*server.terminated_at, 6, "")) : Json()},
         {"state", server.terminated_at ? "terminated" : shape::text_of_enum(server.vm_state)},
         {"uptime", (end.us - server.launched_at->us) / 1'000'000}}));
}

Json usage_json(const std::string& project, const Sums& sums, const Period& period, bool detailed) {
    Json out = Json::object();
    if (detailed) out["server_usages"] = sums.servers;
    out["start"] = iso_time(period.start, 6, "");
    out["stop"] = iso_time(period.stop, 6, "");
    out["tenant_id"] = project;
    out["total_hours"] = sums.hours;
    out["total_local_gb_usage"] = sums.local_gb;
    out["total_memory_mb_usage"] = sums.memory_mb;
    out["total_vcpus_usage"] = sums.vcpus;
    return out;
}

// Since 2.40 the servers are paged: `limit` of them behind the one named by `marker`.
std::optional<std::string> page_through(Call& call, const Page& page, std::vector<Server>& all) {
    if (call.version < Version{2, 40}) return std::nullopt;
    if (!page.marker.empty()) {
        auto at = std::find_if(all.begin(), all.end(),
                               [&](const Server& s) { return s.id == page.marker; });
        if (at == all.end())
            throw bad_request("MarkerNotFound",
                              format("Marker {} could not be found.", page.marker));
        all.erase(all.begin(), at + 1);
    }
    auto limit = static_cast<std::size_t>(page.limit.value_or(1000));
    if (all.size() < limit || all.empty()) return std::nullopt;
    all.resize(limit);
    return all.empty() ? std::optional<std::string>() : all.back().id;
}

Json list(Call& call, Page& page) {
    Period period = period_in(call, page);
    auto all = servers_in(call, period, "");
    auto more = page_through(call, page, all);
    std::map<std::string, Sums> sums;
    for (auto& server : all) add(sums[server.project_id], server, period, call.now);
    Json usages = Json::array();
    for (auto& [project, sum] : sums)
        usages.push_back(usage_json(project, sum, period, period.detailed));
    Json out = Json::object({{"tenant_usages", std::move(usages)}});
    if (more) out["tenant_usages_links"] = next_link(call, *more);
    return out;
}

Json show(Call& call, Page& page) {
    const std::string& project = call.path("tenant_id");
    call.enforce(rule("os-simple-tenant-usage:show"), owned_by(project, call.who.user_id));
    Period period = period_in(call, page);
    auto all = servers_in(call, period, project);
    auto more = page_through(call, page, all);
    Sums sums;
    for (auto& server : all) add(sums, server, period, call.now);
    Json out = Json::object(
        {{"tenant_usage", all.empty() ? Json::object() : usage_json(project, sums, period, true)}});
    if (more) out["tenant_usage_links"] = next_link(call, *more);
    return out;
}
} // namespace

Resource tenant_usage_resource() {
    return Resource()
        .on("GET /v2.1/os-simple-tenant-usage", rule("os-simple-tenant-usage:list"), list,
            {.tolerant_query = true})
        .on("GET /v2.1/os-simple-tenant-usage/{tenant_id}", enforced_by_handler, show,
            {.tolerant_query = true});
}

} // namespace nephele::nova
