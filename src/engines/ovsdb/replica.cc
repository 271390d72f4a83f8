// SPDX-License-Identifier: Apache-2.0
#include "engines/ovsdb/replica.h"

#include <algorithm>

namespace nephele::ovsdb {
namespace {

const Table no_rows;

/// The values under which an index knows a row, sorted.
std::vector<std::string> keys_of(const Row* row, const std::string& column,
                                 const std::string& key) {
    if (!row) return {};
    if (key.empty()) return row->uuids(column);
    auto value = row->entry(column, key);
    return value ? std::vector<std::string>{*value} : std::vector<std::string>{};
}

const ColumnType& type_of(const TableSchema& schema, const std::string& column) {
    auto found = schema.find(column);
    if (found == schema.end()) throw JsonError("ovsdb: update of an unknown column: " + column);
    return found->second;
}

/// A complete image; columns that contain the default are not sent.
RowPointer new_row(const Json& columns, const TableSchema& schema) {
    auto row = std::make_shared<Row>();
    for (const auto& [name, type] : schema) row->columns.emplace(name, type.initial);
    for (const auto& [name, value] : columns.as_object()) {
        type_of(schema, name);
        row->columns[name] = Value::from_json(value);
    }
    return row;
}

RowPointer modified_row(const Row& before, const Json& differences, const TableSchema& schema) {
    auto row = std::make_shared<Row>(before);
    for (const auto& [name, value] : differences.as_object()) {
        Value& column = row->columns[name];
        column = patched(column, Value::from_json(value), type_of(schema, name));
    }
    return row;
}

RowPointer read_update(const Replica& replica, const std::string& table, const std::string& uuid,
                       const Json& update, const TableSchema& schema) {
    if (const Json* image = update.find("initial")) return new_row(*image, schema);
    if (const Json* image = update.find("insert")) return new_row(*image, schema);
    const Json* differences = update.find("modify");
    if (!differences) return nullptr;
    auto before = replica.row(table, uuid);
    if (!before) throw JsonError("ovsdb: modification of an unknown row in " + table);
    return modified_row(*before, *differences, schema);
}

void change(Replica& replica, std::vector<Change>& changes, const std::string& table,
            const std::string& uuid, RowPointer after) {
    RowPointer before = replica.row(table, uuid);
    if (before && after && *before == *after) return;
    if (!before && !after) return;
    replica.put(table, uuid, after);
    changes.push_back({table, uuid, std::move(before), std::move(after)});
}

} // namespace

void Replica::index_entry(const std::string& table, const std::string& column,
                          const std::string& key) {
    indexes_[table].push_back({column, key, {}});
}

void Replica::index_references(const std::string& table, const std::string& column) {
    indexes_[table].push_back({column, "", {}});
}

void Replica::update(Index& index, const std::string& uuid, const Row* before, const Row* after) {
    auto had = keys_of(before, index.column, index.key);
    auto has = keys_of(after, index.column, index.key);
    std::vector<std::string> changed;
    std::set_difference(had.begin(), had.end(), has.begin(), has.end(),
                        std::back_inserter(changed));
    for (const auto& key : changed) {
        auto found = index.rows.find(key);
        if (found == index.rows.end()) continue;
        found->second.erase(uuid);
        if (found->second.empty()) index.rows.erase(found);
    }
    changed.clear();
    std::set_difference(has.begin(), has.end(), had.begin(), had.end(),
                        std::back_inserter(changed));
    for (const auto& key : changed) index.rows[key].insert(uuid);
}

void Replica::put(const std::string& table, const std::string& uuid, RowPointer row) {
    auto& rows = tables_[table];
    auto found = rows.find(uuid);
    RowPointer before = found == rows.end() ? nullptr : found->second;
    if (auto indexed = indexes_.find(table); indexed != indexes_.end())
        for (auto& index : indexed->second) update(index, uuid, before.get(), row.get());
    if (row)
        rows[uuid] = std::move(row);
    else
        rows.erase(uuid);
}

void Replica::clear() {
    tables_.clear();
    for (auto& [table, indexes] : indexes_)
        for (auto& index : indexes) index.rows.clear();
}

const Table& Replica::table(std::string_view name) const {
    auto found = tables_.find(name);
    return found == tables_.end() ? no_rows : found->second;
}

RowPointer Replica::row(std::string_view table_name, const std::string& uuid) const {
    const auto& rows = table(table_name);
    auto found = rows.find(uuid);
    return found == rows.end() ? nullptr : found->second;
}

std::pair<std::string, RowPointer> Replica::singleton(std::string_view table_name) const {
    const auto& rows = table(table_name);
    if (rows.size() != 1) return {};
    return {rows.begin()->first, rows.begin()->second};
}

const Replica::Index* Replica::index(const std::string& table, const std::string& column,
                                     const std::string& key) const {
    auto indexed = indexes_.find(table);
    if (indexed == indexes_.end()) return nullptr;
    for (const auto& index : indexed->second)
        if (index.column == column && index.key == key) return &index;
    return nullptr;
}

std::vector<std::string> Replica::find(const std::string& table, const std::string& column,
                                       const std::string& key, const std::string& value) const {
    const Index* by = index(table, column, key);
    if (!by) return {};
    auto found = by->rows.find(value);
    if (found == by->rows.end()) return {};
    return {found->second.begin(), found->second.end()};
}

std::vector<std::string> Replica::holders(const std::string& table, const std::string& column,
                                          const std::string& uuid) const {
    return find(table, column, "", uuid);
}

std::vector<Change> apply_updates(Replica& replica, const Json& updates, const Schema& watched) {
    std::vector<Change> changes;
    for (const auto& [table, rows] : updates.as_object()) {
        auto schema = watched.find(table);
        if (schema == watched.end()) throw JsonError("ovsdb: update of an unknown table: " + table);
        for (const auto& [uuid, update] : rows.as_object())
            change(replica, changes, table, uuid,
                   read_update(replica, table, uuid, update, schema->second));
    }
    return changes;
}

std::vector<Change> replace_all(Replica& replica, const Json& updates, const Schema& watched) {
    std::vector<std::pair<std::string, std::string>> gone;
    for (const auto& [table, rows] : replica.tables()) {
        std::set<std::string_view> named;
        if (const Json* update = updates.find(table))
            for (const auto& [uuid, row] : update->as_object()) named.insert(uuid);
        for (const auto& [uuid, row] : rows)
            if (!named.count(uuid)) gone.emplace_back(table, uuid);
    }
    std::vector<Change> changes;
    for (const auto& [table, uuid] : gone) change(replica, changes, table, uuid, nullptr);
    auto rest = apply_updates(replica, updates, watched);
    changes.insert(changes.end(), std::make_move_iterator(rest.begin()),
                   std::make_move_iterator(rest.end()));
    return changes;
}

} // namespace nephele::ovsdb
