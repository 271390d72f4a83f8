// SPDX-License-Identifier: Apache-2.0
// Users. Passwords are hashed before the transaction that stores them.
#include "base/strings.h"
#include "services/keystone/api/directory_records.h"
#include "services/keystone/model/group_of_user.h"
#include "services/keystone/ops/set_password.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/federation.h"
#include "services/keystone/store/identity.h"
#include "services/keystone/store/revocations.h"

namespace nephele::keystone {
namespace {

User read_new(Call& call) {
    User user;
    User::shape().read(unwrap(User::shape(), call.body), &user, call.reading);
    user.domain_id = domain_for_new(call, user.domain_id);
    call.enforce("identity:create_user", target_of(user));
    check_options(user.options, "user");
    return user;
}

// A default project that is not there is kept, as upstream does: it may come later. A domain is not
// accepted as one.
void check_default_project(Call& call, const User& user) {
    if (user.default_project_id && store::find_domain(call.tx, *user.default_project_id))
        throw bad_request("ValidationError", format("Invalid default project id: {} is a domain.",
                                                    *user.default_project_id));
}

Reply reply_with(Call& call, int status, const User& user) {
    Reply reply;
    reply.status = status;
    reply.body = Json::object({{"user", User::shape().write(&user, call.view())}});
    return reply;
}

Reply create(FreeCall& free) {
    // May the caller, before any time is spent on hashing.
    const auto password = free.read([](Call& call) { return read_new(call).password; });
    if (auto made = create_in_directory(free, read_new)) return std::move(*made);
    const NewPassword secret = prepare_password(free.cloud, password);
    return free.write([&](Call& call) {
        User user = read_new(call);
        store::need_domain(call.tx, user.domain_id);
        check_default_project(call, user);
        user.id = call.new_hex();
        user.created_at = call.now;
        set_password(call, user, secret, false);
        store::insert(call, table::users(), user);
        if (!user.federated.is_null()) store::set_federated_objects(call, user, user.federated);
        return reply_with(call, 201, user);
    });
}

// password_expires_at=lt:2026-11-22T00:00:00Z and the like, each given once.
void add_expiry_filter(Call& call, Where& where) {
    for (const auto& [key, value] : call.in.query) {
        if (key != "password_expires_at") continue;
        const auto colon = value.find(':');
        const std::string name = value.substr(0, colon);
        static const std::pair<const char*, const char*> operators[] = {
            {"lt", "<"}, {"lte", "<="}, {"gt", ">"}, {"gte", ">="}, {"eq", "="}, {"neq", "<>"}};
        const char* sql = nullptr;
        for (const auto& [known, text] : operators)
            if (name == known) sql = text;
        const auto time = parse_time(sql ? std::string_view(value).substr(colon + 1) : value);
        if (!time)
            throw bad_request("ValidationTimeStampError",
                              "Timestamp not in expected format. The server could not comply with "
                              "the request since it is either malformed or otherwise incorrect. "
                              "The client is assumed to be in error.");
        where.sql += std::string(" AND password_expires_at ") + (sql ? sql : "=") + " ?";
        where.params.push_back(time->us);
    }
}

// ?idp_id= &protocol_id= &unique_id=: users by their names at identity providers.
void add_known_elsewhere(Page& page, Where& where) {
    std::string wanted;
    for (const char* name : {"idp_id", "protocol_id", "unique_id"})
        if (const auto value = page.take(name)) {
            wanted += std::string(wanted.empty() ? "" : " AND ") + name + " = ?";
            where.params.push_back(*value);
        }
    if (!wanted.empty())
        where.sql +=
            " AND id IN (SELECT user_id FROM keystone_federated_identities WHERE " + wanted + ")";
}

Listed<User> list_all(Call& call, Page& page) {
    call.enforce("identity:list_users", list_target(call));
    Where where = not_absent();
    add_expiry_filter(call, where);
    add_known_elsewhere(page, where);
    return list(call.tx, table::users(), list_scope(call), page, where);
}

User need_present(Call& call, const char* rule) {
    User user = need_allowed(call, table::users(), call.path("user_id"), rule);
    if (is_absent(call.tx, user.id)) throw_not_found(table::users(), user.id);
    return user;
}
User show(Call& call) {
    User user = need_present(call, "identity:get_user");
    Json federated = store::federated_objects_of(call.tx, user.id);
    if (federated.size() > 0) user.federated = std::move(federated);
    return user;
}

User read_changed(Call& call, User before) {
    User user = before;
    read_update(call, call.body, user);
    check_options(user.options, "user");
    if (user.domain_id != before.domain_id)
        throw bad_request("ValidationError", "Cannot change Domain ID");
    return user;
}

Reply update(FreeCall& free) {
    const auto current = [](Call& call) {
        return read_changed(call, need_present(call, "identity:update_user"));
    };
    const auto password = free.read([&](Call& call) { return current(call).password; });
    const bool in_directory = update_in_directory(free, current);
    if (in_directory)
        return free.read([&](Call& call) { return reply_with(call, 200, show(call)); });
    const NewPassword secret = prepare_password(free.cloud, password);
    return free.write([&](Call& call) {
        User user = current(call);
        check_default_project(call, user);
        const bool disabled = call.given("enabled") && !user.enabled;
        // Enabling opens an account that locked itself or was not used for too long.
        if (call.given("enabled") && user.enabled) {
            user.failed_logins = 0;
            user.failed_at.reset();
            user.last_active_at = call.now;
        }
        if (secret.hash) set_password(call, user, secret, false);
        if (secret.hash || disabled) store::revoke(call, {.user_id = user.id});
        store::update(call, table::users(), user);
        if (!user.federated.is_null()) store::set_federated_objects(call, user, user.federated);
        return reply_with(call, 200, user);
    });
}

Reply remove(FreeCall& free) {
    const User user =
        free.read([](Call& call) { return need_present(call, "identity:delete_user"); });
    remove_from_directory(free.cloud, user.id);
    return free.write([&](Call& call) {
        store::remove_user(call, need_present(call, "identity:delete_user"));
        return Reply{.status = 204};
    });
}

void revoke_tokens(Call& call) {
    const User user =
        need_allowed(call, table::users(), call.path("user_id"), "identity:revoke_tokens_for_user");
    store::revoke(call, {.user_id = user.id});
}

Listed<GroupOfUser> groups_of(Call& call, const Page& page) {
    const User user =
        need_allowed(call, table::users(), call.path("user_id"), "identity:list_groups_for_user");
    auto groups = list(call.tx, table::groups_of_user(), list_scope(call), page,
                       store::of_user(user.id, call.now));
    const auto ends = store::expiring_memberships_of(call.tx, user.id, call.now);
    for (auto& group : groups.items)
        if (const auto end = ends.find(group.id); end != ends.end())
            group.membership_expires_at = end->second;
    return groups;
}

} // namespace

Resource user_routes() {
    return Resource()
        .on("POST /v3/users", enforced_by_handler, create, created)
        .on("GET /v3/users", enforced_by_handler, list_all, {.prepare = refresh_listed_users})
        .on("GET /v3/users/{user_id}", enforced_by_handler, show, {.prepare = refresh_named})
        .on("PATCH /v3/users/{user_id}", enforced_by_handler, update)
        .on("DELETE /v3/users/{user_id}", enforced_by_handler, remove, no_content)
        .on("DELETE /v3/users/{user_id}/tokens", enforced_by_handler, revoke_tokens)
        .on("GET /v3/users/{user_id}/groups", enforced_by_handler, groups_of,
            {.prepare = refresh_named});
}

} // namespace nephele::keystone
