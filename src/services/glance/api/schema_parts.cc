// SPDX-License-Identifier: Apache-2.0
#include "services/glance/api/schema_parts.h"

namespace nephele::glance {
namespace {
void put_names(Json& out, const FieldInfo& f, bool optional) {
    std::vector<std::string> names = f.one_of;
    if (names.empty() && f.codec && f.codec->names) names = f.codec->names();
    if (names.empty()) return;
    out["enum"] = names;
    if (optional) out["enum"].as_array().insert(out["enum"].as_array().begin(), Json());
}

Json items_of(const FieldInfo& f) {
    if (f.codec->nested)
        return Json::object(
            {{"type", "object"}, {"properties", properties_of(*f.codec->nested())}});
    Json items = Json::object({{"type", "string"}});
    if (f.max_length) items["maxLength"] = *f.max_length;
    return items;
}

Json property_of(const FieldInfo& f) {
    Json out = Json::object();
    std::string type = f.codec ? schema_type(f.codec->type) : "string";
    bool optional = f.codec && f.codec->optional;
    // What may be absent and never is null must not be sent as null.
    out["type"] = optional && !f.omit_null ? Json::array({"null", type}) : Json(type);
    if (f.read_only) out["readOnly"] = true;
    if (!f.help.empty()) out["description"] = f.help;
    put_names(out, f, optional && !f.omit_null);
    if (type == "array")
        out["items"] = items_of(f);
    else if (f.max_length)
        out["maxLength"] = *f.max_length;
    if (f.codec && f.codec->type == FieldType::time) out["format"] = "date-time";
    if (f.at_least) out["minimum"] = *f.at_least;
    if (f.at_most) out["maximum"] = *f.at_most;
    return out;
}
} // namespace

Json properties_of(const ShapeBase& shape) {
    Json out = Json::object();
    for (auto& field : shape.fields())
        if (!field.hidden && !field.secret && &field != shape.extras())
            out[field.name] = property_of(field);
    return out;
}

Json schema_link(const char* rel, const char* href) {
    return Json::object({{"rel", rel}, {"href", href}});
}

Json list_schema(const char* plural, Json items, bool paged) {
    Json text = Json::object({{"type", "string"}});
    Json properties = Json::object({{plural, std::move(items)}, {"schema", text}});
    Json out = Json::object({{"name", plural}});
    if (paged) {
        properties["first"] = text;
        properties["next"] = text;
        out["links"] = Json::array({schema_link("first", "{first}"), schema_link("next", "{next}"),
                                    schema_link("describedby", "{schema}")});
    } else {
        out["links"] = Json::array({schema_link("describedby", "{schema}")});
    }
    out["properties"] = std::move(properties);
    return out;
}

} // namespace nephele::glance
