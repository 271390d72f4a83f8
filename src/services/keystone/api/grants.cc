// SPDX-License-Identifier: Apache-2.0
// Roles given to users and groups on projects, domains and the system. One set of handlers serves
// all combinations: the path says who and where.
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/delegations.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

// What the path names; records that are missing are left empty until the rule has allowed the call.
struct Grant {
    Actor actor = Actor::user;
    Place place = Place::system;
    std::string actor_id, place_id = "all";
    bool inherited = false;
    std::optional<User> user;
    std::optional<Group> group;
    std::optional<Project> project;
    std::optional<Domain> domain;
    std::optional<Role> role;

    Assignment assignment() const {
        return Assignment::of(role->id, actor, actor_id, place, place_id, inherited);
    }
};

Grant read_grant(Call& call) {
    Grant grant;
    if (const auto id = path_value(call, "user_id")) {
        grant.actor_id = *id;
        grant.user = find(call.tx, table::users(), Scope::all(), *id);
    } else {
        grant.actor = Actor::group;
        grant.actor_id = call.path("group_id");
        grant.group = find(call.tx, table::groups(), Scope::all(), grant.actor_id);
    }
    if (const auto id = path_value(call, "project_id")) {
        grant.place = Place::project;
        grant.place_id = *id;
        grant.project = find(call.tx, table::projects(), Scope::all(), *id);
    } else if (const auto domain_id = path_value(call, "domain_id")) {
        grant.place = Place::domain;
        grant.place_id = *domain_id;
        grant.domain = store::find_domain(call.tx, *domain_id);
    }
    if (const auto id = path_value(call, "role_id"))
        grant.role = find(call.tx, table::roles(), Scope::all(), *id);
    grant.inherited = call.in.route.path.find("inherited_to_projects") != std::string::npos;
    return grant;
}

// "identity:create_grant", or for the system "identity:create_system_grant_for_user".
std::string rule_name(const Grant& grant, const char* verb, bool many = false) {
    if (grant.place != Place::system) return format("identity:{}_grant{}", verb, many ? "s" : "");
    return format("identity:{}_system_grant{}_for_{}", verb, many ? "s" : "",
                  text_of_enum(grant.actor));
}

Grant allowed_grant(Call& call, const char* verb, bool many = false) {
    Grant grant = read_grant(call);
    policy::Target target;
    if (grant.user) add_target(target, *grant.user);
    if (grant.group) add_target(target, *grant.group);
    if (grant.project) add_target(target, *grant.project);
    if (grant.domain) add_target(target, *grant.domain);
    if (grant.role) add_target(target, *grant.role);
    call.enforce(rule_name(grant, verb, many), target);
    return grant;
}

void need_parts(const Grant& grant, Call& call) {
    if (grant.actor == Actor::user && !grant.user) throw_not_found(table::users(), grant.actor_id);
    if (grant.actor == Actor::group && !grant.group)
        throw_not_found(table::groups(), grant.actor_id);
    if (grant.place == Place::project && !grant.project)
        throw_not_found(table::projects(), grant.place_id);
    if (grant.place == Place::domain && !grant.domain)
        throw_not_found(table::domains(), grant.place_id);
    if (const auto id = path_value(call, "role_id"); id && !grant.role)
        throw_not_found(table::roles(), *id);
}

Failure no_assignment(const Grant& grant) {
    return not_found("RoleAssignmentNotFound",
                     format("Could not find role assignment with role: {}, user or group: {}, "
                            "project, domain, or system: {}.",
                            grant.role->id, grant.actor_id, grant.place_id));
}

void put(Call& call) {
    const Grant grant = allowed_grant(call, "create");
    need_parts(grant, call);
    if (grant.role->domain_id) {
        const std::string place_domain = grant.project  ? grant.project->domain_id.value_or("")
                                         : grant.domain ? grant.domain->id
                                                        : "";
        if (*grant.role->domain_id != place_domain)
            throw forbidden("DomainSpecificRoleMismatch",
                            format("Project {} must be in the same domain as the role {} being "
                                   "assigned.",
                                   grant.place_id, grant.role->id));
    }
    store::ensure_assignment(call, grant.assignment());
}

void check(Call& call) {
    const Grant grant = allowed_grant(call, "check");
    need_parts(grant, call);
    if (!find(call.tx, table::assignments(), Scope::all(), grant.assignment().id))
        throw no_assignment(grant);
}

void remove(Call& call) {
    const Grant grant = allowed_grant(call, "revoke");
    if (!grant.role) throw_not_found(table::roles(), call.path("role_id"));
    const auto assignment =
        find(call.tx, table::assignments(), Scope::all(), grant.assignment().id);
    if (!assignment) throw no_assignment(grant);
    store::erase(call, table::assignments(), *assignment);
    if (grant.user && grant.project)
        store::remove_credentials_with_role(call, grant.actor_id, grant.place_id, grant.role->id);
}

Listed<Role> list_granted(Call& call, Page&) {
    const Grant grant = allowed_grant(call, "list", true);
    need_parts(grant, call);
    return {select(call.tx, table::roles(), Scope::all(),
                   {"id IN (SELECT role_id FROM keystone_assignments WHERE actor_id = ? AND "
                    "place = ? AND place_id = ? AND inherited = ?)",
                    {grant.actor_id, std::string(text_of_enum(grant.place)), grant.place_id,
                     std::int64_t(grant.inherited)}},
                   "ORDER BY name")};
}

void add_routes(Resource& resource, const std::string& roles, const std::string& suffix) {
    const std::string one = roles + "/{role_id}" + suffix;
    resource.on("PUT " + one, enforced_by_handler, put)
        .on("GET " + one, enforced_by_handler, check)
        .on("HEAD " + one, enforced_by_handler, check)
        .on("DELETE " + one, enforced_by_handler, remove)
        .on("GET " + roles + suffix, enforced_by_handler, list_granted);
}

} // namespace

Resource grant_routes() {
    Resource resource;
    for (const char* actor : {"users/{user_id}", "groups/{group_id}"}) {
        for (const char* place : {"projects/{project_id}/", "domains/{domain_id}/"}) {
            const std::string roles = std::string(place) + actor + "/roles";
            add_routes(resource, "/v3/" + roles, "");
            add_routes(resource, "/v3/OS-INHERIT/" + roles, "/inherited_to_projects");
        }
        add_routes(resource, std::string("/v3/system/") + actor + "/roles", "");
    }
    return resource;
}

} // namespace nephele::keystone
