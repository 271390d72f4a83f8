// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "services/keystone/api/directory_records.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/federation.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

Group read_new(Call& call) {
    Group group;
    call.reading.mode = Reading::Mode::create;
    Group::shape().read(unwrap(Group::shape(), call.body), &group, call.reading);
    group.domain_id = domain_for_new(call, group.domain_id);
    call.enforce("identity:create_group", target_of(group));
    store::need_domain(call.tx, group.domain_id);
    return group;
}

Reply reply_with(Call& call, int status, const Group& group) {
    Reply reply;
    reply.status = status;
    reply.body = Json::object({{"group", Group::shape().write(&group, call.view())}});
    return reply;
}

Reply create(FreeCall& free) {
    if (auto made = create_group_in_directory(free, read_new)) return std::move(*made);
    return free.write([](Call& call) {
        Group group = read_new(call);
        group.id = call.new_hex();
        store::insert(call, table::groups(), group);
        return reply_with(call, 201, group);
    });
}

Listed<Group> list_all(Call& call, const Page& page) {
    call.enforce("identity:list_groups", list_target(call));
    return list(call.tx, table::groups(), list_scope(call), page, not_absent());
}

Group need(Call& call, const char* rule) {
    Group group = need_allowed(call, table::groups(), call.path("group_id"), rule);
    if (is_absent(call.tx, group.id)) throw_not_found(table::groups(), group.id);
    return group;
}
Group show(Call& call) { return need(call, "identity:get_group"); }

Group read_changed(Call& call) {
    Group group = need(call, "identity:update_group");
    const std::string domain_id = group.domain_id;
    read_update(call, call.body, group);
    if (group.domain_id != domain_id)
        throw bad_request("ValidationError", "Cannot change Domain ID");
    return group;
}

Reply update(FreeCall& free) {
    if (update_group_in_directory(free, read_changed))
        return free.read([](Call& call) { return reply_with(call, 200, show(call)); });
    return free.write([](Call& call) {
        Group group = read_changed(call);
        store::update(call, table::groups(), group);
        return reply_with(call, 200, group);
    });
}

Reply remove(FreeCall& free) {
    const Group group = free.read([](Call& call) { return need(call, "identity:delete_group"); });
    remove_from_directory(free.cloud, group.id);
    return free.write([](Call& call) {
        store::remove_group(call, need(call, "identity:delete_group"));
        return Reply{.status = 204};
    });
}

Listed<User> users_in(Call& call, const Page& page) {
    const Group group = need(call, "identity:list_users_in_group");
    return list(
        call.tx, table::users(), list_scope(call), page,
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

Reply add_user(FreeCall& free) {
    if (!free.in.raw_body.empty() && !free.in.body.is_object())
        throw bad_request("ValidationError", "Adding a user to a group takes no body. Send none.");
    const auto ends =
        free.read([](Call& call) { return both(call, "identity:add_user_to_group"); });
    set_member_in_directory(free.cloud, ends.first, ends.second, true);
    return free.write([](Call& call) {
        const auto [group, user] = both(call, "identity:add_user_to_group");
        if (!store::is_member(call.tx, group.id, user.id))
            store::insert(call, table::memberships(),
                          Membership{Membership::id_of(group.id, user.id), group.id, user.id});
        return Reply{.status = 204};
    });
}

void check_user(Call& call) {
    const auto [group, user] = both(call, "identity:check_user_in_group");
    if (!store::is_member(call.tx, group.id, user.id) &&
        !store::expiring_memberships_of(call.tx, user.id, call.now).count(group.id))
        throw not_in_group(group, user);
}

Membership need_membership(Call& call) {
    const auto [group, user] = both(call, "identity:remove_user_from_group");
    auto membership =
        find(call.tx, table::memberships(), Scope::all(), Membership::id_of(group.id, user.id));
    if (!membership) throw not_in_group(group, user);
    return std::move(*membership);
}

Reply remove_user(FreeCall& free) {
    const auto ends = free.read([](Call& call) {
        need_membership(call);
        return both(call, "identity:remove_user_from_group");
    });
    set_member_in_directory(free.cloud, ends.first, ends.second, false);
    return free.write([](Call& call) {
        store::erase(call, table::memberships(), need_membership(call));
        return Reply{.status = 204};
    });
}

} // namespace

Resource group_routes() {
    return Resource()
        .on("POST /v3/groups", enforced_by_handler, create, created)
        .on("GET /v3/groups", enforced_by_handler, list_all, {.prepare = refresh_listed_groups})
        .on("GET /v3/groups/{group_id}", enforced_by_handler, show, {.prepare = refresh_named})
        .on("PATCH /v3/groups/{group_id}", enforced_by_handler, update)
        .on("DELETE /v3/groups/{group_id}", enforced_by_handler, remove, no_content)
        .on("GET /v3/groups/{group_id}/users", enforced_by_handler, users_in,
            {.prepare = refresh_named})
        .on("PUT /v3/groups/{group_id}/users/{user_id}", enforced_by_handler, add_user, no_content)
        .on("GET /v3/groups/{group_id}/users/{user_id}", enforced_by_handler, check_user,
            {.prepare = refresh_named})
        .on("HEAD /v3/groups/{group_id}/users/{user_id}", enforced_by_handler, check_user,
            {.prepare = refresh_named})
        .on("DELETE /v3/groups/{group_id}/users/{user_id}", enforced_by_handler, remove_user,
            no_content);
}

} // namespace nephele::keystone
