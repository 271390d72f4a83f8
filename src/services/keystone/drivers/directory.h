// SPDX-License-Identifier: Apache-2.0
// Where the users and groups of a domain are kept when it is not our own database. Ids here are the
// directory's own ("local"). Calls block and may throw EngineFailure: never inside a transaction.
#pragma once
#include "base/secret.h"
#include "platform/json/json.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nephele::keystone {

struct DirectoryUser {
    std::string id, name;
    std::optional<std::string> description, email, default_project_id;
    bool enabled = true;
    Json extra = Json::object(); ///< attributes mapped by the configuration
};

struct DirectoryGroup {
    std::string id, name;
    std::string description;
    Json extra = Json::object();
};

/// Which entries: all that fit every part given.
struct DirectoryQuery {
    std::optional<std::string> id, name, name_contains, name_prefix;
};

/// What a write may touch; the configuration says which are allowed.
struct DirectoryWrites {
    bool user_create = false, user_update = false, user_delete = false;
    bool group_create = false, group_update = false, group_delete = false;
};

class Directory {
  public:
    virtual ~Directory() = default;
    virtual std::vector<DirectoryUser> users(const DirectoryQuery& query) = 0;
    virtual std::vector<DirectoryGroup> groups(const DirectoryQuery& query) = 0;
    /// Ids of the users in a group, also by way of groups within it when so configured.
    virtual std::vector<std::string> members(const std::string& group_id) = 0;
    virtual std::vector<DirectoryGroup> groups_of(const std::string& user_id) = 0;
    /// False for a wrong password, and for a user that is not there.
    virtual bool authenticate(const std::string& user_id, const Secret<std::string>& password) = 0;

    // Each ensures an end state. Throws Failure(forbidden) when the directory may not be written.
    virtual const DirectoryWrites& writes() const = 0;
    virtual void put_user(const DirectoryUser& user,
                          const std::optional<Secret<std::string>>& password) = 0;
    virtual void remove_user(const std::string& id) = 0;
    virtual void put_group(const DirectoryGroup& group) = 0;
    virtual void remove_group(const std::string& id) = 0;
    virtual void set_member(const std::string& group_id, const std::string& user_id, bool in) = 0;
};

/// By the options of the domain's configuration, group "ldap".
std::shared_ptr<Directory> make_ldap_directory(const Json& options);

} // namespace nephele::keystone
