// SPDX-License-Identifier: Apache-2.0
// GET /v3/role_assignments: what is assigned, or (effective) what everybody ends up with.
#pragma once
#include "services/keystone/model/project.h"
#include "services/keystone/model/role.h"
#include "services/keystone/model/user.h"

namespace nephele::keystone {

struct AssignmentQuery {
    std::string user_id, group_id, role_id, project_id, domain_id;
    bool system = false, inherited_only = false;
    bool effective = false; ///< groups, inheritance and implied roles resolved to users
    bool include_subtree = false;
};

/// One line of the answer, with how it came about.
struct ShownAssignment {
    std::string role_id;
    std::string user_id, group_id; ///< one of them
    Place place = Place::project;
    std::string place_id;
    bool inherited = false;
    Assignment source;
    std::string membership_group; ///< effective: the user has it through this group
    std::string prior_role;       ///< effective: follows from this role
};

std::vector<ShownAssignment> find_assignments(db::Tx& tx, const AssignmentQuery& query);

} // namespace nephele::keystone
