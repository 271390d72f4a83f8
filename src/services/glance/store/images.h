// SPDX-License-Identifier: Apache-2.0
// Where images are kept. Tags and properties stand in the image's row, for reading, and in tables
// of their own, for searching; the functions here keep both alike.
#pragma once
#include "services/glance/model/image.h"
#include "services/glance/model/search.h"

namespace nephele::glance {

const Table<Image>& images();

namespace store {

const std::vector<db::Migration>& migrations();

void insert(Context& context, const Image& image);
/// Also sets updated_at.
void update(Context& context, Image& image);
/// With its members, tags and properties.
void erase(Context& context, const Image& image);

/// A property's value as the table for searching holds it.
std::string search_value(const std::string& value);
/// Indexes that lists are read from.
const std::vector<db::Migration>& list_migrations();

/// `project` is the caller's: its own community images are listed without asking.
Listed<Image> list(db::Tx& tx, const Scope& scope, const std::string& project, const Page& page,
                   const Search& search);

/// Images this node was receiving data for.
std::vector<Image> receiving_on(db::Tx& tx, const std::string& node);
/// Bytes the images of a project hold.
std::int64_t stored_bytes(db::Tx& tx, const std::string& owner);
/// Lines where rows and search tables disagree (for nephele check).
std::vector<std::string> index_errors(db::Tx& tx);

} // namespace store
} // namespace nephele::glance
