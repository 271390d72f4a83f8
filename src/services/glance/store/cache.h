// SPDX-License-Identifier: Apache-2.0
// What each node has cached and is to cache. The caches themselves are the truth; these rows tell
// of them, and keep the counts of hits over a restart.
#pragma once
#include "platform/db/db.h"
#include "services/glance/model/cached_copy.h"

#include <string>
#include <vector>

namespace nephele::glance::store {

const std::vector<db::Migration>& cache_migrations();

std::vector<CachedCopy> cached_on(db::Tx& tx, const std::string& node);
/// Makes the node's rows say this.
void set_cached(db::Tx& tx, const std::string& node, const std::vector<CachedCopy>& copies);
std::vector<std::string> nodes_with(db::Tx& tx, const std::string& image_id);

/// Image ids, the first to be cached first; what is cached meanwhile is not among them.
std::vector<std::string> queued_on(db::Tx& tx, const std::string& node);
void queue(db::Tx& tx, const std::string& node, const std::string& image_id, Time now);
void unqueue(db::Tx& tx, const std::string& node, const std::string& image_id);
void clear_queue(db::Tx& tx, const std::string& node);
/// For nephele check.
std::vector<std::string> cache_errors(db::Tx& tx);

} // namespace nephele::glance::store
