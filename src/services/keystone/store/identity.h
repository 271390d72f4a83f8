// SPDX-License-Identifier: Apache-2.0
// Finding domains, projects, users and groups, and removing them with all that hangs on them.
#pragma once
#include "services/keystone/model/project.h"
#include "services/keystone/model/user.h"

namespace nephele::keystone::store {

/// Only rows that are domains.
std::optional<Domain> find_domain(db::Tx& tx, const std::string& id);
Domain need_domain(db::Tx& tx, const std::string& id);
std::optional<Domain> find_domain_named(db::Tx& tx, const std::string& name);
std::optional<Project> find_project_named(db::Tx& tx, const std::string& name,
                                          const std::string& domain_id);
std::optional<User> find_user_named(db::Tx& tx, const std::string& name,
                                    const std::string& domain_id);

/// From the parent up to the domain; without the project itself.
std::vector<Project> ancestors(db::Tx& tx, const Project& project);
std::vector<Project> children(db::Tx& tx, const std::string& project_id);
/// All below, parents before children.
std::vector<Project> subtree(db::Tx& tx, const std::string& project_id);

std::vector<std::string> group_ids_of(db::Tx& tx, const std::string& user_id);
bool is_member(db::Tx& tx, const std::string& group_id, const std::string& user_id);
std::vector<User> members(db::Tx& tx, const std::string& group_id);
std::vector<Group> groups_of(db::Tx& tx, const std::string& user_id);

// Each removes the record with its memberships and role assignments.
void remove_user(Context& context, const User& user);
void remove_group(Context& context, const Group& group);
void remove_project(Context& context, const Project& project);
/// With its users, groups, roles and projects.
void remove_domain(Context& context, const Domain& domain);

} // namespace nephele::keystone::store
