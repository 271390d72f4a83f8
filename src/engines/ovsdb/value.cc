// SPDX-License-Identifier: Apache-2.0
// Reading and writing of column values: <atom>, ["set", [...]], ["map", [[k, v], ...]].
#include "engines/ovsdb/value.h"

#include <algorithm>

namespace nephele::ovsdb {
namespace {

/// The second element when `json` is [tag, x].
const Json* tagged(const Json& json, std::string_view tag) {
    if (!json.is_array() || json.size() != 2) return nullptr;
    const auto& pair = json.as_array();
    return pair[0].is_string() && pair[0].as_string() == tag ? &pair[1] : nullptr;
}

Atom atom_from(const Json& json) {
    if (json.is_string()) return json.as_string();
    if (json.is_bool()) return json.as_bool();
    if (json.is_integer()) return json.as_int();
    if (json.is_number()) return json.as_double();
    if (const Json* uuid = tagged(json, "uuid")) return Uuid{uuid->as_string()};
    if (const Json* name = tagged(json, "named-uuid")) return NamedUuid{name->as_string()};
    throw JsonError(std::string("ovsdb: no atom: ") + json.dump());
}

struct AtomWriter {
    Json operator()(const Uuid& v) const { return Json::array({"uuid", v.text}); }
    Json operator()(const NamedUuid& v) const { return Json::array({"named-uuid", v.name}); }
    template <class T> Json operator()(const T& v) const { return Json(v); }
};

const Value empty_value;

template <class T> const T* only(const Value& value) {
    return value.items().size() == 1 ? std::get_if<T>(&value.items()[0]) : nullptr;
}

} // namespace

Json atom_json(const Atom& atom) { return std::visit(AtomWriter{}, atom); }

Value Value::set(std::vector<Atom> items) {
    Value value;
    value.items_ = std::move(items);
    std::sort(value.items_.begin(), value.items_.end());
    value.items_.erase(std::unique(value.items_.begin(), value.items_.end()), value.items_.end());
    return value;
}

Value Value::strings(const std::vector<std::string>& items) {
    return set(std::vector<Atom>(items.begin(), items.end()));
}

Value Value::uuids(const std::vector<std::string>& items) {
    std::vector<Atom> atoms;
    atoms.reserve(items.size());
    for (const auto& item : items) atoms.emplace_back(Uuid{item});
    return set(std::move(atoms));
}

Value Value::map(std::vector<std::pair<Atom, Atom>> entries) {
    Value value;
    value.is_map_ = true;
    value.entries_ = std::move(entries);
    std::sort(value.entries_.begin(), value.entries_.end());
    return value;
}

Value Value::map(const StringMap& entries) {
    return map(std::vector<std::pair<Atom, Atom>>(entries.begin(), entries.end()));
}

Value Value::map(const std::map<std::string, std::int64_t>& entries) {
    return map(std::vector<std::pair<Atom, Atom>>(entries.begin(), entries.end()));
}

bool Value::contains(const Atom& item) const {
    return std::binary_search(items_.begin(), items_.end(), item);
}

Json Value::to_json() const {
    Json list = Json::array();
    if (is_map_) {
        for (const auto& [key, entry] : entries_)
            list.push_back(Json::array({atom_json(key), atom_json(entry)}));
        return Json::array({"map", std::move(list)});
    }
    if (items_.size() == 1) return atom_json(items_[0]);
    for (const auto& item : items_) list.push_back(atom_json(item));
    return Json::array({"set", std::move(list)});
}

Value Value::from_json(const Json& json) {
    Value value;
    if (const Json* list = tagged(json, "set")) {
        std::vector<Atom> items;
        items.reserve(list->size());
        for (const auto& item : list->as_array()) items.push_back(atom_from(item));
        return set(std::move(items));
    }
    if (const Json* list = tagged(json, "map")) {
        std::vector<std::pair<Atom, Atom>> entries;
        entries.reserve(list->size());
        for (const auto& pair : list->as_array()) {
            const auto& both = pair.as_array();
            if (both.size() != 2) throw JsonError("ovsdb: map entry is no pair: " + pair.dump());
            entries.emplace_back(atom_from(both[0]), atom_from(both[1]));
        }
        return map(std::move(entries));
    }
    value.items_.push_back(atom_from(json));
    return value;
}

const Value& Row::value(std::string_view column) const {
    auto found = columns.find(column);
    return found == columns.end() ? empty_value : found->second;
}

std::string Row::text(std::string_view column) const {
    const auto* text = only<std::string>(value(column));
    return text ? *text : std::string();
}

std::int64_t Row::integer(std::string_view column) const {
    const auto* number = only<std::int64_t>(value(column));
    return number ? *number : 0;
}

std::optional<bool> Row::boolean(std::string_view column) const {
    const auto* flag = only<bool>(value(column));
    return flag ? std::optional<bool>(*flag) : std::nullopt;
}

std::vector<std::string> Row::strings(std::string_view column) const {
    std::vector<std::string> list;
    for (const auto& item : value(column).items())
        if (const auto* text = std::get_if<std::string>(&item)) list.push_back(*text);
    return list;
}

std::vector<std::string> Row::uuids(std::string_view column) const {
    std::vector<std::string> list;
    for (const auto& item : value(column).items())
        if (const auto* uuid = std::get_if<Uuid>(&item)) list.push_back(uuid->text);
    return list;
}

StringMap Row::map(std::string_view column) const {
    StringMap map;
    for (const auto& [key, entry] : value(column).entries()) {
        const auto* name = std::get_if<std::string>(&key);
        const auto* text = std::get_if<std::string>(&entry);
        if (name && text) map[*name] = *text;
    }
    return map;
}

std::optional<std::string> Row::entry(std::string_view column, std::string_view key) const {
    for (const auto& [name, entry] : value(column).entries()) {
        const auto* name_text = std::get_if<std::string>(&name);
        const auto* text = std::get_if<std::string>(&entry);
        if (name_text && text && *name_text == key) return *text;
    }
    return std::nullopt;
}

bool Row::holds(std::string_view column, const std::string& uuid) const {
    return value(column).contains(Uuid{uuid});
}

} // namespace nephele::ovsdb
