// SPDX-License-Identifier: Apache-2.0
#include "engines/ovsdb/schema.h"

#include <algorithm>

namespace nephele::ovsdb {
namespace {

Value initial_of(const std::string& key_type) {
    if (key_type == "string") return Value("");
    if (key_type == "integer") return Value(0);
    if (key_type == "boolean") return Value(false);
    if (key_type == "real") return Value::set({0.0});
    if (key_type == "uuid") return Value(Uuid{"00000000-0000-0000-0000-000000000000"});
    throw JsonError("ovsdb: no such type: " + key_type);
}

/// `type` is a name, or an object with key, value, min and max; a key is a name or an object.
ColumnType read_type(const Json& type) {
    if (type.is_string()) return {false, true, initial_of(type.as_string())};
    const Json& key = type.at("key");
    const Json* most = type.find("max");
    ColumnType column;
    column.is_map = type.has("value");
    column.is_single = !column.is_map && (!most || (most->is_integer() && most->as_int() <= 1));
    if (column.is_map)
        column.initial = Value::map(StringMap{});
    else if (type.integer("min", 1) > 0)
        column.initial = initial_of(key.is_string() ? key.as_string() : key.text("type"));
    return column;
}

} // namespace

Schema read_schema(const Json& answer) {
    Schema schema;
    for (const auto& [table, description] : answer.at("tables").as_object())
        for (const auto& [column, facts] : description.at("columns").as_object())
            schema[table].emplace(column, read_type(facts.at("type")));
    return schema;
}

Value patched(const Value& before, const Value& difference, const ColumnType& type) {
    if (type.is_single) return difference;
    if (!type.is_map) {
        std::vector<Atom> items;
        std::set_symmetric_difference(before.items().begin(), before.items().end(),
                                      difference.items().begin(), difference.items().end(),
                                      std::back_inserter(items));
        return Value::set(std::move(items));
    }
    std::map<Atom, Atom> entries(before.entries().begin(), before.entries().end());
    for (const auto& [key, value] : difference.entries()) {
        auto [entry, added] = entries.emplace(key, value);
        if (added) continue;
        if (entry->second == value)
            entries.erase(entry);
        else
            entry->second = value;
    }
    return Value::map(std::vector<std::pair<Atom, Atom>>(entries.begin(), entries.end()));
}

} // namespace nephele::ovsdb
