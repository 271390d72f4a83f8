// SPDX-License-Identifier: Apache-2.0
// Which role implies which: who has the prior role has the implied one too.
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/logic/role_inference.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"

namespace nephele::keystone {
namespace {

Json shown_role(const Call& call, const Role& role) {
    return Json::object({{"id", role.id},
                         {"name", role.name},
                         {"links", self_link(call.view(), "/v3/roles/", role.id)}});
}

Role need_role(Call& call, const char* parameter) {
    return need(call.tx, table::roles(), Scope::all(), call.path(parameter));
}

Json inference(const Call& call, const Role& prior, const std::vector<Role>& implied) {
    Json list = Json::array();
    for (const Role& role : implied) list.push_back(shown_role(call, role));
    return Json::object({{"prior_role", shown_role(call, prior)}, {"implies", list}});
}

std::vector<Role> implied_by(Call& call, const Role& prior) {
    return select(
        call.tx, table::roles(), Scope::all(),
        {"id IN (SELECT implied_id FROM keystone_implications WHERE prior_id = ?)", {prior.id}},
        "ORDER BY name");
}

Json list_of(Call& call) {
    const Role prior = need_role(call, "prior_role_id");
    return Json::object({{"role_inference", inference(call, prior, implied_by(call, prior))},
                         {"links", list_links(call)}});
}

Json list_all(Call& call) {
    Json all = Json::array();
    for (const Role& prior : store::roles(call.tx))
        if (const auto implied = implied_by(call, prior); !implied.empty())
            all.push_back(inference(call, prior, implied));
    return Json::object({{"role_inferences", all}, {"links", list_links(call)}});
}

Json shown_rule(const Call& call, const Role& prior, const Role& implied) {
    return Json::object(
        {{"role_inference", Json::object({{"prior_role", shown_role(call, prior)},
                                          {"implies", shown_role(call, implied)}})},
         {"links", Json::object({{"self", call.in.base_url + call.in.service_path}})}});
}

Reply create(Call& call) {
    const Role prior = need_role(call, "prior_role_id");
    const Role implied = need_role(call, "implied_role_id");
    // Nobody becomes an administrator by way of another role.
    if (implied.name == "admin" && !implied.domain_id)
        throw forbidden("InvalidImpliedRole", format("{} cannot be an implied roles.", implied.id));
    if (!prior.domain_id && implied.domain_id)
        throw forbidden("InvalidImpliedRole", "Global role cannot imply a domain-specific role");
    if (logic::closes_circle(prior.id, implied.id, store::implications(call.tx)))
        throw forbidden(
            "InvalidImpliedRole",
            format("{} cannot imply {}: that would close a circle.", prior.id, implied.id));
    store::ensure_implication(call, prior.id, implied.id);
    Reply reply;
    reply.status = 201;
    reply.body = shown_rule(call, prior, implied);
    return reply;
}

Implication need_rule(Call& call, const Role& prior, const Role& implied) {
    const auto rule = find(call.tx, table::implications(), Scope::all(),
                           Implication::id_of(prior.id, implied.id));
    if (!rule)
        throw not_found("ImpliedRoleNotFound",
                        format("{} does not imply {}.", prior.id, implied.id));
    return *rule;
}

Json show(Call& call) {
    const Role prior = need_role(call, "prior_role_id");
    const Role implied = need_role(call, "implied_role_id");
    need_rule(call, prior, implied);
    return shown_rule(call, prior, implied);
}

Reply check(Call& call) {
    need_rule(call, need_role(call, "prior_role_id"), need_role(call, "implied_role_id"));
    Reply reply;
    reply.status = 204;
    return reply;
}

void remove(Call& call) {
    store::erase(
        call, table::implications(),
        need_rule(call, need_role(call, "prior_role_id"), need_role(call, "implied_role_id")));
}

} // namespace

Resource implied_role_routes() {
    const std::string one = "/v3/roles/{prior_role_id}/implies/{implied_role_id}";
    return Resource()
        .on("GET /v3/roles/{prior_role_id}/implies", "identity:list_implied_roles", list_of)
        .on("GET /v3/role_inferences", "identity:list_role_inference_rules", list_all)
        .on("PUT " + one, "identity:create_implied_role", create)
        .on("GET " + one, "identity:get_implied_role", show)
        .on("HEAD " + one, "identity:check_implied_role", check)
        .on("DELETE " + one, "identity:delete_implied_role", remove);
}

} // namespace nephele::keystone
