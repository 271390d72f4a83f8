// SPDX-License-Identifier: Apache-2.0
// The part of the schema that says where data lies: copies in several stores, staged data, objects
// that are being written.
#include "services/glance/store/locations.h"

namespace nephele::glance::store {

const std::vector<db::Migration>& location_migrations() {
    static const std::vector<db::Migration> all{
        {"glance.010_locations",
         {"ALTER TABLE glance_images ADD COLUMN locations TEXT NOT NULL DEFAULT '[]'",
          "ALTER TABLE glance_images ADD COLUMN staged TEXT",
          "UPDATE glance_images SET locations = '[{\"url\":\"' || location || "
          "'\",\"store\":\"local\",\"metadata\":{}}]' WHERE status IN ('active', 'deactivated') "
          "AND location IS NOT NULL",
          "CREATE TABLE glance_image_locations (url TEXT NOT NULL, image_id TEXT NOT NULL, store "
          "TEXT NOT NULL, PRIMARY KEY (url, image_id))",
          "CREATE INDEX glance_image_locations_image ON glance_image_locations (image_id)",
          "INSERT INTO glance_image_locations (url, image_id, store) SELECT location, id, 'local' "
          "FROM glance_images WHERE status IN ('active', 'deactivated') AND location IS NOT NULL",
          "CREATE TABLE glance_transfers (url TEXT PRIMARY KEY, image_id TEXT NOT NULL, "
          "operation_id TEXT NOT NULL)",
          "CREATE INDEX glance_transfers_operation ON glance_transfers (operation_id)"}},
        {"glance.011_tasks",
         {"CREATE TABLE glance_tasks (id TEXT PRIMARY KEY, type TEXT NOT NULL, status TEXT NOT "
          "NULL, owner TEXT NOT NULL, input TEXT, result TEXT, message TEXT NOT NULL, image_id "
          "TEXT, request_id TEXT, user_id TEXT, expires_at BIGINT, created_at BIGINT NOT NULL, "
          "updated_at BIGINT NOT NULL)",
          "CREATE INDEX glance_tasks_image ON glance_tasks (image_id)",
          "CREATE INDEX glance_tasks_owner ON glance_tasks (owner, created_at)",
          "CREATE INDEX glance_tasks_expiry ON glance_tasks (expires_at)"}},
    };
    return all;
}

} // namespace nephele::glance::store
