// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/drivers/fake_directory.h"

#include "platform/fault/fault.h"

namespace nephele::keystone {
namespace {

template <class T> bool fits(const T& one, const DirectoryQuery& query) {
    return (!query.id || one.id == *query.id) && (!query.name || one.name == *query.name) &&
           (!query.name_contains || one.name.find(*query.name_contains) != std::string::npos) &&
           (!query.name_prefix || one.name.starts_with(*query.name_prefix));
}

template <class T>
std::vector<T> chosen(const std::map<std::string, T>& all, const DirectoryQuery& query) {
    std::vector<T> found;
    for (const auto& [id, one] : all)
        if (fits(one, query)) found.push_back(one);
    return found;
}

void allow(bool allowed) {
    if (!allowed) throw forbidden("Forbidden", "LDAP does not support write operations");
}

} // namespace

void FakeDirectory::enter() {
    if (failures_ <= 0) return;
    --failures_;
    throw EngineFailure(EngineFailure::Kind::transient, "the directory is away");
}

std::vector<DirectoryUser> FakeDirectory::users(const DirectoryQuery& query) {
    std::lock_guard lock(mutex_);
    enter();
    return chosen(users_, query);
}

std::vector<DirectoryGroup> FakeDirectory::groups(const DirectoryQuery& query) {
    std::lock_guard lock(mutex_);
    enter();
    return chosen(groups_, query);
}

std::vector<std::string> FakeDirectory::members(const std::string& group_id) {
    std::lock_guard lock(mutex_);
    enter();
    const auto found = members_.find(group_id);
    if (found == members_.end()) return {};
    return {found->second.begin(), found->second.end()};
}

std::vector<DirectoryGroup> FakeDirectory::groups_of(const std::string& user_id) {
    std::lock_guard lock(mutex_);
    enter();
    std::vector<DirectoryGroup> found;
    for (const auto& [id, members] : members_)
        if (members.count(user_id)) found.push_back(groups_.at(id));
    return found;
}

bool FakeDirectory::authenticate(const std::string& user_id, const Secret<std::string>& password) {
    std::lock_guard lock(mutex_);
    enter();
    const auto found = passwords_.find(user_id);
    return found != passwords_.end() && !password.reveal().empty() &&
           found->second == password.reveal();
}

void FakeDirectory::put_user(const DirectoryUser& user,
                             const std::optional<Secret<std::string>>& password) {
    std::lock_guard lock(mutex_);
    allow(users_.count(user.id) ? writes_.user_update : writes_.user_create);
    enter();
    users_[user.id] = user;
    if (password) passwords_[user.id] = password->reveal();
}

void FakeDirectory::remove_user(const std::string& id) {
    std::lock_guard lock(mutex_);
    allow(writes_.user_delete);
    enter();
    users_.erase(id);
    passwords_.erase(id);
    for (auto& [group, members] : members_) members.erase(id);
}

void FakeDirectory::put_group(const DirectoryGroup& group) {
    std::lock_guard lock(mutex_);
    allow(groups_.count(group.id) ? writes_.group_update : writes_.group_create);
    enter();
    groups_[group.id] = group;
}

void FakeDirectory::remove_group(const std::string& id) {
    std::lock_guard lock(mutex_);
    allow(writes_.group_delete);
    enter();
    groups_.erase(id);
    members_.erase(id);
}

void FakeDirectory::set_member(const std::string& group_id, const std::string& user_id, bool in) {
    std::lock_guard lock(mutex_);
    allow(writes_.group_update);
    enter();
    if (in)
        members_[group_id].insert(user_id);
    else
        members_[group_id].erase(user_id);
}

} // namespace nephele::keystone
