// SPDX-License-Identifier: Apache-2.0
// What single projects and domains have instead of the registered default.
#include "services/keystone/store/limits.h"
#include "base/strings.h"
#include "services/keystone/api/directory.h"
#include "services/keystone/logic/limit_model.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

logic::LimitModel model_of(const Call& call) {
    return logic::limit_model_named(call.cloud.config().text("keystone.limit_enforcement_model"));
}

// A project that acts as a domain stands for the domain.
void check_owner(Call& call, Limit& limit) {
    if (limit.project_id.has_value() == limit.domain_id.has_value())
        throw bad_request("ValidationError", "Invalid input for field 'limits': a limit has a "
                                             "project_id or a domain_id, and not both.");
    if (limit.project_id) {
        const auto project = find(call.tx, table::projects(), Scope::all(), *limit.project_id);
        if (!project) throw expected("project_id", "limit");
        if (project->is_domain) limit.domain_id = std::exchange(limit.project_id, std::nullopt);
    } else if (!store::find_domain(call.tx, *limit.domain_id)) {
        throw expected("domain_id", "limit");
    }
}

// The domain's limit of the same thing in the same request.
std::optional<std::int64_t> wanted_for_domain(const std::vector<Limit>& wanted, const Limit& limit,
                                              const std::string& domain_id) {
    for (const Limit& other : wanted)
        if (other.domain_id == domain_id && other.service_id == limit.service_id &&
            other.region_id == limit.region_id && other.resource_name == limit.resource_name)
            return other.resource_limit;
    return std::nullopt;
}

logic::LimitSurroundings surroundings(Call& call, const Limit& limit,
                                      const RegisteredLimit& registered,
                                      const std::vector<Limit>& wanted) {
    logic::LimitSurroundings around;
    if (limit.project_id) {
        const auto project = need(call.tx, table::projects(), Scope::all(), *limit.project_id);
        const std::string domain_id = project.parent_id.value_or("");
        around.domain_limit = wanted_for_domain(wanted, limit, domain_id);
        if (around.domain_limit) return around;
        const auto stored = store::find_limit(call.tx, registered.id, domain_id);
        around.domain_limit = stored ? stored->resource_limit : registered.default_limit;
    } else {
        around.project_limits = store::project_limits_in(call.tx, registered.id, *limit.domain_id);
    }
    return around;
}

void check_model(Call& call, const Limit& limit, const RegisteredLimit& registered,
                 const std::vector<Limit>& wanted) {
    if (model_of(call) == logic::LimitModel::flat) return;
    if (logic::fits_strict_two_level(limit, surroundings(call, limit, registered, wanted))) return;
    throw forbidden(
        "InvalidLimit",
        format("Invalid resource limit: The resource limit ({}: {}, resource_name: {}, "
               "resource_limit: {}, service_id: {}, region_id: {}) doesn't satisfy current "
               "hierarchy model..",
               limit.project_id ? "project_id" : "domain_id",
               limit.project_id ? *limit.project_id : *limit.domain_id, limit.resource_name,
               limit.resource_limit, limit.service_id, limit.region_id.value_or("None")));
}

RegisteredLimit need_registered(Call& call, const Limit& limit) {
    auto registered = store::find_registered_limit(call.tx, limit.service_id, limit.region_id,
                                                   limit.resource_name);
    if (!registered)
        throw forbidden("NoLimitReference", "Unable to create a limit that has no corresponding "
                                            "registered limit.");
    return std::move(*registered);
}

Reply create(Call& call, const Json& body) {
    std::vector<Limit> wanted;
    for (const Json& item : list_in_body(body, "limits")) {
        Limit& limit = wanted.emplace_back();
        read_item(call, Limit::shape(), item, &limit, "limits");
        check_catalog_ids(call, limit.service_id, limit.region_id, "limit");
        check_owner(call, limit);
    }
    Json::Array made;
    for (Limit& limit : wanted) {
        const RegisteredLimit registered = need_registered(call, limit);
        check_model(call, limit, registered, wanted);
        limit.registered_limit_id = registered.id;
        if (store::find_limit(call.tx, registered.id,
                              limit.project_id ? *limit.project_id : *limit.domain_id))
            throw conflict("Conflict",
                           "Conflict occurred attempting to store limit - Duplicate entry.");
        limit.id = call.new_hex();
        store::insert(call, table::limits(), limit);
        made.push_back(Limit::shape().write(&limit, call.view()));
    }
    return reply_with(201, "limits", std::move(made));
}

// System tokens see all, those of a domain what is of it and its projects, others their project's.
Where visible_to(const Principal& who) {
    if (who.system_all) return {};
    if (!who.domain_id.empty())
        return {"domain_id = ? OR project_id IN (SELECT id FROM keystone_projects p WHERE "
                "p.domain_id = ?)",
                {who.domain_id, who.domain_id}};
    return {"project_id = ?", {who.project_id}};
}

Listed<Limit> list_all(Call& call, const Page& page) {
    return list(call.tx, table::limits(), Scope::all(), page, visible_to(call.who));
}

policy::Target target_of_limit(Call& call, const std::optional<Limit>& limit) {
    policy::Target target;
    if (!limit) return target;
    if (limit->domain_id) {
        target.set_null("target.limit.project_id");
        target.set("target.limit.domain.id", *limit->domain_id);
        return target;
    }
    target.set("target.limit.project_id", *limit->project_id);
    if (const auto project = find(call.tx, table::projects(), Scope::all(), *limit->project_id))
        target.set("target.limit.project.domain_id", project->domain_id.value_or(""));
    return target;
}

Limit show(Call& call) {
    const auto limit = find(call.tx, table::limits(), Scope::all(), call.path("limit_id"));
    call.enforce("identity:get_limit", target_of_limit(call, limit));
    if (!limit) throw_not_found(table::limits(), call.path("limit_id"));
    return *limit;
}

Limit update(Call& call, const Json& body) {
    Limit limit = need(call.tx, table::limits(), Scope::all(), call.path("limit_id"));
    read_update(call, body, limit);
    check_model(call, limit, need_registered(call, limit), {});
    store::update(call, table::limits(), limit);
    return limit;
}

void remove(Call& call) {
    store::erase(call, table::limits(),
                 need(call.tx, table::limits(), Scope::all(), call.path("limit_id")));
}

Json model(Call& call) {
    const auto model = model_of(call);
    return Json::object({{"model", Json::object({{"name", logic::name_of(model)},
                                                 {"description", logic::description_of(model)}})}});
}

} // namespace

Resource limit_routes() {
    return Resource()
        .on("GET /v3/limits/model", "identity:get_limit_model", model)
        .on("POST /v3/limits", "identity:create_limits", create, created)
        .on("GET /v3/limits", "identity:list_limits", list_all)
        .on("GET /v3/limits/{limit_id}", enforced_by_handler, show)
        .on("PATCH /v3/limits/{limit_id}", "identity:update_limit", update)
        .on("DELETE /v3/limits/{limit_id}", "identity:delete_limit", remove);
}

} // namespace nephele::keystone
