// SPDX-License-Identifier: Apache-2.0
// The desired rows in the untyped form that the planner compares, and what the planner must know
// about each table: who holds its rows, and whether they live only while they are held.
#pragma once
#include "engines/ovn/model.h"
#include "engines/ovsdb/client.h"

namespace nephele::ovn {

/// A set column of another table that names rows of this one.
struct HolderColumn {
    const char* table;
    const char* column;
    bool strong; ///< rows no longer named by any strong column vanish, when the table is no root
};

struct TableKind {
    const char* name;
    bool root; ///< rows live on their own
    std::vector<HolderColumn> holders;
    std::vector<std::string> columns; ///< watched besides external_ids
    bool unique_name = false;         ///< the schema has an index on "name"
};
/// Tables we write, holders before the held, referred before referring.
const std::vector<TableKind>& table_kinds();
const TableKind& table_kind(const std::string& name);

/// A reference column: rows of `table`.
struct References {
    std::string table;
    std::vector<RowKey> keys;
};

/// The rows that must name this row in a HolderColumn; those of ours that should not, lose it.
struct Held {
    HolderColumn by;
    std::vector<RowKey> holders;
};

struct DesiredRow {
    std::string table;
    Identity self;
    ovsdb::Columns columns;
    std::map<std::string, References> references;
    std::vector<Held> held;
};

/// Sorted as table_kinds() is.
std::vector<DesiredRow> desired_rows(const Desired& desired);

/// What external_ids must contain for a row with this identity.
StringMap identity_entries(const Identity& self);
/// The key of a row of ours, nothing for rows of others.
std::optional<RowKey> key_of(const ovsdb::Row& row);
std::int64_t revision_of(const ovsdb::Row& row);
std::string owner_of(const ovsdb::Row& row);

extern const char* const id_entry;    ///< "nephele:id"
extern const char* const owner_entry; ///< "nephele:owner"
extern const char* const own_prefix;  ///< "nephele:"

/// Declares the indexes that the planner uses.
void prepare_replica(ovsdb::Replica& replica);
/// What a client must watch for the planner and the readers.
std::vector<ovsdb::Watch> watches();

} // namespace nephele::ovn
