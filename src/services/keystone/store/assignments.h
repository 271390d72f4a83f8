// SPDX-License-Identifier: Apache-2.0
// Who has which role where.
#pragma once
#include "services/keystone/model/project.h"
#include "services/keystone/model/role.h"

namespace nephele::keystone::store {

/// Roles a user has by assignments: own ones and those of the groups, on the project, domain or
/// system itself and inherited from above it. Without implied ones.
std::vector<std::string> assigned_role_ids(db::Tx& tx, const std::string& user_id,
                                           const std::vector<std::string>& group_ids, Place place,
                                           const std::string& place_id);

std::vector<Implication> implications(db::Tx& tx);
std::vector<Role> roles(db::Tx& tx);
std::optional<Role> find_role_named(db::Tx& tx, const std::string& name,
                                    const std::string& domain_id = "");
/// With its assignments and implications.
void remove_role(Context& context, const Role& role);

/// Makes it so; nothing happens when it is there already.
void ensure_assignment(Context& context, const Assignment& assignment);
void ensure_implication(Context& context, const std::string& prior, const std::string& implied);

/// Projects (domains) on which the user has any role, by whatever way.
std::vector<Project> projects_of_user(db::Tx& tx, const std::string& user_id,
                                      const std::vector<std::string>& group_ids);
std::vector<Domain> domains_of_user(db::Tx& tx, const std::string& user_id,
                                    const std::vector<std::string>& group_ids);

} // namespace nephele::keystone::store
