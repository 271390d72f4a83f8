// SPDX-License-Identifier: Apache-2.0
#include "services/glance/store/cache.h"

#include "base/strings.h"

#include <map>

namespace nephele::glance::store {

const std::vector<db::Migration>& cache_migrations() {
    static const std::vector<db::Migration> all{
        {"glance.030_cache",
         {"CREATE TABLE glance_cached_images (node TEXT NOT NULL, name TEXT NOT NULL, image_id "
          "TEXT NOT NULL, size BIGINT NOT NULL, hits BIGINT NOT NULL, last_accessed BIGINT NOT "
          "NULL, last_modified BIGINT NOT NULL, PRIMARY KEY (node, name))",
          "CREATE INDEX glance_cached_images_image ON glance_cached_images (image_id)",
          "CREATE TABLE glance_cache_queue (node TEXT NOT NULL, image_id TEXT NOT NULL, queued_at "
          "BIGINT NOT NULL, PRIMARY KEY (node, image_id))"}}};
    return all;
}

std::vector<CachedCopy> cached_on(db::Tx& tx, const std::string& node) {
    std::vector<CachedCopy> out;
    tx.each("SELECT name, image_id, size, hits, last_accessed, last_modified FROM "
            "glance_cached_images WHERE node = ? ORDER BY name",
            {node}, [&](const db::Row& row) {
                out.push_back({.image_id = row.str(1),
                               .name = row.str(0),
                               .size = static_cast<std::uint64_t>(row.integer(2)),
                               .hits = row.integer(3),
                               .last_accessed = Time{row.integer(4)},
                               .last_modified = Time{row.integer(5)}});
            });
    return out;
}

void set_cached(db::Tx& tx, const std::string& node, const std::vector<CachedCopy>& copies) {
    std::map<std::string, CachedCopy> known;
    for (auto& row : cached_on(tx, node)) known[row.name] = row;
    for (auto& copy : copies) {
        auto row = known.find(copy.name);
        bool same = row != known.end() && row->second.hits == copy.hits &&
                    row->second.last_accessed == copy.last_accessed;
        if (row != known.end()) known.erase(row);
        tx.exec("DELETE FROM glance_cache_queue WHERE node = ? AND image_id = ?",
                {node, copy.image_id});
        if (same) continue;
        tx.exec("INSERT INTO glance_cached_images (node, name, image_id, size, hits, "
                "last_accessed, last_modified) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (node, "
                "name) DO UPDATE SET hits = excluded.hits, last_accessed = "
                "excluded.last_accessed",
                {node, copy.name, copy.image_id, static_cast<std::int64_t>(copy.size), copy.hits,
                 copy.last_accessed.us, copy.last_modified.us});
    }
    for (auto& [name, copy] : known)
        tx.exec("DELETE FROM glance_cached_images WHERE node = ? AND name = ?", {node, name});
}

std::vector<std::string> nodes_with(db::Tx& tx, const std::string& image_id) {
    std::vector<std::string> out;
    tx.each("SELECT DISTINCT node FROM glance_cached_images WHERE image_id = ? ORDER BY node",
            {image_id}, [&](const db::Row& row) { out.push_back(row.str(0)); });
    return out;
}

std::vector<std::string> queued_on(db::Tx& tx, const std::string& node) {
    std::vector<std::string> out;
    tx.each("SELECT image_id FROM glance_cache_queue WHERE node = ? ORDER BY queued_at, image_id",
            {node}, [&](const db::Row& row) { out.push_back(row.str(0)); });
    return out;
}

void queue(db::Tx& tx, const std::string& node, const std::string& image_id, Time now) {
    tx.exec("INSERT INTO glance_cache_queue (node, image_id, queued_at) VALUES (?, ?, ?) ON "
            "CONFLICT DO NOTHING",
            {node, image_id, now.us});
}

void unqueue(db::Tx& tx, const std::string& node, const std::string& image_id) {
    tx.exec("DELETE FROM glance_cache_queue WHERE node = ? AND image_id = ?", {node, image_id});
}

void clear_queue(db::Tx& tx, const std::string& node) {
    tx.exec("DELETE FROM glance_cache_queue WHERE node = ?", {node});
}

std::vector<std::string> cache_errors(db::Tx& tx) {
    std::vector<std::string> out;
    tx.each("SELECT node, name, image_id, size FROM glance_cached_images", db::Params{},
            [&](const db::Row& row) {
                if (row.str(1).rfind(row.str(2) + "-", 0) != 0 || row.integer(3) <= 0)
                    out.push_back(format("node {} tells of a cached copy {} of image {} with {} "
                                         "bytes",
                                         row.str(0), row.str(1), row.str(2), row.integer(3)));
            });
    return out;
}

} // namespace nephele::glance::store
