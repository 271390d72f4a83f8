// SPDX-License-Identifier: Apache-2.0
// Domains whose users and groups are in a directory. Their records are mirrored into our tables
// (docs/decisions/0020), so that tokens, assignments and lists treat them as all others; here is
// what keeps the mirror true. Nothing of it runs inside a transaction.
#pragma once
#include "platform/context/context.h"
#include "services/keystone/drivers/directory.h"
#include "services/keystone/model/id_mapping.h"
#include "services/keystone/model/user.h"
#include "services/keystone/store/changes.h"

#include <map>
#include <mutex>

namespace nephele::keystone {

class Directories {
  public:
    explicit Directories(Cloud& cloud);
    /// Null: the domain's users are in our own database.
    std::shared_ptr<Directory> of(const std::string& domain_id);
    bool enabled() const { return enabled_; }
    /// A directory whatever the configuration says; for tests.
    void use(const std::string& domain_id, std::shared_ptr<Directory> directory);
    /// True once in keystone.directory_fresh_seconds for the same text.
    bool is_due(const std::string& what);

  private:
    struct Known {
        std::uint64_t epoch = 0;
        std::string options; ///< as text, to see whether they changed
        std::shared_ptr<Directory> directory;
    };
    Json options_of(const std::string& domain_id);

    Cloud& cloud_;
    bool enabled_;
    std::int64_t fresh_ms_;
    std::mutex mutex_;
    std::map<std::string, Known> known_;
    std::map<std::string, std::shared_ptr<Directory>> fixed_;
    std::map<std::string, Time> asked_;
};

// Each asks the directory and writes what is different.
void refresh_users(Cloud& cloud, const std::string& domain_id, const DirectoryQuery& query);
void refresh_groups(Cloud& cloud, const std::string& domain_id, const DirectoryQuery& query);
/// By our ids; nothing happens for others than those of directories.
void refresh_user(Cloud& cloud, const std::string& user_id);
void refresh_group(Cloud& cloud, const std::string& group_id);
void refresh_members(Cloud& cloud, const std::string& group_id);
void refresh_groups_of(Cloud& cloud, const std::string& user_id);
/// Users, groups and members of every directory.
void refresh_all(Cloud& cloud);

/// What stands behind one of our ids, with its directory; nothing for records of our own.
struct InDirectory {
    std::shared_ptr<Directory> directory;
    IdMapping mapping;
};
std::optional<InDirectory> find_in_directory(Cloud& cloud, const std::string& id);
bool is_absent(db::Tx& tx, const std::string& id);

DirectoryUser directory_user_of(const User& user, const std::string& local_id);
/// The mirrored record after the directory has it.
User mirror_user(Context& context, const std::string& domain_id, const DirectoryUser& user);
Group mirror_group(Context& context, const std::string& domain_id, const DirectoryGroup& group);

/// A login with a password for a user of a directory. Nothing: not of a directory.
struct DirectoryLogin {
    std::optional<User> user; ///< none: refused
};
std::optional<DirectoryLogin> log_in_by_directory(Cloud& cloud, const std::string& user_id,
                                                  const std::string& name,
                                                  const std::string& domain_id,
                                                  const Secret<std::string>& password);

} // namespace nephele::keystone
