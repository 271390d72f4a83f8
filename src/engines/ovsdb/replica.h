// SPDX-License-Identifier: Apache-2.0
// The local copy of the monitored part of a database, with two kinds of index: rows by an entry of
// a map column (external_ids:our-id), and who holds a reference to a row. Plain data without locks;
// the client guards its own copy, tests and pure functions build theirs by hand.
#pragma once
#include "engines/ovsdb/schema.h"

#include <set>

namespace nephele::ovsdb {

/// What happened to one row. `before` is null for a new row, `after` for a deleted one.
struct Change {
    std::string table;
    std::string uuid;
    RowPointer before;
    RowPointer after;
};

class Replica {
  public:
    /// Keeps rows of `table` findable by the value of `key` in the map column. Call before rows
    /// come.
    void index_entry(const std::string& table, const std::string& column, const std::string& key);
    /// Keeps the holders of references in this column findable.
    void index_references(const std::string& table, const std::string& column);

    /// Stores, replaces or (null) removes a row.
    void put(const std::string& table, const std::string& uuid, RowPointer row);
    /// Forgets rows, keeps the indexes.
    void clear();

    const Table& table(std::string_view name) const;
    RowPointer row(std::string_view table, const std::string& uuid) const;
    /// The only row of a table such as NB_Global; null when there is not exactly one.
    std::pair<std::string, RowPointer> singleton(std::string_view table) const;

    /// Uuids, sorted, of rows whose indexed entry has this value.
    std::vector<std::string> find(const std::string& table, const std::string& column,
                                  const std::string& key, const std::string& value) const;
    /// Uuids, sorted, of rows of `table` whose indexed reference column contains `uuid`.
    std::vector<std::string> holders(const std::string& table, const std::string& column,
                                     const std::string& uuid) const;
    const std::map<std::string, Table, std::less<>>& tables() const { return tables_; }

  private:
    struct Index {
        std::string column;
        std::string key; ///< empty: references
        std::unordered_map<std::string, std::set<std::string>> rows;
    };
    static void update(Index& index, const std::string& uuid, const Row* before, const Row* after);
    const Index* index(const std::string& table, const std::string& column,
                       const std::string& key) const;

    std::map<std::string, Table, std::less<>> tables_;
    std::map<std::string, std::vector<Index>, std::less<>> indexes_;
};

/// Reads a <table-updates2> object ("update2" notification, "monitor_cond" answer) into the replica
/// and returns what changed. `watched` holds the types of the watched columns. A row whose new
/// image equals the old one is no change.
std::vector<Change> apply_updates(Replica& replica, const Json& updates, const Schema& watched);
/// The same for the first answer after a reconnect: rows that it does not name are gone.
std::vector<Change> replace_all(Replica& replica, const Json& updates, const Schema& watched);

} // namespace nephele::ovsdb
