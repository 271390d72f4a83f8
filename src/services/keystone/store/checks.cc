// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/checks.h"

#include "platform/shape/table.h"

namespace nephele::keystone::store {
using shape::lines_of;

std::vector<std::string> assignments_of_nobody(db::Tx& tx) {
    return lines_of(
        tx,
        "SELECT role_id, actor, actor_id FROM keystone_assignments WHERE NOT EXISTS "
        "(SELECT 1 FROM keystone_users u WHERE u.id = actor_id) AND NOT EXISTS (SELECT 1 "
        "FROM keystone_groups g WHERE g.id = actor_id)",
        "role {} is assigned to {} {}, which does not exist");
}

std::vector<std::string> assignments_to_nothing(db::Tx& tx) {
    return lines_of(tx,
                    "SELECT role_id, place, place_id FROM keystone_assignments WHERE place <> "
                    "'system' AND NOT EXISTS (SELECT 1 FROM keystone_projects p WHERE p.id = "
                    "place_id)",
                    "role {} is assigned on {} {}, which does not exist");
}

std::vector<std::string> projects_without_parent(db::Tx& tx) {
    return lines_of(tx,
                    "SELECT id, COALESCE(parent_id, domain_id) FROM keystone_projects p WHERE "
                    "is_domain = 0 AND NOT EXISTS (SELECT 1 FROM keystone_projects above WHERE "
                    "above.id = COALESCE(p.parent_id, p.domain_id))",
                    "project {} stands under {}, which does not exist");
}

} // namespace nephele::keystone::store
