// SPDX-License-Identifier: Apache-2.0
#include "engines/ovn/column_change.h"

#include <algorithm>

namespace nephele::ovn {

using ovsdb::Atom;
using ovsdb::Value;

namespace {

template <class T> std::vector<T> without(const std::vector<T>& from, const std::vector<T>& those) {
    std::vector<T> rest;
    std::set_difference(from.begin(), from.end(), those.begin(), those.end(),
                        std::back_inserter(rest));
    return rest;
}

std::vector<Atom> keys(const std::vector<std::pair<Atom, Atom>>& entries) {
    std::vector<Atom> list;
    for (const auto& [key, value] : entries) list.push_back(key);
    return list;
}

} // namespace

void RowChange::column(const std::string& name, const Value& before, const Value& after) {
    if (before == after) return;
    if (!before.entries().empty() || !after.entries().empty()) return entries(name, before, after);
    items(name, before, after);
}

void RowChange::items(const std::string& name, const Value& before, const Value& after) {
    auto gained = without(after.items(), before.items());
    auto lost = without(before.items(), after.items());
    // Only a column with two values is surely a set; a scalar cannot be mutated to nothing.
    const bool is_set = before.items().size() > 1 || after.items().size() > 1;
    if (!is_set || gained.size() + lost.size() >= after.items().size()) {
        updates_[name] = after;
        return;
    }
    if (!gained.empty()) mutations_.push_back({name, "insert", Value::set(std::move(gained))});
    if (!lost.empty()) mutations_.push_back({name, "delete", Value::set(std::move(lost))});
}

void RowChange::entries(const std::string& name, const Value& before, const Value& after) {
    auto gained = without(after.entries(), before.entries());
    auto lost = without(before.entries(), after.entries());
    if (gained.size() + lost.size() >= after.entries().size()) {
        updates_[name] = after;
        return;
    }
    // Insert does not replace the value of a key that is there: delete comes first.
    if (!lost.empty()) mutations_.push_back({name, "delete", Value::set(keys(lost))});
    if (!gained.empty()) mutations_.push_back({name, "insert", Value::map(std::move(gained))});
}

void RowChange::own_entries(const std::string& name, const Value& before,
                            const ovsdb::StringMap& after, const std::string& prefix) {
    std::vector<std::pair<Atom, Atom>> ours;
    for (const auto& entry : before.entries()) {
        const auto* key = std::get_if<std::string>(&entry.first);
        if (key && key->rfind(prefix, 0) == 0) ours.push_back(entry);
    }
    const Value wanted = Value::map(after);
    auto lost = without(ours, wanted.entries());
    auto gained = without(wanted.entries(), ours);
    if (!lost.empty()) mutations_.push_back({name, "delete", Value::set(keys(lost))});
    if (!gained.empty()) mutations_.push_back({name, "insert", Value::map(std::move(gained))});
}

std::vector<Json> RowChange::operations(const std::string& table, const std::string& uuid) const {
    std::vector<Json> list;
    if (!updates_.empty()) list.push_back(ovsdb::update(table, {ovsdb::row_is(uuid)}, updates_));
    if (!mutations_.empty())
        list.push_back(ovsdb::mutate(table, {ovsdb::row_is(uuid)}, mutations_));
    return list;
}

} // namespace nephele::ovn
