// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

Group create(Call& call, const Group& wanted) {
    Group group = wanted;
    group.domain_id = domain_for_new(call, group.domain_id);
    call.enforce("identity:create_group", target_of(group));
    store::need_domain(call.tx, group.domain_id);
    group.id = call.new_hex();
    store::insert(call, table::groups(), group);
    return group;
}

Listed<Group> list_all(Call& call, const Page& page) {
    call.enforce("identity:list_groups", list_target(call));
    return list(call.tx, table::groups(), list_scope(call), page);
}

Group need(Call& call, const char* rule) {
    return need_allowed(call, table::groups(), call.path("group_id"), rule);
}
Group show(Call& call) { return need(call, "identity:get_group"); }

Group update(Call& call, const Json& body) {
    Group group = need(call, "identity:update_group");
    const std::string domain_id = group.domain_id;
    read_update(call, body, group);
    if (group.domain_id != domain_id)
        throw bad_request("ValidationError", "Cannot change Domain ID");
    store::update(call, table::groups(), group);
    return group;
}

void remove(Call& call) {
    const Group group = need(call, "identity:delete_group");
    store::remove_group(call, group);
}

Listed<User> users_in(Call& call, const Page& page) {
    const Group group = need(call, "identity:list_users_in_group");
    return list(
        call.tx, table::users(), Scope::all(), page,
        {"id IN (SELECT user_id FROM keystone_memberships WHERE group_id = ?)", {group.id}});
}

// The membership named in the path, after the rule allowed it for both ends.
std::pair<Group, User> both(Call& call, const char* rule) {
    const auto group = find(call.tx, table::groups(), Scope::all(), call.path("group_id"));
    const auto user = find(call.tx, table::users(), Scope::all(), call.path("user_id"));
    policy::Target target;
    if (user) add_target(target, *user);
    if (group) add_target(target, *group);
    call.enforce(rule, target);
    if (!group) throw_not_found(table::groups(), call.path("group_id"));
    if (!user) throw_not_found(table::users(), call.path("user_id"));
    return {*group, *user};
}

Failure not_in_group(const Group& group, const User& user) {
    return not_found("NotFound", format("User '{}' not found in group '{}'", user.id, group.id));
}

void add_user(Call& call) {
    const auto [group, user] = both(call, "identity:add_user_to_group");
    if (!store::is_member(call.tx, group.id, user.id))
        store::insert(call, table::memberships(),
                      Membership{Membership::id_of(group.id, user.id), group.id, user.id});
}

void check_user(Call& call) {
    const auto [group, user] = both(call, "identity:check_user_in_group");
    if (!store::is_member(call.tx, group.id, user.id)) throw not_in_group(group, user);
}

void remove_user(Call& call) {
    const auto [group, user] = both(call, "identity:remove_user_from_group");
    const auto membership =
        find(call.tx, table::memberships(), Scope::all(), Membership::id_of(group.id, user.id));
    if (!membership) throw not_in_group(group, user);
    store::erase(call, table::memberships(), *membership);
}

} // namespace

Resource group_routes() {
    return Resource()
        .on("POST /v3/groups", enforced_by_handler, create, created)
        .on("GET /v3/groups", enforced_by_handler, list_all)
        .on("GET /v3/groups/{group_id}", enforced_by_handler, show)
        .on("PATCH /v3/groups/{group_id}", enforced_by_handler, update)
        .on("DELETE /v3/groups/{group_id}", enforced_by_handler, remove)
        .on("GET /v3/groups/{group_id}/users", enforced_by_handler, users_in)
        .on("PUT /v3/groups/{group_id}/users/{user_id}", enforced_by_handler, add_user)
        .on("GET /v3/groups/{group_id}/users/{user_id}", enforced_by_handler, check_user)
        .on("HEAD /v3/groups/{group_id}/users/{user_id}", enforced_by_handler, check_user)
        .on("DELETE /v3/groups/{group_id}/users/{user_id}", enforced_by_handler, remove_user);
}

} // namespace nephele::keystone
