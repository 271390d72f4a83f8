// SPDX-License-Identifier: Apache-2.0
// JSON schemas of what this API answers, made from the shapes. Old clients build their commands
// from them.
#include "services/glance/api/manners.h"
#include "services/glance/api/schema_parts.h"
#include "services/glance/model/member.h"

namespace nephele::glance {
using namespace api;
namespace {
Json image_schema() {
    Json properties = properties_of(Image::shape());
    // Chosen by the client at creation, never changed.
    properties["id"]["pattern"] =
        "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$";
    properties["id"].erase("readOnly");
    return Json::object(
        {{"name", "image"},
         {"properties", std::move(properties)},
         {"additionalProperties", Json::object({{"type", "string"}})},
         {"links", Json::array({schema_link("self", "{self}"), schema_link("enclosure", "{file}"),
                                schema_link("describedby", "{schema}")})}});
}

Json member_schema() {
    return Json::object({{"name", "member"}, {"properties", properties_of(Member::shape())}});
}

Json image(Call&) { return image_schema(); }
Json image_list(Call&) {
    return list_schema("images", Json::object({{"type", "array"}, {"items", image_schema()}}),
                       true);
}
Json member(Call&) { return member_schema(); }
Json member_list(Call&) {
    return list_schema("members", Json::object({{"type", "array"}, {"items", member_schema()}}),
                       false);
}
} // namespace

Resource schema_resource() {
    return Resource()
        .on("GET /v2/schemas/image", "default", image)
        .on("GET /v2/schemas/images", "default", image_list)
        .on("GET /v2/schemas/member", "default", member)
        .on("GET /v2/schemas/members", "default", member_list);
}

} // namespace nephele::glance
