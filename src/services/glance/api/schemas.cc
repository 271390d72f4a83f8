// SPDX-License-Identifier: Apache-2.0
// JSON schemas of what this API answers, made from the shapes. Old clients build their commands
// from them.
#include "services/glance/api/manners.h"
#include "services/glance/model/member.h"

namespace nephele::glance {
using namespace api;
namespace {
const char* type_name(FieldType type) {
    switch (type) {
    case FieldType::boolean:
        return "boolean";
    case FieldType::integer:
        return "integer";
    case FieldType::real:
        return "number";
    case FieldType::list:
        return "array";
    case FieldType::object:
    case FieldType::free:
        return "object";
    default:
        return "string";
    }
}

Json property_of(const FieldInfo& f) {
    Json out = Json::object();
    std::string type = f.codec ? type_name(f.codec->type) : "string";
    bool optional = f.codec && f.codec->optional;
    out["type"] = optional ? Json::array({"null", type}) : Json(type);
    if (f.read_only) out["readOnly"] = true;
    if (!f.help.empty()) out["description"] = f.help;
    std::vector<std::string> names = f.one_of;
    if (names.empty() && f.codec && f.codec->names) names = f.codec->names();
    if (!names.empty()) {
        out["enum"] = names;
        if (optional) out["enum"].as_array().insert(out["enum"].as_array().begin(), Json());
    }
    if (type == "array") {
        out["items"] = Json::object({{"type", "string"}});
        if (f.max_length) out["items"]["maxLength"] = *f.max_length;
    } else if (f.max_length) {
        out["maxLength"] = *f.max_length;
    }
    if (f.at_least) out["minimum"] = *f.at_least;
    if (f.at_most) out["maximum"] = *f.at_most;
    return out;
}

Json properties_of(const ShapeBase& shape) {
    Json out = Json::object();
    for (auto& field : shape.fields())
        if (!field.hidden && !field.secret && &field != shape.extras())
            out[field.name] = property_of(field);
    return out;
}

Json link(const char* rel, const char* href) {
    return Json::object({{"rel", rel}, {"href", href}});
}

Json image_schema() {
    Json properties = properties_of(Image::shape());
    // Chosen by the client at creation, never changed.
    properties["id"]["pattern"] =
        "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$";
    properties["id"].erase("readOnly");
    return Json::object({{"name", "image"},
                         {"properties", std::move(properties)},
                         {"additionalProperties", Json::object({{"type", "string"}})},
                         {"links", Json::array({link("self", "{self}"), link("enclosure", "{file}"),
                                                link("describedby", "{schema}")})}});
}

Json member_schema() {
    return Json::object({{"name", "member"}, {"properties", properties_of(Member::shape())}});
}

Json list_schema(const char* plural, Json item, bool paged) {
    Json text = Json::object({{"type", "string"}});
    Json properties =
        Json::object({{plural, Json::object({{"type", "array"}, {"items", std::move(item)}})},
                      {"schema", text}});
    Json out = Json::object({{"name", plural}});
    if (paged) {
        properties["first"] = text;
        properties["next"] = text;
        out["links"] = Json::array(
            {link("first", "{first}"), link("next", "{next}"), link("describedby", "{schema}")});
    } else {
        out["links"] = Json::array({link("describedby", "{schema}")});
    }
    out["properties"] = std::move(properties);
    return out;
}

Json image(Call&) { return image_schema(); }
Json image_list(Call&) { return list_schema("images", image_schema(), true); }
Json member(Call&) { return member_schema(); }
Json member_list(Call&) { return list_schema("members", member_schema(), false); }
} // namespace

Resource schema_resource() {
    return Resource()
        .on("GET /v2/schemas/image", "default", image)
        .on("GET /v2/schemas/images", "default", image_list)
        .on("GET /v2/schemas/member", "default", member)
        .on("GET /v2/schemas/members", "default", member_list);
}

} // namespace nephele::glance
