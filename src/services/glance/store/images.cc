// SPDX-License-Identifier: Apache-2.0
#include "services/glance/store/images.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <set>

namespace nephele::glance {

const Table<Image>& images() {
    static const Table<Image> t(
        {.name = "glance_images",
         .service = "glance",
         .kind = "image",
         .project_column = "owner",
         .also_visible = "glance_images.visibility IN ('public', 'community') OR "
                         "(glance_images.visibility = 'shared' AND EXISTS (SELECT 1 FROM "
                         "glance_image_members m WHERE m.image_id = glance_images.id AND "
                         "m.member_id = ?))",
         .not_found_code = "ImageNotFound",
         .not_found_message = "No image found with ID {}",
         .updated_column = "updated_at"});
    return t;
}

namespace store {
// Long values would not fit into an index entry: those are found by their digest.
std::string search_value(const std::string& value) {
    return value.size() <= 200 ? value : "sha256:" + hex_encode(crypto::sha256(value));
}

namespace {
void index(db::Tx& tx, const Image& image) {
    for (auto& tag : image.tags)
        tx.exec("INSERT INTO glance_image_tags (image_id, tag) VALUES (?, ?)", {image.id, tag});
    for (auto& [name, value] : image.properties.as_object())
        tx.exec("INSERT INTO glance_image_properties (image_id, name, value) VALUES (?, ?, ?)",
                {image.id, name, search_value(value.is_string() ? value.as_string() : "")});
    for (auto& location : image.locations)
        tx.exec("INSERT INTO glance_image_locations (url, image_id, store) VALUES (?, ?, ?)",
                {location.url, image.id, location.store});
}
void unindex(db::Tx& tx, const std::string& id) {
    tx.exec("DELETE FROM glance_image_tags WHERE image_id = ?", {id});
    tx.exec("DELETE FROM glance_image_properties WHERE image_id = ?", {id});
    tx.exec("DELETE FROM glance_image_locations WHERE image_id = ?", {id});
}
} // namespace

void insert(Context& context, const Image& image) {
    shape::insert(context, images(), image);
    index(context.tx, image);
}

void update(Context& context, Image& image) {
    shape::update(context, images(), image);
    unindex(context.tx, image.id);
    index(context.tx, image);
}

void erase(Context& context, const Image& image) {
    unindex(context.tx, image.id);
    context.tx.exec("DELETE FROM glance_image_members WHERE image_id = ?", {image.id});
    shape::erase(context, images(), image);
}

std::vector<Image> receiving_on(db::Tx& tx, const std::string& node) {
    return select(tx, images(), Scope::all(),
                  {"glance_images.status IN ('saving', 'uploading') AND "
                   "glance_images.upload_node = ?",
                   {node}});
}

std::int64_t stored_bytes(db::Tx& tx, const std::string& owner) {
    return tx.count("SELECT COALESCE(SUM(size), 0) FROM glance_images WHERE owner = ?", {owner});
}

std::vector<std::string> index_errors(db::Tx& tx) {
    std::vector<std::string> out;
    std::set<std::string> tags, properties;
    tx.each("SELECT image_id, tag FROM glance_image_tags", db::Params{},
            [&](const db::Row& row) { tags.insert(row.str(0) + " " + row.str(1)); });
    tx.each("SELECT image_id, name, value FROM glance_image_properties", db::Params{},
            [&](const db::Row& row) {
                properties.insert(row.str(0) + " " + row.str(1) + "=" + row.str(2));
            });
    for (auto& image : select(tx, images(), Scope::all())) {
        for (auto& tag : image.tags)
            if (!tags.erase(image.id + " " + tag))
                out.push_back(format("image {}: tag {} cannot be searched", image.id, tag));
        for (auto& [name, value] : image.properties.as_object())
            if (!properties.erase(image.id + " " + name + "=" +
                                  search_value(value.is_string() ? value.as_string() : "")))
                out.push_back(format("image {}: property {} cannot be searched", image.id, name));
    }
    for (auto& left : tags) out.push_back("search table holds a tag no image has: " + left);
    for (auto& left : properties)
        out.push_back("search table holds a property no image has: " + left);
    return out;
}

} // namespace store
} // namespace nephele::glance
