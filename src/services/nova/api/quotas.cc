// SPDX-License-Identifier: Apache-2.0
// Quota sets and limits.
#include "services/nova/store/quotas.h"
#include "base/strings.h"
#include "services/nova/api/manners.h"

namespace nephele::nova {
using namespace api;
namespace {

bool shown(const Call& call, const QuotaKind& kind) {
    if (kind.network && call.version > Version{2, 35}) return false;
    return !(kind.legacy && call.version > Version{2, 56});
}

void enforce_for(Call& call, const char* what, const std::string& project) {
    call.enforce(rule(what), owned_by(project, call.who.user_id));
}

Json quota_json(Call& call, const Amounts& limits, const std::string& id) {
    Json out = Json::object();
    if (!id.empty()) out["id"] = id;
    for (auto& kind : quota_kinds())
        if (shown(call, kind)) out[kind.name] = limits.at(kind.name);
    return out;
}

Json show(Call& call) {
    const std::string& project = call.path("project");
    enforce_for(call, "os-quota-sets:show", project);
    return Json::object(
        {{"quota_set", quota_json(call, store::limits_of(call.tx, project), project)}});
}

Json detail(Call& call) {
    const std::string& project = call.path("project");
    enforce_for(call, "os-quota-sets:detail", project);
    auto limits = store::limits_of(call.tx, project);
    auto used = store::usage_of(call.tx, project);
    Json out = Json::object({{"id", project}});
    for (auto& kind : quota_kinds())
        if (shown(call, kind))
            out[kind.name] = Json::object(
                {{"in_use", used[kind.name]}, {"limit", limits[kind.name]}, {"reserved", 0}});
    return Json::object({{"quota_set", std::move(out)}});
}

Json defaults(Call& call) {
    return Json::object({{"quota_set", quota_json(call, store::limits_of_class(call.tx, "default"),
                                                  call.path("project"))}});
}

Json class_defaults(Call& call) {
    const std::string& name = call.path("class");
    return Json::object(
        {{"quota_class_set", quota_json(call, store::limits_of_class(call.tx, name), name)}});
}

std::int64_t limit_in(const std::string& name, const Json& value) {
    std::optional<std::int64_t> number;
    if (value.is_integer()) number = value.as_int();
    if (value.is_string()) number = to_int(value.as_string());
    if (!number || *number < -1 || *number > 0x7fffffff)
        throw bad_request("ValidationError",
                          format("Invalid input for field/attribute {}. Value: {}. It is a number "
                                 "from -1 (no limit) to 2147483647.",
                                 name, value.dump().substr(0, 100)));
    return *number;
}

void check_known(const Call& call, const std::string& name) {
    for (auto& kind : quota_kinds())
        if (name == kind.name && shown(call, kind)) return;
    throw bad_request(
        "ValidationError",
        format("Additional properties are not allowed ('{}' was unexpected)", name.substr(0, 100)));
}

Json update_class(Call& call, const Json& body) {
    const std::string& name = call.path("class");
    const Json& wanted = only_member(body, "quota_class_set");
    if (!wanted.is_object() || utf8_length(name) > 255)
        throw bad_request("ValidationError", "Invalid input for field/attribute quota_class_set.");
    for (auto& [quota, value] : wanted.as_object()) {
        check_known(call, quota);
        store::set_class_limit(call.tx, name, quota, limit_in(quota, value));
    }
    return Json::object(
        {{"quota_class_set", quota_json(call, store::limits_of_class(call.tx, name), "")}});
}

Json update(Call& call, const Json& body) {
    const std::string& project = call.path("project");
    const Json& wanted = only_member(body, "quota_set");
    if (!wanted.is_object())
        throw bad_request("ValidationError", "Invalid input for field/attribute quota_set.");
    auto used = store::usage_of(call.tx, project);
    const Json& forced = wanted.get("force");
    bool force = forced == Json(true) || forced == Json("true") || forced == Json("True");
    for (auto& [name, value] : wanted.as_object()) {
        if (name == "force" || name == "tenant_id") continue;
        check_known(call, name);
        std::int64_t limit = limit_in(name, value);
        if (!force && limit >= 0 && limit < used[name])
            throw bad_request("QuotaError",
                              format("Quota limit {} for {} must be greater than or equal to "
                                     "already used and reserved {}.",
                                     limit, name, used[name]));
        store::set_limit(call.tx, project, name, limit);
    }
    return Json::object({{"quota_set", quota_json(call, store::limits_of(call.tx, project), "")}});
}

void remove(Call& call) { store::clear_limits(call.tx, call.path("project")); }

Json limits(Call& call) {
    std::string project = call.project();
    if (auto other = call.query("tenant_id"); other && *other != project) {
        call.enforce(rule("limits:other_project"));
        project = *other;
    }
    auto limits = store::limits_of(call.tx, project);
    auto used = store::usage_of(call.tx, project);
    Json absolute = Json::object({{"maxServerMeta", limits["metadata_items"]},
                                  {"maxTotalInstances", limits["instances"]},
                                  {"maxTotalRAMSize", limits["ram"]},
                                  {"maxTotalKeypairs", limits["key_pairs"]},
                                  {"maxTotalCores", limits["cores"]},
                                  {"maxServerGroups", limits["server_groups"]},
                                  {"maxServerGroupMembers", limits["server_group_members"]},
                                  {"totalRAMUsed", used["ram"]},
                                  {"totalInstancesUsed", used["instances"]},
                                  {"totalServerGroupsUsed", used["server_groups"]},
                                  {"totalCoresUsed", used["cores"]}});
    if (call.version <= Version{2, 38}) absolute["maxImageMeta"] = limits["metadata_items"];
    if (call.version <= Version{2, 56}) {
        absolute["maxPersonality"] = limits["injected_files"];
        absolute["maxPersonalitySize"] = limits["injected_file_content_bytes"];
    }
    if (call.version <= Version{2, 35}) {
        absolute["maxTotalFloatingIps"] = -1;
        absolute["maxSecurityGroups"] = -1;
        absolute["maxSecurityGroupRules"] = -1;
        absolute["totalFloatingIpsUsed"] = 0;
        absolute["totalSecurityGroupsUsed"] = 0;
    }
    return Json::object(
        {{"limits", Json::object({{"rate", Json::array()}, {"absolute", std::move(absolute)}})}});
}
} // namespace

Resource quotas_resource() {
    return Resource()
        .on("GET /v2.1/limits", rule("limits"), limits)
        .on("GET /v2.1/os-quota-sets/{project}", enforced_by_handler, show)
        .on("GET /v2.1/os-quota-sets/{project}/detail", enforced_by_handler, detail)
        .on("GET /v2.1/os-quota-sets/{project}/defaults", rule("os-quota-sets:defaults"), defaults)
        .on("PUT /v2.1/os-quota-sets/{project}", rule("os-quota-sets:update"), update)
        .on("DELETE /v2.1/os-quota-sets/{project}", rule("os-quota-sets:delete"), remove, accepted)
        .on("GET /v2.1/os-quota-class-sets/{class}", rule("os-quota-class-sets:show"),
            class_defaults)
        .on("PUT /v2.1/os-quota-class-sets/{class}", rule("os-quota-class-sets:update"),
            update_class);
}

} // namespace nephele::nova
