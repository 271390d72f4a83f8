// SPDX-License-Identifier: Apache-2.0
// Objects of a namespace: groups of properties.
#include "services/glance/api/metadefs.h"

namespace nephele::glance {
using namespace api;
namespace {
constexpr const char* what = "object";

ObjectBody read_object(const Json& json) {
    auto body = read_metadef<ObjectBody>(json, {"self", "schema", "created_at", "updated_at"});
    logic::check_definitions(body.properties, "properties");
    logic::check_required(body.required, "required");
    return body;
}

Json list(Call& call, Page& asked) {
    auto space = need_namespace(call, "get_metadef_objects");
    Page page = contents_page(call, asked);
    if (!page.marker.empty())
        page.marker = need_in(call, metadef_objects(), space, what, page.marker).id;
    Json out = Json::array();
    for (auto& object : shape::list(call.tx, metadef_objects(), Scope::all(), page,
                                    {"namespace_id = ?", {space.id}})
                            .items)
        out.push_back(object_view(call, space, object));
    return Json::object({{"objects", std::move(out)}, {"schema", "v2/schemas/metadefs/objects"}});
}

Json create(Call& call, const Json& json) {
    auto space = need_namespace(call, "add_metadef_object");
    auto body = read_object(json);
    check_free(call, metadef_objects(), space, what, body.name);
    return object_view(call, space, store::add_object(call, space.id, body));
}

Json show(Call& call) {
    auto space = need_namespace(call, "get_metadef_object");
    return object_view(call, space,
                       need_in(call, metadef_objects(), space, what, call.path("object_name")));
}

Json update(Call& call, const Json& json) {
    auto space = need_namespace(call, "modify_metadef_object");
    auto object = need_in(call, metadef_objects(), space, what, call.path("object_name"));
    auto body = read_object(json);
    if (body.name != object.name) check_free(call, metadef_objects(), space, what, body.name);
    object.name = body.name;
    object.description = body.description;
    object.required = body.required;
    object.properties = body.properties;
    shape::update(call, metadef_objects(), object);
    return object_view(call, space, object);
}

void remove(Call& call) {
    auto space = need_namespace(call, "delete_metadef_object");
    auto object = need_in(call, metadef_objects(), space, what, call.path("object_name"));
    check_unprotected(space, what, object.name);
    erase(call, metadef_objects(), object);
}
} // namespace

Resource metadef_object_resource() {
    return Resource()
        .on("GET /v2/metadefs/namespaces/{namespace_name}/objects", enforced_by_handler, list)
        .on("POST /v2/metadefs/namespaces/{namespace_name}/objects", enforced_by_handler, create,
            created)
        .on("GET /v2/metadefs/namespaces/{namespace_name}/objects/{object_name}",
            enforced_by_handler, show)
        .on("PUT /v2/metadefs/namespaces/{namespace_name}/objects/{object_name}",
            enforced_by_handler, update)
        .on("DELETE /v2/metadefs/namespaces/{namespace_name}/objects/{object_name}",
            enforced_by_handler, remove);
}

} // namespace nephele::glance
