// SPDX-License-Identifier: Apache-2.0
// What the client must know of a server's schema: which columns there are, what a new row's columns
// contain, and how a difference between two values is to be read.
#pragma once
#include "engines/ovsdb/value.h"

namespace nephele::ovsdb {

struct ColumnType {
    bool is_map = false;
    bool is_single = true; ///< at most one value: a difference is the new value
    Value initial;         ///< what the column contains when nobody has set it
};
using TableSchema = std::map<std::string, ColumnType, std::less<>>;
using Schema = std::map<std::string, TableSchema, std::less<>>;

/// Reads the answer to "get_schema". Throws JsonError.
Schema read_schema(const Json& answer);

/// The value after a difference as "update2" writes them: symmetric for sets, by key for maps.
Value patched(const Value& before, const Value& difference, const ColumnType& type);

} // namespace nephele::ovsdb
