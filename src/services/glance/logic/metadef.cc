// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/metadef.h"

#include "base/strings.h"
#include "platform/shape/shape.h"

#include <set>

namespace nephele::glance::logic {
namespace {
using shape::invalid_input;

constexpr std::size_t name_length = 80;
const std::vector<std::string> value_types{"array",  "boolean", "integer",
                                           "number", "object",  "string"};

Json typed(const char* type) { return Json::object({{"type", type}}); }
Json referring(const char* to) {
    return Json::object({{"$ref", std::string("#/definitions/") + to}});
}
Json type_schema() {
    Json names(value_types);
    names.push_back(Json());
    return Json::object({{"type", "string"}, {"enum", names}});
}
Json texts_schema() { return Json::object({{"type", "array"}, {"items", typed("string")}}); }

bool is_texts(const Json& value) {
    if (!value.is_array()) return false;
    for (auto& item : value.as_array())
        if (!item.is_string()) return false;
    return true;
}
bool is_count(const Json& value) { return value.is_integer() && value.as_double() >= 0; }
bool is_type(const Json& value) {
    return value.is_string() && std::find(value_types.begin(), value_types.end(),
                                          value.as_string()) != value_types.end();
}
bool is_plain(const Json& value) { return !value.is_object(); }
bool is_name(const Json& value) {
    return value.is_string() && utf8_length(value.as_string()) <= name_length;
}
bool is_items(const Json& value) {
    if (!value.is_object() || !value.has("type")) return false;
    for (auto& [name, inner] : value.as_object())
        if (name == "type" ? !is_type(inner) : name == "enum" ? !inner.is_array() : true)
            return false;
    return true;
}

struct Attribute {
    const char* name;
    bool (*right)(const Json&);
    const char* wanted;
    Json (*schema)();
};
constexpr auto text = [](const Json& v) { return v.is_string(); };
constexpr auto number = [](const Json& v) { return v.is_number(); };
constexpr auto boolean = [](const Json& v) { return v.is_bool(); };
constexpr auto array = [](const Json& v) { return v.is_array(); };

const std::vector<Attribute>& attributes() {
    static const std::vector<Attribute> all{
        {"name", is_name, "a string of at most 80 characters",
         [] {
             return Json::object({{"type", "string"}, {"maxLength", name_length}});
         }},
        {"title", text, "a string", [] { return typed("string"); }},
        {"description", text, "a string", [] { return typed("string"); }},
        {"operators", is_texts, "a list of strings", texts_schema},
        {"type", is_type, "one of array, boolean, integer, number, object, string", type_schema},
        {"required", is_texts, "a list of strings", [] { return referring("stringArray"); }},
        {"minimum", number, "a number", [] { return typed("number"); }},
        {"maximum", number, "a number", [] { return typed("number"); }},
        {"maxLength", is_count, "an integer of 0 or more",
         [] { return referring("positiveInteger"); }},
        {"minLength", is_count, "an integer of 0 or more",
         [] { return referring("positiveIntegerDefault0"); }},
        {"pattern", text, "a string",
         [] {
             return Json::object({{"type", "string"}, {"format", "regex"}});
         }},
        {"enum", array, "a list", [] { return typed("array"); }},
        {"readonly", boolean, "a boolean", [] { return typed("boolean"); }},
        {"default", is_plain, "a plain value", [] { return Json::object(); }},
        {"items", is_items, "an object with a type, perhaps an enum",
         [] {
             return Json::object({{"type", "object"},
                                  {"properties", Json::object({{"type", type_schema()},
                                                               {"enum", typed("array")}})}});
         }},
        {"maxItems", is_count, "an integer of 0 or more",
         [] { return referring("positiveInteger"); }},
        {"minItems", is_count, "an integer of 0 or more",
         [] { return referring("positiveIntegerDefault0"); }},
        {"uniqueItems", boolean, "a boolean",
         [] {
             return Json::object({{"type", "boolean"}, {"default", false}});
         }},
        {"additionalItems", boolean, "a boolean", [] { return typed("boolean"); }},
        {"confidential", boolean, "a boolean", [] { return typed("boolean"); }},
    };
    return all;
}
} // namespace

const Json& definition_attributes() {
    static const Json all = [] {
        Json out = Json::object();
        for (auto& attribute : attributes()) out[attribute.name] = attribute.schema();
        return out;
    }();
    return all;
}

Json schema_definitions() {
    return Json::object(
        {{"positiveInteger", Json::object({{"type", "integer"}, {"minimum", 0}})},
         {"positiveIntegerDefault0",
          Json::object({{"allOf", Json::array({referring("positiveInteger"),
                                               Json::object({{"default", 0}})})}})},
         {"stringArray",
          Json::object({{"type", "array"}, {"items", typed("string")}, {"uniqueItems", true}})},
         {"property", Json::object({{"type", "object"},
                                    {"additionalProperties",
                                     Json::object({{"type", "object"},
                                                   {"required", Json::array({"title", "type"})},
                                                   {"properties", definition_attributes()}})}})}});
}

void check_definition(const Json& definition, const std::string& where, bool alone) {
    std::string at = where.empty() ? "" : where + ".";
    if (!definition.is_object())
        throw invalid_input(where, definition,
                            format("{} is not of type 'object'", definition.kind_name()));
    for (auto& [name, value] : definition.as_object()) {
        auto known = std::find_if(attributes().begin(), attributes().end(),
                                  [&, &key = name](const Attribute& a) { return key == a.name; });
        if (known == attributes().end())
            throw invalid_input((at + name).substr(0, 255), value,
                                "a definition has no such attribute");
        if (!known->right(value))
            throw invalid_input(at + name, value, format("{} is expected", known->wanted));
    }
    for (auto name : alone ? std::vector{"name", "title", "type"} : std::vector{"title", "type"})
        if (!definition.has(name))
            throw invalid_input(where, definition, format("'{}' is a required property", name));
    if (alone && trim(definition.text("name")).empty())
        throw invalid_input(at + "name", definition.get("name"), "it may not be blank");
}

void check_definitions(const Json& definitions, const std::string& where) {
    if (!definitions.is_object())
        throw invalid_input(where, definitions,
                            format("{} is not of type 'object'", definitions.kind_name()));
    for (auto& [name, definition] : definitions.as_object()) {
        if (name.empty() || utf8_length(name) > name_length)
            throw invalid_input(where, name.substr(0, 100),
                                "a property's name has 1 to 80 characters");
        check_definition(definition, where + "." + name, false);
    }
}

void check_required(const std::vector<std::string>& names, const std::string& where) {
    std::set<std::string> seen;
    for (auto& name : names)
        if (!seen.insert(name).second)
            throw invalid_input(where, name.substr(0, 100), "a name is listed twice");
}

void check_not_read_only(const Json& body, const std::vector<std::string>& names) {
    for (auto& name : names)
        if (body.has(name))
            throw forbidden("ReadonlyProperty", format("Attribute '{}' is read-only.", name));
}

Json prefixed(const Json& definitions, const std::string& prefix) {
    Json out = Json::object();
    for (auto& [name, definition] : definitions.as_object()) out[prefix + name] = definition;
    return out;
}

} // namespace nephele::glance::logic
