// SPDX-License-Identifier: Apache-2.0
// JSON schemas of what this API answers, made from the shapes. Old clients build their commands
// from them.
#include "services/glance/api/manners.h"
#include "services/glance/api/schema_parts.h"
#include "services/glance/model/member.h"
#include "services/glance/ops/catalogue.h"

namespace nephele::glance {
using namespace api;
namespace {
Json text_schema(std::size_t longest) {
    return Json::object({{"type", "string"}, {"maxLength", longest}});
}

// Not of one shape: what is shown, and what a patch takes.
Json locations_schema() {
    Json validation = Json::object(
        {{"type", "object"},
         {"description", "Values to be used to populate the corresponding image properties. If the "
                         "image status is not 'queued', values must exactly match those already "
                         "contained in the image properties."},
         {"writeOnly", true},
         {"additionalProperties", false},
         {"properties", Json::object({{"checksum", text_schema(32)},
                                      {"os_hash_algo", text_schema(64)},
                                      {"os_hash_value", text_schema(128)}})},
         {"required", Json::array({"os_hash_algo", "os_hash_value"})}});
    Json location = Json::object({{"type", "object"},
                                  {"properties",
                                   Json::object({{"url", text_schema(255)},
                                                 {"metadata", Json::object({{"type", "object"}})},
                                                 {"validation_data", std::move(validation)}})},
                                  {"required", Json::array({"url", "metadata"})}});
    return Json::object({{"type", "array"},
                         {"description", "A set of URLs to access the image file kept in external "
                                         "store"},
                         {"items", std::move(location)}});
}

Json image_schema(const Call& call) {
    Json properties = properties_of(Image::shape());
    properties["locations"] = locations_schema();
    // The site's own, which are no part of the image proper.
    const Json& own = call.cloud.state<Catalogue>().image_schema;
    if (own.is_object())
        for (auto& [name, schema] : own.as_object())
            if (!properties.has(name)) {
                properties[name] = schema;
                properties[name]["is_base"] = false;
            }
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

Json task_schema() {
    auto text = [](const char* what, bool nullable = false) {
        return Json::object({{"type", nullable ? Json::array({"null", "string"}) : Json("string")},
                             {"description", what}});
    };
    auto one_of = [](const char* what, std::vector<std::string> names) {
        return Json::object({{"type", "string"}, {"description", what}, {"enum", names}});
    };
    Json free = Json::object({{"type", Json::array({"null", "object"})}});
    Json time = Json::object(
        {{"type", Json::array({"null", "string"})}, {"format", "date-time"}, {"readOnly", true}});
    return Json::object(
        {{"name", "task"},
         {"properties",
          Json::object({{"id", text("An identifier for the task")},
                        {"type", one_of("What the task does",
                                        {"import", "api_image_import", "location_import"})},
                        {"status", one_of("The current status of this task",
                                          {"pending", "processing", "success", "failure"})},
                        {"input", free},
                        {"result", free},
                        {"owner", text("The project the task belongs to")},
                        {"message", text("What a person should know about it")},
                        {"image_id", text("The image the task works on", true)},
                        {"request_id", text("The request that began it", true)},
                        {"user_id", text("Who began it", true)},
                        {"expires_at", time},
                        {"created_at", time},
                        {"updated_at", time},
                        {"self", text("The task itself")},
                        {"schema", text("This schema")}})}});
}

Json image(Call& call) { return image_schema(call); }
Json image_list(Call& call) {
    return list_schema("images", Json::object({{"type", "array"}, {"items", image_schema(call)}}),
                       true);
}
Json member(Call&) { return member_schema(); }
Json member_list(Call&) {
    return list_schema("members", Json::object({{"type", "array"}, {"items", member_schema()}}),
                       false);
}
Json task(Call&) { return task_schema(); }
Json task_list(Call&) {
    return list_schema("tasks", Json::object({{"type", "array"}, {"items", task_schema()}}), false);
}
} // namespace

Resource schema_resource() {
    return Resource()
        .on("GET /v2/schemas/image", "default", image)
        .on("GET /v2/schemas/images", "default", image_list)
        .on("GET /v2/schemas/member", "default", member)
        .on("GET /v2/schemas/members", "default", member_list)
        .on("GET /v2/schemas/task", "default", task)
        .on("GET /v2/schemas/tasks", "default", task_list);
}

} // namespace nephele::glance
