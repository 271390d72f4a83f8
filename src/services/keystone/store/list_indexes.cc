// SPDX-License-Identifier: Apache-2.0
// Indexes for lists in their natural order, whole and of one domain, and for looking up by name in
// every domain: a page of a hundred thousand users reads no more rows than it shows.
#include "services/keystone/store/migrations.h"

namespace nephele::keystone {

void add_list_indexes(std::vector<db::Migration>& migrations) {
    migrations.push_back(
        {.name = "keystone.040_list_indexes",
         .statements = {
             "CREATE INDEX keystone_users_listed ON keystone_users (created_at, id)",
             "CREATE INDEX keystone_users_of_domain ON keystone_users (domain_id, created_at, id)",
             "CREATE INDEX keystone_users_named ON keystone_users (name)",
             "CREATE INDEX keystone_users_expiring ON keystone_users (password_expires_at)",
             "CREATE INDEX keystone_projects_of_domain ON keystone_projects (domain_id, id)",
             "CREATE INDEX keystone_projects_named ON keystone_projects (name)",
             "CREATE INDEX keystone_groups_of_domain ON keystone_groups (domain_id, id)",
             "CREATE INDEX keystone_groups_named ON keystone_groups (name)",
         }});
}

} // namespace nephele::keystone
