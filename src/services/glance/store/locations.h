// SPDX-License-Identifier: Apache-2.0
// Which objects of the stores somebody names. Objects are listed first and these are read after, so
// that what is not in here is nobody's.
#pragma once
#include "platform/context/context.h"
#include "services/glance/model/image.h"

#include <set>
#include <string>
#include <vector>

namespace nephele::glance::store {

const std::vector<db::Migration>& location_migrations();

/// Every location a row names: data, staged data, objects being written.
std::set<std::string> locations_in_use(db::Tx& tx);
/// Whether any image (but this one) names the location.
bool named_by_another(db::Tx& tx, const std::string& url, const std::string& image_id);

/// An operation is about to write an object; the row stands until it is an image's or gone.
void begin_transfer(db::Tx& tx, const std::string& url, const std::string& image_id,
                    const std::string& operation_id);
void end_transfers(db::Tx& tx, const std::string& operation_id);
/// Transfers whose operation has ended (for nephele check).
std::vector<std::string> transfer_errors(db::Tx& tx);

} // namespace nephele::glance::store
