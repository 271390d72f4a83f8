// SPDX-License-Identifier: Apache-2.0
// /os-hosts (2.1 to 2.42): compute hosts as they were administered before services and hypervisors
// had routes of their own. And /os-instance_usage_audit_log.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {

// ---- hosts ----

Json list(Call& call) {
    Json out = Json::array();
    auto zone = call.query("zone"), service = call.query("service");
    for (auto& host : store::all_hosts(call.tx))
        if ((!zone || *zone == host.zone) && (!service || *service == "compute"))
            out.push_back(Json::object(
                {{"host_name", host.host}, {"service", "compute"}, {"zone", host.zone}}));
    return Json::object({{"hosts", std::move(out)}});
}

ComputeHost host_of(Call& call) {
    auto host = store::host_named(call.tx, call.path("host_name"));
    if (!host)
        throw not_found("HostNotFound", format("Compute host {} could not be found.",
                                               call.path("host_name").substr(0, 100)));
    return *host;
}

struct Sums {
    std::int64_t cpu = 0, memory_mb = 0, disk_gb = 0;
};
Json resource(const std::string& host, const std::string& project, const Sums& sums) {
    return Json::object({{"resource", Json::object({{"host", host},
                                                    {"project", project},
                                                    {"cpu", sums.cpu},
                                                    {"memory_mb", sums.memory_mb},
                                                    {"disk_gb", sums.disk_gb}})}});
}

// What it has, what is used, and by whom.
Json show(Call& call) {
    ComputeHost host = host_of(call);
    Sums used;
    std::map<std::string, Sums> by_project;
    call.tx.each("SELECT project_id, SUM(vcpus), SUM(memory_mb), SUM(root_gb) FROM nova_servers "
                 "WHERE host = ? GROUP BY project_id",
                 db::Params{host.host}, [&](const db::Row& row) {
                     Sums sums{row.integer(1), row.integer(2), row.integer(3)};
                     used.cpu += sums.cpu;
                     used.memory_mb += sums.memory_mb;
                     used.disk_gb += sums.disk_gb;
                     by_project[row.str(0)] = sums;
                 });
    Json out = Json::array();
    out.push_back(resource(host.host, "(total)", {host.vcpus, host.memory_mb, host.disk_gb}));
    out.push_back(resource(host.host, "(used_now)", used));
    out.push_back(resource(host.host, "(used_max)", used));
    for (auto& [project, sums] : by_project) out.push_back(resource(host.host, project, sums));
    return Json::object({{"host", std::move(out)}});
}

Json update(Call& call, const Json& body) {
    check_members(body, {"status"});
    std::string status = lower(std::string(trim(body.text("status"))));
    if (status != "enable" && status != "disable")
        throw bad_request("ValidationError", "Invalid input for field/attribute status. It is "
                                             "'enable' or 'disable'.");
    ComputeHost host = host_of(call);
    host.disabled = status == "disable";
    host.disabled_reason.reset();
    shape::update(call, compute_hosts(), host);
    return Json::object({{"host", host.host}, {"status", status + "d"}});
}

// ---- audits of usage, which no host here runs: the journal is read instead ----

Json log_of(const Call& call, Time before) {
    // The calendar month before, as upstream's default period.
    auto month_of = [](Time time) {
        auto first = parse_time(iso_time(time).substr(0, 7) + "-01T00:00:00Z");
        if (!first) throw bad_request("InvalidTimestamp", "Invalid timestamp: too long ago.");
        return *first;
    };
    Time end = month_of(before), begin = month_of(end.plus_seconds(-86'400));
    auto text = [](Time time) { return iso_time(time, 0, ""); };
    Json hosts = Json::array();
    for (auto& host : store::all_hosts(call.tx)) hosts.push_back(host.host);
    auto count = hosts.size();
    return Json::object({{"period_beginning", text(begin)},
                         {"period_ending", text(end)},
                         {"num_hosts", static_cast<std::int64_t>(count)},
                         {"num_hosts_done", 0},
                         {"num_hosts_running", 0},
                         {"num_hosts_not_run", static_cast<std::int64_t>(count)},
                         {"hosts_not_run", std::move(hosts)},
                         {"total_instances", 0},
                         {"total_errors", 0},
                         {"overall_status", format("0 of {} hosts done. 0 errors.", count)},
                         {"log", Json::object()}});
}
Json list_log(Call& call) {
    return Json::object({{"instance_usage_audit_logs", log_of(call, call.now)}});
}
Json show_log(Call& call) {
    std::string given = call.path("before_timestamp");
    if (given.size() > 10 && given[10] == ' ') given[10] = 'T';
    auto before = parse_time(given);
    if (!before)
        throw bad_request("InvalidTimestamp", format("Invalid timestamp for date {}",
                                                     call.path("before_timestamp").substr(0, 100)));
    return Json::object({{"instance_usage_audit_log", log_of(call, *before)}});
}
} // namespace

Resource old_hosts_resource() {
    const auto old = until_version(42);
    return Resource()
        .on("GET /v2.1/os-hosts", rule("os-hosts:list"), list, old)
        .on("GET /v2.1/os-hosts/{host_name}", rule("os-hosts:show"), show, old)
        .on("PUT /v2.1/os-hosts/{host_name}", rule("os-hosts:update"), update, old)
        .on("GET /v2.1/os-instance_usage_audit_log", rule("os-instance-usage-audit-log:list"),
            list_log)
        .on("GET /v2.1/os-instance_usage_audit_log/{before_timestamp}",
            rule("os-instance-usage-audit-log:show"), show_log);
}

} // namespace nephele::nova
