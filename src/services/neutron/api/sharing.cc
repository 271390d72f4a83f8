// SPDX-License-Identifier: Apache-2.0
// /v2.0/address-scopes and /v2.0/rbac-policies
#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/ops/networks.h"
#include "services/neutron/ops/quotas.h"

#include <set>

namespace nephele::neutron {
namespace {
// ---- address scopes ----
AddressScope make_scope(Call& call, const Json& fields) {
    auto scope = read_new<AddressScope>(call, fields);
    AddressScope defaults;
    enforce_fields(call, "create_address_scope", AddressScope::shape(), &scope, &defaults,
                   target_of(scope.project_id));
    scope.id = call.new_uuid();
    scope.created_at = call.now;
    insert(call, address_scopes(), scope);
    return scope;
}
Reply create_scope(Call& call, const Json& body) {
    return create_each<AddressScope>(call, body, make_scope);
}
AddressScope show_scope(Call& call) {
    return need(call.tx, address_scopes(), call.scope(), call.path("address_scope_id"));
}
AddressScope update_scope(Call& call, const Json& body) {
    auto scope = show_scope(call), before = scope;
    call.enforce("update_address_scope", target_of(scope.project_id));
    read_edit(call, body, scope);
    enforce_fields(call, "update_address_scope", AddressScope::shape(), &scope, nullptr,
                   target_of(scope.project_id));
    if (before.shared && !scope.shared)
        throw bad_request("AddressScopeUpdateError",
                          format("Unable to update address scope {} : Shared address scope can't "
                                 "be unshared.",
                                 scope.id));
    update(call, address_scopes(), scope);
    return scope;
}
void remove_scope(Call& call) {
    auto scope = show_scope(call);
    call.enforce("delete_address_scope", target_of(scope.project_id));
    if (call.tx.count("SELECT COUNT(*) FROM neutron_subnetpools WHERE address_scope_id = ?",
                      {scope.id}) > 0)
        throw conflict("AddressScopeInUse",
                       format("Unable to complete operation on address scope {}. There are one or "
                              "more subnet pools in use on the address scope",
                              scope.id));
    erase(call, address_scopes(), scope);
}
Listed<AddressScope> list_scopes(Call& call, Page& page) {
    return list_of(call, page, address_scopes(), {});
}

// ---- RBAC policies ----
// The owner of what a policy opens; nobody else may write one.
std::string owner_of_object(Call& call, const RbacPolicy& policy) {
    auto& id = policy.object_id;
    if (policy.object_type == "network")
        return need(call.tx, networks(), call.scope(), id).project_id;
    if (policy.object_type == "security_group")
        return need(call.tx, security_groups(), call.scope(), id).project_id;
    if (policy.object_type == "subnetpool")
        return need(call.tx, subnet_pools(), call.scope(), id).project_id;
    return need(call.tx, address_scopes(), call.scope(), id).project_id;
}

// A policy for everybody is the same as the network's own flags.
void mirror_on_network(Call& call, const RbacPolicy& policy, bool open) {
    if (policy.object_type != "network") return;
    auto network = need(call.tx, networks(), Scope::all(), policy.object_id);
    bool external = policy.action == "access_as_external";
    bool to_all = policy.target_tenant == "*";
    if (external)
        network.router_external =
            open || call.tx.count("SELECT COUNT(*) FROM neutron_rbac_policies WHERE object_id = ? "
                                  "AND action = 'access_as_external' AND id <> ?",
                                  {network.id, policy.id}) > 0;
    else if (to_all)
        network.shared = open;
    else
        return;
    update(call, networks(), network);
}

// Whether the policy is why projects may use what they use: rows of `sql` name the projects.
// Others' use is covered by their own policies, or by one for everybody.
bool needed_by(Call& call, const RbacPolicy& policy, std::set<std::string> covered,
               const std::string& sql, const db::Params& params) {
    if (covered.count("*")) return false;
    for (auto& other : select(call.tx, rbac_policies(), Scope::all(),
                              {"object_type = ? AND object_id = ? AND action = ? AND id <> ?",
                               {policy.object_type, policy.object_id, policy.action, policy.id}})) {
        if (other.target_tenant == "*") return false;
        covered.insert(other.target_tenant);
    }
    bool needed = false;
    call.tx.each(sql, params, [&](const db::Row& row) {
        std::string project = row.str(0);
        bool meant = policy.target_tenant == "*" || policy.target_tenant == project;
        needed = needed || (meant && !covered.count(project));
    });
    return needed;
}

// What projects have of the object, by kind; one query each, the object's id its only parameter.
std::vector<std::string> uses_of(const RbacPolicy& policy) {
    if (policy.object_type == "network" && policy.action == "access_as_external")
        return {
            "SELECT DISTINCT r.project_id FROM neutron_routers r JOIN neutron_ports g ON g.id = "
            "r.gateway_port_id WHERE g.network_id = ?",
            "SELECT DISTINCT f.project_id FROM neutron_floatingips f WHERE "
            "f.floating_network_id = ?"};
    if (policy.object_type == "network")
        return {"SELECT DISTINCT p.project_id FROM neutron_ports p WHERE p.network_id = ?"};
    if (policy.object_type == "security_group")
        return {"SELECT DISTINCT p.project_id FROM neutron_ports p JOIN neutron_port_groups g ON "
                "g.port_id = p.id WHERE g.security_group_id = ?",
                "SELECT DISTINCT r.project_id FROM neutron_security_group_rules r WHERE "
                "r.remote_group_id = ?"};
    if (policy.object_type == "subnetpool")
        return {"SELECT DISTINCT s.project_id FROM neutron_subnets s WHERE s.subnetpool_id = ?"};
    return {"SELECT DISTINCT s.project_id FROM neutron_subnetpools s WHERE s.address_scope_id = ?"};
}

// The default external network stays open to everybody.
bool opens_default_network(Call& call, const RbacPolicy& policy) {
    if (policy.action != "access_as_external" || policy.target_tenant != "*") return false;
    auto network = find(call.tx, networks(), Scope::all(), policy.object_id);
    return network && network->is_default;
}

// `instead`: whom the policy serves from now on, or nobody.
void check_not_used(Call& call, const RbacPolicy& policy, const std::string& instead) {
    std::string owner = owner_of_object(call, policy);
    bool needed = opens_default_network(call, policy);
    for (auto& sql : uses_of(policy))
        needed = needed || needed_by(call, policy, {owner, "", instead}, sql, {policy.object_id});
    if (needed)
        throw conflict("RbacPolicyInUse",
                       format("RBAC policy on object {} cannot be removed because other objects "
                              "depend on it.",
                              policy.object_id));
}

// A pool in an address scope may go only to those who may use the scope.
void check_scope_reaches(Call& call, const RbacPolicy& policy) {
    if (policy.object_type != "subnetpool") return;
    auto pool = need(call.tx, subnet_pools(), Scope::all(), policy.object_id);
    if (!pool.address_scope_id) return;
    auto scope = need(call.tx, address_scopes(), Scope::all(), *pool.address_scope_id);
    bool reaches =
        policy.target_tenant == "*"
            ? scope.shared
            : find(call.tx, address_scopes(), Scope::project(policy.target_tenant), scope.id)
                  .has_value();
    if (!reaches)
        throw bad_request(
            "InvalidInput",
            format("Invalid input for operation: Subnet pool {} cannot be shared with "
                   "{}: its address scope {} is not.",
                   pool.id, policy.target_tenant, scope.id));
}

RbacPolicy make_policy(Call& call, const Json& fields) {
    auto policy = read_new<RbacPolicy>(call, fields);
    auto owner = owner_of_object(call, policy);
    auto target = target_of(owner);
    target.set("target_tenant", policy.target_tenant);
    if (owner != call.project() && !call.is_admin())
        throw bad_request("InvalidInput", "Invalid input for operation: Only admins can manipulate "
                                          "policies on objects they do not own.");
    call.enforce("create_rbac_policy", target);
    call.enforce("create_rbac_policy:target_tenant", target);
    check_quota(call, policy.project_id, "rbac_policy");
    check_scope_reaches(call, policy);
    if (policy.action == "access_as_external" && policy.object_type != "network")
        throw bad_request("RbacPolicyInitError", "access_as_external is for networks only.");
    if (call.tx.count("SELECT COUNT(*) FROM neutron_rbac_policies WHERE object_type = ? AND "
                      "object_id = ? AND target_project = ? AND action = ?",
                      {policy.object_type, policy.object_id, policy.target_tenant, policy.action}) >
        0)
        throw conflict("DuplicateRbacPolicy", "An RBAC policy already exists with those values.");
    policy.id = call.new_uuid();
    policy.created_at = call.now;
    insert(call, rbac_policies(), policy);
    mirror_on_network(call, policy, true);
    return policy;
}
Reply create_policy(Call& call, const Json& body) {
    return create_each<RbacPolicy>(call, body, make_policy);
}
RbacPolicy show_policy(Call& call) {
    return need(call.tx, rbac_policies(), call.scope(), call.path("rbac_policy_id"));
}
RbacPolicy update_policy(Call& call, const Json& body) {
    auto before = show_policy(call), after = before;
    call.enforce("update_rbac_policy", target_of(before.project_id));
    read_edit(call, body, after);
    auto target = target_of(before.project_id);
    target.set("target_tenant", after.target_tenant);
    call.enforce("update_rbac_policy:target_tenant", target);
    if (after.target_tenant == before.target_tenant) return after;
    check_not_used(call, before, after.target_tenant);
    mirror_on_network(call, before, false);
    update(call, rbac_policies(), after);
    mirror_on_network(call, after, true);
    return after;
}
void remove_policy(Call& call) {
    auto policy = show_policy(call);
    call.enforce("delete_rbac_policy", target_of(policy.project_id));
    check_not_used(call, policy, "");
    mirror_on_network(call, policy, false);
    erase(call, rbac_policies(), policy);
}
Listed<RbacPolicy> list_policies(Call& call, Page& page) {
    return list_of(call, page, rbac_policies(), {});
}
} // namespace

Resource address_scopes_resource() {
    return Resource()
        .on("GET /v2.0/address-scopes", "get_address_scope", list_scopes)
        .on("POST /v2.0/address-scopes", "create_address_scope", create_scope, created)
        .on("GET /v2.0/address-scopes/{address_scope_id}", "get_address_scope", show_scope)
        .on("PUT /v2.0/address-scopes/{address_scope_id}", "update_address_scope", update_scope)
        .on("DELETE /v2.0/address-scopes/{address_scope_id}", "delete_address_scope", remove_scope);
}

Resource rbac_policies_resource() {
    return Resource()
        .on("GET /v2.0/rbac-policies", "get_rbac_policy", list_policies)
        .on("POST /v2.0/rbac-policies", enforced_by_handler, create_policy, created)
        .on("GET /v2.0/rbac-policies/{rbac_policy_id}", "get_rbac_policy", show_policy)
        .on("PUT /v2.0/rbac-policies/{rbac_policy_id}", "update_rbac_policy", update_policy)
        .on("DELETE /v2.0/rbac-policies/{rbac_policy_id}", "delete_rbac_policy", remove_policy);
}

} // namespace nephele::neutron
