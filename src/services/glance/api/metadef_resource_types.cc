// SPDX-License-Identifier: Apache-2.0
// Resource types, and which namespaces apply to them.
#include "services/glance/api/metadefs.h"

namespace nephele::glance {
using namespace api;
namespace {
constexpr const char* what = "resource-type association";

Json list_types(Call& call) {
    Json out = Json::array();
    for (auto& type : select(call.tx, metadef_resource_types(), Scope::all(), {}, "ORDER BY name"))
        out.push_back(MetadefResourceType::shape().write(&type, call.view()));
    return Json::object({{"resource_types", std::move(out)}});
}

Json list(Call& call) {
    auto space = need_namespace(call, "list_metadef_resource_types");
    Json out = Json::array();
    if (call.allowed("get_metadef_resource_type", target_of(space)))
        for (auto& each : store::all_in(call.tx, metadef_associations(), space.id))
            out.push_back(MetadefAssociation::shape().write(&each, call.view()));
    return Json::object({{"resource_type_associations", std::move(out)}});
}

MetadefAssociation create(Call& call, const Json& json) {
    auto space = need_namespace(call, "add_metadef_resource_type_association");
    auto body = read_metadef<AssociationBody>(json);
    check_free(call, metadef_associations(), space, what, body.name);
    return store::add_association(call, space.id, body);
}

void remove(Call& call) {
    auto space = need_namespace(call, "remove_metadef_resource_type_association");
    const std::string& name = call.path("name");
    auto found = store::find_in(call.tx, metadef_associations(), space.id, name);
    if (!found)
        throw not_found("NotFound",
                        format("Failed to find resource type {} to delete", name.substr(0, 255)));
    check_unprotected(space, what, name);
    erase(call, metadef_associations(), *found);
}
} // namespace

Resource metadef_resource_type_resource() {
    return Resource()
        .on("GET /v2/metadefs/resource_types", "list_metadef_resource_types", list_types)
        .on("GET /v2/metadefs/namespaces/{namespace_name}/resource_types", enforced_by_handler,
            list)
        .on("POST /v2/metadefs/namespaces/{namespace_name}/resource_types", enforced_by_handler,
            create, created)
        .on("DELETE /v2/metadefs/namespaces/{namespace_name}/resource_types/{name}",
            enforced_by_handler, remove);
}

} // namespace nephele::glance
