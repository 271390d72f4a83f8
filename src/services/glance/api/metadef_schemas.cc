// SPDX-License-Identifier: Apache-2.0
// JSON schemas of metadata definitions, made from the shapes that read and write them.
#include "services/glance/api/metadefs.h"
#include "services/glance/api/schema_parts.h"

namespace nephele::glance {
using namespace api;
namespace {
constexpr bool with_definitions = true;

Json schema_of(const char* name, Json properties, Json required, bool definitions = false) {
    Json out = Json::object({{"name", name},
                             {"properties", std::move(properties)},
                             {"additionalProperties", false},
                             {"required", std::move(required)}});
    if (definitions) out["definitions"] = logic::schema_definitions();
    return out;
}

Json merged(Json into, const Json& more) {
    for (auto& [name, schema] : more.as_object())
        if (!into.has(name)) into[name] = schema;
    return into;
}

void refer_to_definitions(Json& properties) {
    if (auto* found = properties.find("properties"))
        *found = Json::object({{"$ref", "#/definitions/property"}});
    if (auto* found = properties.find("required"))
        *found = Json::object({{"$ref", "#/definitions/stringArray"}});
    if (auto* objects = properties.find("objects"))
        refer_to_definitions((*objects)["items"]["properties"]);
}

Json own_link() { return Json::object({{"readOnly", true}, {"type", "string"}}); }

Json namespace_schema() {
    Json properties =
        merged(properties_of(MetadefNamespace::shape()), properties_of(NamespaceBody::shape()));
    refer_to_definitions(properties);
    return schema_of("namespace", std::move(properties), Json::array({"namespace"}),
                     with_definitions);
}
Json object_schema() {
    Json properties = properties_of(MetadefObject::shape());
    refer_to_definitions(properties);
    properties["self"] = own_link();
    properties["schema"] = own_link();
    return schema_of("object", std::move(properties), Json::array({"name"}), with_definitions);
}
Json property_schema(bool alone) {
    Json required = alone ? Json::array({"type", "title", "name"}) : Json::array({"type", "title"});
    return schema_of("property", logic::definition_attributes(), std::move(required),
                     with_definitions);
}
Json tag_schema() {
    return schema_of("tag", properties_of(MetadefTag::shape()), Json::array({"name"}));
}
Json association_schema() {
    return schema_of("resource_type_association", properties_of(MetadefAssociation::shape()),
                     Json::array({"name"}));
}

Json list_of(const char* plural, Json item) {
    Json definitions = item.get("definitions");
    item.erase("definitions");
    Json out =
        list_schema(plural, Json::object({{"type", "array"}, {"items", std::move(item)}}), true);
    if (!definitions.is_null()) out["definitions"] = std::move(definitions);
    return out;
}

Json one_namespace(Call&) { return namespace_schema(); }
Json namespaces(Call&) { return list_of("namespaces", namespace_schema()); }
Json one_object(Call&) { return object_schema(); }
Json objects(Call&) { return list_of("objects", object_schema()); }
Json one_property(Call&) { return property_schema(true); }
// A list of properties is an object: their names are its keys.
Json properties(Call&) {
    Json item = property_schema(false);
    item.erase("definitions");
    Json out = list_schema(
        "properties", Json::object({{"type", "object"}, {"additionalProperties", std::move(item)}}),
        true);
    out["definitions"] = logic::schema_definitions();
    return out;
}
Json one_tag(Call&) { return tag_schema(); }
Json tags(Call&) { return list_of("tags", tag_schema()); }
Json one_association(Call&) { return association_schema(); }
Json associations(Call&) { return list_of("resource_type_associations", association_schema()); }
} // namespace

Resource metadef_schema_resource() {
    return Resource()
        .on("GET /v2/schemas/metadefs/namespace", "default", one_namespace)
        .on("GET /v2/schemas/metadefs/namespaces", "default", namespaces)
        .on("GET /v2/schemas/metadefs/object", "default", one_object)
        .on("GET /v2/schemas/metadefs/objects", "default", objects)
        .on("GET /v2/schemas/metadefs/property", "default", one_property)
        .on("GET /v2/schemas/metadefs/properties", "default", properties)
        .on("GET /v2/schemas/metadefs/tag", "default", one_tag)
        .on("GET /v2/schemas/metadefs/tags", "default", tags)
        .on("GET /v2/schemas/metadefs/resource_type", "default", one_association)
        .on("GET /v2/schemas/metadefs/resource_types", "default", associations);
}

} // namespace nephele::glance
