// SPDX-License-Identifier: Apache-2.0
#include "platform/policy/target.h"

namespace nephele::policy {
namespace {

// Dotted keys walk nested objects, but a member whose own name has dots wins.
const Json* member_at(const Json& object, std::string_view key) {
    if (const Json* found = object.find(key)) return found;
    for (auto dot = key.find('.'); dot != key.npos; dot = key.find('.', dot + 1)) {
        const Json* outer = object.find(key.substr(0, dot));
        if (!outer || !outer->is_object()) continue;
        if (const Json* found = member_at(*outer, key.substr(dot + 1))) return found;
    }
    return nullptr;
}

std::string_view python_text(const Json& value, std::string& storage) {
    if (value.is_string()) return value.as_string();
    if (value.is_null()) return "None";
    if (value.is_bool()) return value.as_bool() ? "True" : "False";
    storage = value.dump();
    return storage;
}

} // namespace

Target::Target(std::initializer_list<std::pair<std::string_view, std::string_view>> attributes) {
    attributes_.reserve(attributes.size());
    for (const auto& [key, value] : attributes) attributes_.emplace_back(key, value);
}

Target& Target::set(std::string_view key, std::string_view value) {
    for (auto& [name, held] : attributes_)
        if (name == key) {
            held = value;
            return *this;
        }
    attributes_.emplace_back(key, value);
    return *this;
}
Target& Target::set(std::string_view key, bool value) {
    return set(key, std::string_view(value ? "True" : "False"));
}
Target& Target::set_null(std::string_view key) { return set(key, std::string_view("None")); }

std::optional<std::string_view> Target::find_exact(std::string_view key,
                                                   std::string& storage) const {
    for (const auto& [name, value] : attributes_)
        if (name == key) return value;
    if (object_)
        if (const Json* value = member_at(*object_, key)) return python_text(*value, storage);
    return std::nullopt;
}

std::optional<std::string_view> Target::find(std::string_view key, std::string& storage) const {
    if (auto value = find_exact(key, storage)) return value;
    if (key == "tenant_id") return find_exact("project_id", storage);
    if (key == "project_id") return find_exact("tenant_id", storage);
    return std::nullopt;
}

} // namespace nephele::policy
