// SPDX-License-Identifier: Apache-2.0
// Hypervisors: what compute hosts have and how much of it is used.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/compute/host.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {
struct Usage {
    std::int64_t servers = 0, vcpus = 0, memory_mb = 0, disk_gb = 0;
};
std::map<std::string, Usage> usages(db::Tx& tx) {
    std::map<std::string, Usage> out;
    tx.each("SELECT host, COUNT(*), SUM(vcpus), SUM(memory_mb), SUM(root_gb) FROM nova_servers "
            "WHERE host IS NOT NULL GROUP BY host",
            db::Params{}, [&](const db::Row& row) {
                out[row.str(0)] = {row.integer(1), row.integer(2), row.integer(3), row.integer(4)};
            });
    return out;
}

Json id_of(const Call& call, const ComputeHost& host) {
    return call.version >= Version{2, 53} ? Json(host.id) : Json(host.number);
}

Json brief_json(const Call& call, const ComputeHost& host) {
    return Json::object({{"id", id_of(call, host)},
                         {"hypervisor_hostname", host.hypervisor_hostname},
                         {"state", host.up() ? "up" : "down"},
                         {"status", host.disabled ? "disabled" : "enabled"}});
}

void add_usage(const Call& call, const ComputeHost& host, const Usage& used, Json& out) {
    out["cpu_info"] = call.version >= Version{2, 28} ? host.cpu_info : Json(host.cpu_info.dump());
    out["vcpus"] = host.vcpus;
    out["vcpus_used"] = used.vcpus;
    out["memory_mb"] = host.memory_mb;
    out["memory_mb_used"] = used.memory_mb;
    out["free_ram_mb"] = host.memory_mb - used.memory_mb;
    out["local_gb"] = host.disk_gb;
    out["local_gb_used"] = used.disk_gb;
    out["free_disk_gb"] = host.disk_gb - used.disk_gb;
    out["disk_available_least"] = host.disk_gb - used.disk_gb;
    out["running_vms"] = used.servers;
    out["current_workload"] = 0;
}

// Nothing for hosts that are not reached from this node.
std::optional<std::string> uptime_of(const Call& call, const ComputeHost& host) {
    auto* hosts = compute::hosts_of(call.cloud);
    auto* found = hosts ? hosts->find(host.host) : nullptr;
    if (!found || !host.up()) return std::nullopt;
    return found->uptime();
}

Json detail_json(const Call& call, const ComputeHost& host, const Usage& used) {
    Json out = brief_json(call, host);
    out["host_ip"] = host.host_ip;
    out["hypervisor_type"] = host.hypervisor_type;
    out["hypervisor_version"] = host.hypervisor_version;
    out["service"] = Json::object(
        {{"id", call.version >= Version{2, 53} ? Json(host.service_id) : Json(host.number)},
         {"host", host.host},
         {"disabled_reason", Json(host.disabled_reason)}});
    if (call.version < Version{2, 88})
        add_usage(call, host, used, out);
    else
        out["uptime"] = Json(uptime_of(call, host));
    return out;
}

// Servers of a host as hypervisors list them.
Json servers_on(db::Tx& tx, const std::string& host) {
    Json out = Json::array();
    tx.each("SELECT id, instance_name FROM nova_servers WHERE host = ? ORDER BY created_at",
            db::Params{host}, [&](const db::Row& row) {
                out.push_back(Json::object({{"uuid", row.str(0)}, {"name", row.str(1)}}));
            });
    return out;
}

bool wants_servers(const Call& call) {
    auto wanted = call.version >= Version{2, 53} ? call.query("with_servers") : std::nullopt;
    return wanted && (iequals(*wanted, "true") || *wanted == "1");
}

Json list_some(Call& call, const Page& page, bool detail, const std::string& pattern) {
    std::map<std::string, Usage> used;
    if (detail) used = usages(call.tx);
    Json out = Json::array();
    bool paged = call.version >= Version{2, 33};
    bool started = !paged || page.marker.empty();
    std::string last;
    for (auto& host : store::all_hosts(call.tx)) {
        Json id = id_of(call, host);
        std::string id_text = id.is_string() ? id.as_string() : id.dump();
        bool here = started && (pattern.empty() ||
                                host.hypervisor_hostname.find(pattern) != std::string::npos);
        started = started || id_text == page.marker;
        if (!here) continue;
        if (paged && page.limit && static_cast<std::int64_t>(out.size()) == *page.limit)
            return Json::object(
                {{"hypervisors", std::move(out)}, {"hypervisors_links", next_link(call, last)}});
        Json one = detail ? detail_json(call, host, used[host.host]) : brief_json(call, host);
        if (wants_servers(call)) {
            Json there = servers_on(call.tx, host.host);
            if (there.size() > 0) one["servers"] = std::move(there);
        }
        out.push_back(std::move(one));
        last = id_text;
    }
    if (!started) throw bad_request("MarkerNotFound", format("marker [{}] not found", page.marker));
    if (!pattern.empty() && out.size() == 0)
        throw not_found("HostNotFound",
                        format("No hypervisor matching '{}' could be found.", pattern));
    return Json::object({{"hypervisors", std::move(out)}});
}

std::string pattern_in(Call& call, Page& page) {
    auto pattern = page.take("hypervisor_hostname_pattern");
    return pattern && call.version >= Version{2, 53} ? *pattern : "";
}
Json list(Call& call, Page& page) { return list_some(call, page, false, pattern_in(call, page)); }
Json detail(Call& call, Page& page) { return list_some(call, page, true, pattern_in(call, page)); }
Json search(Call& call) { return list_some(call, {}, false, call.path("hypervisor_id")); }

Json with_servers(Call& call) {
    Json out = Json::array();
    const std::string& pattern = call.path("hypervisor_id");
    for (auto& host : store::all_hosts(call.tx)) {
        if (host.hypervisor_hostname.find(pattern) == std::string::npos) continue;
        Json one = brief_json(call, host);
        Json there = servers_on(call.tx, host.host);
        if (there.size() > 0) one["servers"] = std::move(there);
        out.push_back(std::move(one));
    }
    if (out.size() == 0)
        throw not_found("HostNotFound",
                        format("No hypervisor matching '{}' could be found.", pattern));
    return Json::object({{"hypervisors", std::move(out)}});
}

ComputeHost host_of_path(Call& call) {
    const std::string& wanted = call.path("hypervisor_id");
    if (call.version >= Version{2, 53} && !is_uuid(wanted))
        throw bad_request("InvalidUUID", format("Invalid uuid {}", wanted.substr(0, 100)));
    for (auto& host : store::all_hosts(call.tx)) {
        Json id = id_of(call, host);
        if ((id.is_string() ? id.as_string() : id.dump()) == wanted) return host;
    }
    throw not_found("ComputeHostNotFound",
                    format("Hypervisor with ID '{}' could not be found.", wanted));
}

Json show(Call& call) {
    ComputeHost host = host_of_path(call);
    Json one = detail_json(call, host, usages(call.tx)[host.host]);
    if (wants_servers(call)) one["servers"] = servers_on(call.tx, host.host);
    return Json::object({{"hypervisor", std::move(one)}});
}

Json show_uptime(Call& call) {
    ComputeHost host = host_of_path(call);
    if (!host.up())
        throw bad_request("ComputeServiceUnavailable",
                          format("Compute service of {} is unavailable at this time.", host.host));
    auto uptime = uptime_of(call, host);
    if (!uptime) // Clients take this for a driver that cannot tell, and show the rest.
        throw Failure(
            Fault::not_implemented, "NotImplemented",
            format("The uptime of host {} cannot be read from this control node.", host.host));
    Json out = brief_json(call, host);
    out["uptime"] = *uptime;
    return Json::object({{"hypervisor", std::move(out)}});
}

Json statistics(Call& call) {
    Usage all, have;
    std::int64_t count = 0;
    auto used = usages(call.tx);
    for (auto& host : store::all_hosts(call.tx)) {
        if (host.disabled) continue;
        ++count;
        have.vcpus += host.vcpus;
        have.memory_mb += host.memory_mb;
        have.disk_gb += host.disk_gb;
        const Usage& u = used[host.host];
        all.servers += u.servers;
        all.vcpus += u.vcpus;
        all.memory_mb += u.memory_mb;
        all.disk_gb += u.disk_gb;
    }
    return Json::object({{"hypervisor_statistics",
                          Json::object({{"count", count},
                                        {"vcpus", have.vcpus},
                                        {"vcpus_used", all.vcpus},
                                        {"memory_mb", have.memory_mb},
                                        {"memory_mb_used", all.memory_mb},
                                        {"free_ram_mb", have.memory_mb - all.memory_mb},
                                        {"local_gb", have.disk_gb},
                                        {"local_gb_used", all.disk_gb},
                                        {"free_disk_gb", have.disk_gb - all.disk_gb},
                                        {"disk_available_least", have.disk_gb - all.disk_gb},
                                        {"running_vms", all.servers},
                                        {"current_workload", 0}})}});
}
} // namespace

Resource hypervisors_resource() {
    RouteOptions until_2_87, until_2_52;
    until_2_87.until = {2, 87};
    until_2_52.until = {2, 52};
    return Resource()
        .on("GET /v2.1/os-hypervisors", rule("os-hypervisors:list"), list)
        .on("GET /v2.1/os-hypervisors/detail", rule("os-hypervisors:list-detail"), detail)
        .on("GET /v2.1/os-hypervisors/statistics", rule("os-hypervisors:statistics"), statistics,
            until_2_87)
        .on("GET /v2.1/os-hypervisors/{hypervisor_id}", rule("os-hypervisors:show"), show)
        .on("GET /v2.1/os-hypervisors/{hypervisor_id}/uptime", rule("os-hypervisors:uptime"),
            show_uptime, until_2_87)
        .on("GET /v2.1/os-hypervisors/{hypervisor_id}/search", rule("os-hypervisors:search"),
            search, until_2_52)
        .on("GET /v2.1/os-hypervisors/{hypervisor_id}/servers", rule("os-hypervisors:servers"),
            with_servers, until_2_52);
}

} // namespace nephele::nova
