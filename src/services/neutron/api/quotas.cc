// SPDX-License-Identifier: Apache-2.0
// /v2.0/quotas
#include "services/neutron/ops/quotas.h"

#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"

namespace nephele::neutron {
namespace {
// Own quotas are for everybody in the project, others for administrators.
std::string project_asked(Call& call, const char* rule) {
    auto project = call.path("project_id");
    call.enforce(rule, target_of(project));
    return project;
}

Json limits(const std::vector<QuotaUse>& all) {
    Json out = Json::object();
    for (auto& quota : all) out[quota.resource] = quota.limit;
    return out;
}

Json show(Call& call) {
    auto project = project_asked(call, "get_quota");
    return Json::object({{"quota", limits(quotas_of(call, project, false))}});
}
Json defaults(Call& call) {
    project_asked(call, "get_quota");
    return Json::object({{"quota", limits(default_quotas(call.cloud))}});
}
Json details(Call& call) {
    auto project = project_asked(call, "get_quota");
    Json out = Json::object();
    for (auto& quota : quotas_of(call, project, true))
        out[quota.resource] =
            Json::object({{"limit", quota.limit}, {"used", quota.used}, {"reserved", 0}});
    return Json::object({{"quota", std::move(out)}});
}
Json of_token(Call& call) {
    return Json::object({{"tenant", Json::object({{"tenant_id", call.project()}})}});
}

Json list(Call& call) {
    Json out = Json::array();
    std::vector<std::string> projects;
    call.tx.each("SELECT DISTINCT project_id FROM neutron_quotas ORDER BY project_id", db::Params{},
                 [&](const db::Row& row) { projects.push_back(row.str(0)); });
    for (auto& project : projects) {
        Json one = limits(quotas_of(call, project, false));
        one["project_id"] = project;
        one["tenant_id"] = project;
        out.push_back(std::move(one));
    }
    return Json::object({{"quotas", std::move(out)}});
}

std::int64_t limit_in(const Json& value, const std::string& resource) {
    auto number = value.is_string()    ? to_int(value.as_string())
                  : value.is_integer() ? std::optional(value.as_int())
                                       : std::nullopt;
    if (!number || *number < -1 || *number > 2147483647)
        throw bad_request("HTTPBadRequest",
                          format("Invalid input for {}. Reason: an integer from -1 to 2147483647 "
                                 "is expected.",
                                 resource));
    return *number;
}

Json update(Call& call, const Json& body) {
    auto project = project_asked(call, "update_quota");
    const Json& wanted = wrapped(body, "quota");
    bool forced = false;
    std::vector<std::pair<std::string, std::int64_t>> changes;
    for (auto& [name, value] : wanted.as_object()) {
        bool known =
            name == "force" || name == "check_limit" || name == "tenant_id" || name == "project_id";
        for (auto& resource : quota_resources())
            if (name == resource.name) {
                changes.emplace_back(name, limit_in(value, name));
                known = true;
            }
        if (name == "force") forced = value.is_bool() && value.as_bool();
        if (!known)
            throw bad_request("HTTPBadRequest", format("Unrecognized attribute(s) '{}'", name));
    }
    for (auto& use : quotas_of(call, project, wanted.boolean("check_limit") && !forced))
        for (auto& [name, limit] : changes)
            if (name == use.resource && limit >= 0 && limit < use.used)
                throw bad_request("InvalidQuotaValue",
                                  format("Change would make usage less than 0 for the following "
                                         "resources: ['{}'].",
                                         name));
    for (auto& [name, limit] : changes) set_quota(call, project, name, limit);
    return Json::object({{"quota", limits(quotas_of(call, project, false))}});
}

void remove(Call& call) {
    auto project = project_asked(call, "delete_quota");
    if (call.tx.count("SELECT COUNT(*) FROM neutron_quotas WHERE project_id = ?", {project}) == 0)
        throw_not_found(quota_limits(), project);
    for (auto& resource : quota_resources()) set_quota(call, project, resource.name, std::nullopt);
}
} // namespace

Resource quotas_resource() {
    return Resource()
        .on("GET /v2.0/quotas", "get_quotas", list)
        .on("GET /v2.0/quotas/tenant", "get_quota", of_token)
        .on("GET /v2.0/quotas/project", "get_quota", of_token)
        .on("GET /v2.0/quotas/{project_id}", enforced_by_handler, show)
        .on("GET /v2.0/quotas/{project_id}/default", enforced_by_handler, defaults)
        .on("GET /v2.0/quotas/{project_id}/details", enforced_by_handler, details)
        .on("GET /v2.0/quotas/{project_id}/details.json", enforced_by_handler, details)
        .on("PUT /v2.0/quotas/{project_id}", enforced_by_handler, update)
        .on("DELETE /v2.0/quotas/{project_id}", enforced_by_handler, remove);
}

} // namespace nephele::neutron
