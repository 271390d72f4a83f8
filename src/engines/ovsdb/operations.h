// SPDX-License-Identifier: Apache-2.0
// Builders for the operations of an OVSDB transaction (RFC 7047, 5.2).
#pragma once
#include "engines/ovsdb/value.h"

#include <initializer_list>

namespace nephele::ovsdb {

using Columns = std::map<std::string, Value, std::less<>>;

/// ["column", "function", value]
struct Condition {
    std::string column;
    std::string function; ///< "==", "!=", "includes", "excludes", "<", ...
    Value value;
};
/// The row with this uuid.
Condition row_is(const std::string& uuid);

/// ["column", "mutator", value]
struct Mutation {
    std::string column;
    std::string mutator; ///< "+=", "-=", "insert", "delete", ...
    Value value;
};

Json insert(const std::string& table, const Columns& row, const std::string& uuid_name = "");
Json update(const std::string& table, const std::vector<Condition>& where, const Columns& row);
Json mutate(const std::string& table, const std::vector<Condition>& where,
            const std::vector<Mutation>& mutations);
Json remove(const std::string& table, const std::vector<Condition>& where);
Json select(const std::string& table, const std::vector<Condition>& where,
            const std::vector<std::string>& columns);
/// The transaction fails ("timed out") unless the rows' columns are these at its start.
Json require(const std::string& table, const std::vector<Condition>& where,
             const std::vector<std::string>& columns, const std::vector<Columns>& rows);
/// The transaction fails unless no row matches.
Json require_none(const std::string& table, const std::vector<Condition>& where);
/// A line in the server's log and `ovsdb-tool show-log`.
Json comment(const std::string& text);

} // namespace nephele::ovsdb
