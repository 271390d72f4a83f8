// SPDX-License-Identifier: Apache-2.0
// How identity records are changed: each change is journaled, turns a duplicate into upstream's
// conflict and, once committed, makes every cached token be looked at again.
#pragma once
#include "platform/shape/table.h"

#include <atomic>

namespace nephele::keystone::store {
using namespace shape;

/// Counted up by every committed identity change on this node.
struct Epoch {
    std::atomic<std::uint64_t> value{1};
};

void note_change(Context& context);
[[noreturn]] void throw_conflict(const TableBase& table, const std::string& name,
                                 const db::ConstraintError& error);

template <class T> std::string name_for_conflict(const T& record) {
    if constexpr (requires { record.name; }) {
        if constexpr (std::is_same_v<decltype(record.name), std::string>) return record.name;
    }
    return record.id;
}

template <class T> void insert(Context& context, const Table<T>& table, const T& record) {
    note_change(context);
    try {
        shape::insert(context, table, record);
    } catch (const db::ConstraintError& error) {
        throw_conflict(table, name_for_conflict(record), error);
    }
}
template <class T> void update(Context& context, const Table<T>& table, T& record) {
    note_change(context);
    try {
        shape::update(context, table, record);
    } catch (const db::ConstraintError& error) {
        throw_conflict(table, name_for_conflict(record), error);
    }
}
template <class T> void erase(Context& context, const Table<T>& table, const T& record) {
    note_change(context);
    shape::erase(context, table, record);
}
template <class T> void erase_all(Context& context, const Table<T>& table, const Where& where) {
    for (const T& record : select(context.tx, table, Scope::all(), where))
        store::erase(context, table, record);
}

} // namespace nephele::keystone::store
