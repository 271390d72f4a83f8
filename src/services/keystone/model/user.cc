// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/user.h"

#include "services/keystone/model/project.h"

namespace nephele::keystone {

const Shape<User>& User::shape() {
    static const auto made =
        Shape<User>("user", "users")
            .field("id", &User::id, {read_only})
            .field("name", &User::name, {required, min_length(1), max_length(255), not_blank})
            .field("domain_id", &User::domain_id, {min_length(1), max_length(64)})
            .field("default_project_id", &User::default_project_id, {max_length(64)})
            .field("description", &User::description, {omit_null})
            .field("email", &User::email, {omit_null, max_length(255)})
            .field("enabled", &User::enabled)
            .field("options", &User::options, {not_filterable})
            .field("password_expires_at", &User::password_expires_at,
                   {read_only, not_filterable, time_format(6, "")})
            .field("password", &User::password, {secret, not_stored, max_length(4096)})
            .field("password_hash", &User::password_hash, {secret, read_only})
            .field("password_created_at", &User::password_created_at, {hidden, read_only})
            .field("password_by_user", &User::password_by_user, {hidden, read_only})
            .field("former_passwords", &User::former_passwords, {secret, read_only})
            .field("failed_logins", &User::failed_logins, {hidden, read_only})
            .field("failed_at", &User::failed_at, {hidden, read_only})
            .field("created_at", &User::created_at, {hidden, read_only})
            .field("last_active_at", &User::last_active_at, {hidden, read_only})
            .field("shadow", &User::shadow, {hidden, read_only})
            .field("federated", &User::federated, {omit_null, not_stored, not_filterable})
            .computed("links", [](const User& u,
                                  const View& view) { return self_link(view, "/v3/users/", u.id); })
            .extras("extra", &User::extra, {read_only});
    return made;
}

const Shape<Group>& Group::shape() {
    static const auto made =
        Shape<Group>("group", "groups")
            .field("id", &Group::id, {read_only})
            .field("name", &Group::name, {required, min_length(1), max_length(64), not_blank})
            .field("domain_id", &Group::domain_id, {min_length(1), max_length(64)})
            .field("description", &Group::description, {nullable})
            .computed("links",
                      [](const Group& g, const View& view) {
                          return self_link(view, "/v3/groups/", g.id);
                      })
            .extras("extra", &Group::extra, {read_only});
    return made;
}

const Shape<Membership>& Membership::shape() {
    static const auto made = Shape<Membership>()
                                 .field("id", &Membership::id)
                                 .field("group_id", &Membership::group_id)
                                 .field("user_id", &Membership::user_id);
    return made;
}

const Table<User>& table::users() {
    static const Table<User> made({.name = "keystone_users",
                                   .service = "keystone",
                                   .kind = "user",
                                   .domain_column = "domain_id",
                                   .user_column = "id",
                                   .not_found_code = "UserNotFound",
                                   .not_found_message = "Could not find user: {}."});
    return made;
}

const Table<Group>& table::groups() {
    static const Table<Group> made({.name = "keystone_groups",
                                    .service = "keystone",
                                    .kind = "group",
                                    .domain_column = "domain_id",
                                    .not_found_code = "GroupNotFound",
                                    .not_found_message = "Could not find group: {}."});
    return made;
}

const Table<Membership>& table::memberships() {
    static const Table<Membership> made({.name = "keystone_memberships",
                                         .service = "keystone",
                                         .kind = "membership",
                                         .user_column = "user_id",
                                         .not_found_code = "NotFound",
                                         .not_found_message = "Could not find membership: {}."});
    return made;
}

} // namespace nephele::keystone
