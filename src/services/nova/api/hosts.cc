// SPDX-License-Identifier: Apache-2.0
// Compute services and availability zones.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* binary = "nova-compute";

Json service_json(const Call& call, const ComputeHost& host) {
    Json out = Json::object({{"binary", binary},
                             {"host", host.host},
                             {"zone", host.zone},
                             {"status", host.disabled ? "disabled" : "enabled"},
                             {"state", host.up() ? "up" : "down"},
                             {"updated_at", iso_time(host.updated_at, 6, "")},
                             {"disabled_reason", Json(host.disabled_reason)}});
    out["id"] = call.version >= Version{2, 53} ? Json(host.service_id) : Json(host.number);
    if (call.version >= Version{2, 11}) out["forced_down"] = host.forced_down;
    return out;
}

Json list(Call& call) {
    Json out = Json::array();
    auto host = call.query("host"), wanted = call.query("binary");
    if (!wanted || *wanted == binary)
        for (auto& one : store::all_hosts(call.tx))
            if (!host || one.host == *host) out.push_back(service_json(call, one));
    return Json::object({{"services", std::move(out)}});
}

ComputeHost service_of(Call& call) {
    const std::string& id = call.path("service_id");
    bool by_uuid = call.version >= Version{2, 53};
    if (by_uuid && !is_uuid(id))
        throw bad_request("InvalidUUID", format("Invalid uuid {}", id.substr(0, 100)));
    for (auto& host : store::all_hosts(call.tx))
        if (by_uuid ? host.service_id == id : std::to_string(host.number) == id) return host;
    throw not_found("ServiceNotFound", format("Service {} could not be found.", id));
}

void set_status(ComputeHost& host, bool disabled, std::optional<std::string> reason) {
    host.disabled = disabled;
    host.disabled_reason = disabled ? std::move(reason) : std::nullopt;
}

std::optional<std::string> reason_in(const Json& body) {
    const Json& reason = body.get("disabled_reason");
    if (reason.is_null()) return std::nullopt;
    if (!reason.is_string() || trim(reason.as_string()).empty() || reason.as_string().size() > 255)
        throw bad_request("ValidationError", "Invalid input for field/attribute disabled_reason: 1 "
                                             "to 255 characters.");
    return reason.as_string();
}

void refuse_others(const Json& body, std::initializer_list<const char*> known) {
    if (!body.is_object())
        throw bad_request("ValidationError", "A JSON object is expected as the request's body.");
    for (auto& [name, value] : body.as_object()) {
        bool good = false;
        for (auto* one : known) good = good || name == one;
        if (!good)
            throw bad_request("ValidationError",
                              format("Additional properties are not allowed ('{}' was unexpected)",
                                     name.substr(0, 100)));
    }
}

Json update(Call& call, const Json& body) {
    refuse_others(body, {"status", "disabled_reason", "forced_down"});
    const Json &status = body.get("status"), &forced = body.get("forced_down");
    auto reason = reason_in(body);
    if (status.is_null() && forced.is_null())
        throw bad_request("ValidationError", "No updates were requested. Fields 'status' or "
                                             "'forced_down' should be specified.");
    if (!status.is_null() && status != Json("enabled") && status != Json("disabled"))
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute status: enabled or disabled.");
    if (reason && status != Json("disabled"))
        throw bad_request(
            "ValidationError",
            "Specifying 'disabled_reason' is only allowed when status is 'disabled'.");
    if (!forced.is_null() && !forced.is_bool())
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute forced_down: a boolean.");
    ComputeHost host = service_of(call);
    if (!status.is_null()) set_status(host, status == Json("disabled"), reason);
    if (forced.is_bool()) host.forced_down = forced.as_bool();
    shape::update(call, compute_hosts(), host);
    return Json::object({{"service", service_json(call, host)}});
}

// Before 2.53: by host and binary in the body.
ComputeHost named_in(Call& call, const Json& body) {
    std::string host = body.text("host");
    auto found = body.text("binary") == binary ? store::host_named(call.tx, host) : std::nullopt;
    if (!found)
        throw not_found("HostBinaryNotFound",
                        format("Could not find binary {} on host {}.", body.text("binary"), host));
    return std::move(*found);
}

Json answer_old(const ComputeHost& host) {
    Json out = Json::object({{"host", host.host},
                             {"binary", binary},
                             {"status", host.disabled ? "disabled" : "enabled"}});
    if (host.disabled_reason) out["disabled_reason"] = *host.disabled_reason;
    return Json::object({{"service", std::move(out)}});
}

Json enable(Call& call, const Json& body) {
    refuse_others(body, {"host", "binary"});
    ComputeHost host = named_in(call, body);
    set_status(host, false, {});
    shape::update(call, compute_hosts(), host);
    return answer_old(host);
}
Json disable(Call& call, const Json& body) {
    refuse_others(body, {"host", "binary", "disabled_reason"});
    ComputeHost host = named_in(call, body);
    set_status(host, true, reason_in(body));
    shape::update(call, compute_hosts(), host);
    return answer_old(host);
}
Json force_down(Call& call, const Json& body) {
    refuse_others(body, {"host", "binary", "forced_down"});
    ComputeHost host = named_in(call, body);
    host.forced_down = body.boolean("forced_down");
    shape::update(call, compute_hosts(), host);
    return Json::object({{"service", Json::object({{"host", host.host},
                                                   {"binary", binary},
                                                   {"forced_down", host.forced_down}})}});
}

void remove(Call& call) {
    ComputeHost host = service_of(call);
    if (store::servers_by_host(call.tx)[host.host] > 0)
        throw conflict("ServiceInUse", "Unable to delete compute service that is hosting "
                                       "instances. Migrate or delete the instances first.");
    if (host.connected)
        throw conflict("ServiceInUse",
                       format("Host {} is connected and would come back at once. Stop its agent "
                              "first.",
                              host.host));
    shape::erase(call, compute_hosts(), host);
}

// ---- availability zones ----

Json zones_json(Call& call, bool detail) {
    std::map<std::string, std::vector<ComputeHost>> zones;
    for (auto& host : store::all_hosts(call.tx)) zones[host.zone].push_back(host);
    Json out = Json::array();
    for (auto& [zone, hosts] : zones) {
        bool available = false;
        Json members = Json::object();
        for (auto& host : hosts) {
            available = available || !host.disabled;
            members[host.host][binary] =
                Json::object({{"available", host.up()},
                              {"active", !host.disabled},
                              {"updated_at", iso_time(host.updated_at, 6, "")}});
        }
        out.push_back(Json::object({{"zoneName", zone},
                                    {"zoneState", Json::object({{"available", available}})},
                                    {"hosts", detail ? std::move(members) : Json()}}));
    }
    return Json::object({{"availabilityZoneInfo", std::move(out)}});
}
Json zones(Call& call) { return zones_json(call, false); }
Json zones_detail(Call& call) { return zones_json(call, true); }
} // namespace

Resource hosts_resource() {
    RouteOptions old, now;
    old.until = {2, 52};
    now.since = {2, 53};
    RouteOptions down = old;
    down.since = {2, 11};
    return Resource()
        .on("GET /v2.1/os-services", rule("os-services:list"), list)
        .on("PUT /v2.1/os-services/enable", rule("os-services:update"), enable, old)
        .on("PUT /v2.1/os-services/disable", rule("os-services:update"), disable, old)
        .on("PUT /v2.1/os-services/disable-log-reason", rule("os-services:update"), disable, old)
        .on("PUT /v2.1/os-services/force-down", rule("os-services:update"), force_down, down)
        .on("PUT /v2.1/os-services/{service_id}", rule("os-services:update"), update, now)
        .on("DELETE /v2.1/os-services/{service_id}", rule("os-services:delete"), remove)
        .on("GET /v2.1/os-availability-zone", rule("os-availability-zone:list"), zones)
        .on("GET /v2.1/os-availability-zone/detail", rule("os-availability-zone:detail"),
            zones_detail);
}

} // namespace nephele::nova
