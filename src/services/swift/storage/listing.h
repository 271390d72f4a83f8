// SPDX-License-Identifier: Apache-2.0
// Listings by seeking: what is behind a delimiter is stepped over, however many names there are.
#pragma once
#include "services/swift/model/records.h"
#include "services/swift/storage/names.h"

namespace nephele::swift {

/// Calls `emit` for each name that `query` asks for, in order, until it said `query.limit` times
/// that the row counts. The value is empty for subdirs.
void list_names(
    NameCursor& cursor, const ListQuery& query,
    const std::function<bool(std::string_view name, bool subdir, std::string_view value)>& emit);

} // namespace nephele::swift
