// SPDX-License-Identifier: Apache-2.0
// What the bearer of a token may ask about itself: catalog, projects, domains, system.
#include "services/keystone/api/support.h"
#include "services/keystone/ops/token_facts.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

std::vector<std::string> groups_of_caller(Call& call) {
    auto groups = store::group_ids_of(call.tx, call.who.user_id);
    groups.insert(groups.end(), call.who.group_ids.begin(), call.who.group_ids.end());
    return groups;
}

Json catalog(Call& call) {
    if (call.who.is_unscoped())
        throw forbidden("Forbidden", "The token has no scope: only a scoped token has a catalog.");
    return Json::object(
        {{"catalog", catalog_of(call.cloud, call.tx, call.who.project_id, call.who.user_id)},
         {"links", list_links(call)}});
}

Listed<Project> projects(Call& call, Page&) {
    Listed<Project> listed;
    for (Project& project :
         store::projects_of_user(call.tx, call.who.user_id, groups_of_caller(call)))
        if (project.enabled) listed.items.push_back(std::move(project));
    return listed;
}

Listed<Domain> domains(Call& call, Page&) {
    Listed<Domain> listed;
    for (Domain& domain : store::domains_of_user(call.tx, call.who.user_id, groups_of_caller(call)))
        if (domain.enabled) listed.items.push_back(std::move(domain));
    return listed;
}

Json system(Call& call) {
    const auto roles = store::assigned_role_ids(call.tx, call.who.user_id, groups_of_caller(call),
                                                Place::system, "all");
    Json::Array reachable;
    if (!roles.empty()) reachable.push_back(Json::object({{"all", true}}));
    return Json::object({{"system", Json(std::move(reachable))}, {"links", list_links(call)}});
}

} // namespace

Resource auth_info_routes() {
    return Resource()
        .on("GET /v3/auth/catalog", "identity:get_auth_catalog", catalog)
        .on("GET /v3/auth/projects", "identity:get_auth_projects", projects)
        .on("GET /v3/auth/domains", "identity:get_auth_domains", domains)
        .on("GET /v3/auth/system", "identity:get_auth_system", system)
        .on("GET /v3/OS-FEDERATION/projects", "identity:get_auth_projects", projects)
        .on("GET /v3/OS-FEDERATION/domains", "identity:get_auth_domains", domains);
}

} // namespace nephele::keystone
