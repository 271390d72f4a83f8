// SPDX-License-Identifier: Apache-2.0
// Glance's part of the schema. Appended to, never edited once landed.
#include "services/glance/store/images.h"
#include "services/glance/store/locations.h"

namespace nephele::glance::store {

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> first{
        {"glance.001_images",
         {"CREATE TABLE glance_images (id TEXT PRIMARY KEY, name TEXT, visibility TEXT NOT NULL, "
          "protected BIGINT NOT NULL, os_hidden BIGINT NOT NULL, owner TEXT, container_format "
          "TEXT, disk_format TEXT, min_disk BIGINT NOT NULL, min_ram BIGINT NOT NULL, tags TEXT "
          "NOT NULL, properties TEXT NOT NULL, status TEXT NOT NULL, size BIGINT, virtual_size "
          "BIGINT, checksum TEXT, os_hash_algo TEXT, os_hash_value TEXT, created_at BIGINT NOT "
          "NULL, updated_at BIGINT NOT NULL, location TEXT, inspected_format TEXT, upload_node "
          "TEXT)",
          "CREATE INDEX glance_images_created ON glance_images (created_at, id)",
          "CREATE INDEX glance_images_owner ON glance_images (owner, created_at)",
          "CREATE INDEX glance_images_visibility ON glance_images (visibility, created_at)",
          "CREATE INDEX glance_images_name ON glance_images (name)",
          "CREATE INDEX glance_images_status ON glance_images (status, upload_node)"}},
        {"glance.002_members",
         {"CREATE TABLE glance_image_members (key TEXT PRIMARY KEY, image_id TEXT NOT NULL, "
          "member_id TEXT NOT NULL, status TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at "
          "BIGINT NOT NULL)",
          "CREATE INDEX glance_image_members_image ON glance_image_members (image_id)",
          "CREATE INDEX glance_image_members_member ON glance_image_members (member_id, status)"}},
        {"glance.003_search",
         {"CREATE TABLE glance_image_tags (image_id TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY "
          "(image_id, tag))",
          "CREATE INDEX glance_image_tags_tag ON glance_image_tags (tag)",
          "CREATE TABLE glance_image_properties (image_id TEXT NOT NULL, name TEXT NOT NULL, value "
          "TEXT NOT NULL, PRIMARY KEY (image_id, name))",
          "CREATE INDEX glance_image_properties_value ON glance_image_properties (name, value)"}},
    };
    static const auto all = [] {
        std::vector<db::Migration> out = first;
        for (auto* more : {&location_migrations()})
            out.insert(out.end(), more->begin(), more->end());
        return out;
    }();
    return all;
}

} // namespace nephele::glance::store
