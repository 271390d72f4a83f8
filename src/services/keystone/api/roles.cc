// SPDX-License-Identifier: Apache-2.0
// Roles, global ones and those of a domain. The two kinds have rules of their own.
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

Role create(Call& call, const Role& wanted) {
    Role role = wanted;
    call.enforce(role.domain_id ? "identity:create_domain_role" : "identity:create_role",
                 target_of(role));
    check_options(role.options, "role");
    if (role.domain_id) store::need_domain(call.tx, *role.domain_id);
    role.id = call.new_hex();
    store::insert(call, table::roles(), role);
    return role;
}

Listed<Role> list_all(Call& call, const Page& page) {
    // Without ?domain_id= only global roles are listed.
    const bool of_domain = call.query("domain_id").has_value();
    call.enforce(of_domain ? "identity:list_domain_roles" : "identity:list_roles");
    return list(call.tx, table::roles(), Scope::all(), page,
                of_domain ? Where{} : Where{"domain_id IS NULL", {}});
}

Role need(Call& call, const char* rule, const char* domain_rule) {
    const auto role = find(call.tx, table::roles(), Scope::all(), call.path("role_id"));
    call.enforce(role && role->domain_id ? domain_rule : rule, target_of(role));
    if (!role) throw_not_found(table::roles(), call.path("role_id"));
    return *role;
}

Role show(Call& call) { return need(call, "identity:get_role", "identity:get_domain_role"); }

Role update(Call& call, const Json& body) {
    Role role = need(call, "identity:update_role", "identity:update_domain_role");
    const auto domain_id = role.domain_id;
    check_mutable(role.options, table::roles(), role.id, "update", &unwrap(Role::shape(), body));
    read_update(call, body, role);
    check_options(role.options, "role");
    if (role.domain_id != domain_id)
        throw bad_request("ValidationError", "Cannot change Domain ID");
    store::update(call, table::roles(), role);
    return role;
}

void remove(Call& call) {
    const Role role = need(call, "identity:delete_role", "identity:delete_domain_role");
    check_mutable(role.options, table::roles(), role.id, "delete");
    store::remove_role(call, role);
}

} // namespace

Resource role_routes() {
    return Resource()
        .on("POST /v3/roles", enforced_by_handler, create, created)
        .on("GET /v3/roles", enforced_by_handler, list_all)
        .on("GET /v3/roles/{role_id}", enforced_by_handler, show)
        .on("PATCH /v3/roles/{role_id}", enforced_by_handler, update)
        .on("DELETE /v3/roles/{role_id}", enforced_by_handler, remove);
}

} // namespace nephele::keystone
