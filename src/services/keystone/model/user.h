// SPDX-License-Identifier: Apache-2.0
// Users, groups and who is in which.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

struct User {
    std::string id, name, domain_id;
    std::optional<std::string> default_project_id;
    std::optional<std::string> description, email;
    bool enabled = true;
    Json options = Json::object();
    std::optional<Time> password_expires_at;
    Json extra;

    std::optional<std::string> password; ///< only in bodies: never stored or shown
    std::string password_hash;           ///< empty: cannot log in with a password
    std::optional<Time> password_created_at;
    bool password_by_user = false; ///< the last change was made by the user
    /// Hashes of former passwords, newest first.
    std::vector<std::string> former_passwords;
    int failed_logins = 0;
    std::optional<Time> failed_at;
    Time created_at;
    std::optional<Time> last_active_at; ///< kept only while inactive accounts are disabled
    /// Known only by an identity provider elsewhere: has no password, and others may have its name.
    bool shadow = false;
    Json federated; ///< its names elsewhere; filled where one user is shown

    /// A resource option, false unless set to true.
    bool option(std::string_view name) const { return options.boolean(name); }
    static const Shape<User>& shape();
};

struct Group {
    std::string id, name, domain_id;
    std::string description;
    Json extra;
    static const Shape<Group>& shape();
};

struct Membership {
    std::string id; ///< "group/user"
    std::string group_id, user_id;
    static std::string id_of(const std::string& group, const std::string& user) {
        return group + "/" + user;
    }
    static const Shape<Membership>& shape();
};

namespace table {
const Table<User>& users();
const Table<Group>& groups();
const Table<Membership>& memberships();
} // namespace table

} // namespace nephele::keystone
