// SPDX-License-Identifier: Apache-2.0
// A directory in memory, for tests; fails on demand.
#pragma once
#include "services/keystone/drivers/directory.h"

#include <map>
#include <mutex>
#include <set>

namespace nephele::keystone {

class FakeDirectory : public Directory {
  public:
    explicit FakeDirectory(DirectoryWrites writes) : writes_(writes) {}
    /// The next calls throw a transient EngineFailure.
    void fail(int calls) { failures_ = calls; }

    std::vector<DirectoryUser> users(const DirectoryQuery& query) override;
    std::vector<DirectoryGroup> groups(const DirectoryQuery& query) override;
    std::vector<std::string> members(const std::string& group_id) override;
    std::vector<DirectoryGroup> groups_of(const std::string& user_id) override;
    bool authenticate(const std::string& user_id, const Secret<std::string>& password) override;
    const DirectoryWrites& writes() const override { return writes_; }
    void put_user(const DirectoryUser& user,
                  const std::optional<Secret<std::string>>& password) override;
    void remove_user(const std::string& id) override;
    void put_group(const DirectoryGroup& group) override;
    void remove_group(const std::string& id) override;
    void set_member(const std::string& group_id, const std::string& user_id, bool in) override;

  private:
    void enter();
    std::mutex mutex_;
    DirectoryWrites writes_;
    int failures_ = 0;
    std::map<std::string, DirectoryUser> users_;
    std::map<std::string, std::string> passwords_;
    std::map<std::string, DirectoryGroup> groups_;
    std::map<std::string, std::set<std::string>> members_;
};

} // namespace nephele::keystone
