// SPDX-License-Identifier: Apache-2.0
// Properties of a namespace: what a key may hold, as a JSON schema with a title.
#include "services/glance/api/metadefs.h"

namespace nephele::glance {
using namespace api;
namespace {
constexpr const char* what = "property";

Json view_of(const MetadefProperty& property) {
    Json out = property.definition;
    out["name"] = property.name;
    return out;
}

void check_body(const Json& body) {
    logic::check_not_read_only(body, {"created_at", "updated_at"});
    logic::check_definition(body, "", true);
}

Json list(Call& call) {
    auto space = need_namespace(call, "get_metadef_properties");
    Json out = Json::object();
    for (auto& each : store::all_in(call.tx, metadef_properties(), space.id))
        out[each.name] = view_of(each);
    return Json::object({{"properties", std::move(out)}});
}

Json create(Call& call, const Json& body) {
    auto space = need_namespace(call, "add_metadef_property");
    check_body(body);
    std::string name = body.text("name");
    check_free(call, metadef_properties(), space, what, name);
    return view_of(store::add_property(call, space.id, name, body));
}

// By its name on things of a resource type the property stands behind that type's prefix.
std::string bare_name(Call& call, const MetadefNamespace& space) {
    const std::string& name = call.path("property_name");
    auto type = call.query("resource_type");
    if (!type || type->empty()) return name;
    call.enforce("get_metadef_resource_type", target_of(space));
    auto association =
        need_in(call, metadef_associations(), space, "resource-type association", *type);
    std::string prefix = association.prefix.value_or("");
    if (prefix.empty() || name.rfind(prefix, 0) != 0)
        throw not_found("NotFound",
                        format("Property {} does not start with the expected resource type "
                               "association prefix of '{}'.",
                               name.substr(0, 255), prefix));
    return name.substr(prefix.size());
}

Json show(Call& call) {
    auto space = need_namespace(call, "get_metadef_property");
    return view_of(need_in(call, metadef_properties(), space, what, bare_name(call, space)));
}

Json update(Call& call, const Json& body) {
    auto space = need_namespace(call, "modify_metadef_property");
    auto property = need_in(call, metadef_properties(), space, what, call.path("property_name"));
    check_body(body);
    std::string name = body.text("name");
    if (name != property.name) check_free(call, metadef_properties(), space, what, name);
    property.name = name;
    property.definition = body;
    shape::update(call, metadef_properties(), property);
    return view_of(property);
}

void remove(Call& call) {
    auto space = need_namespace(call, "remove_metadef_property");
    auto property = need_in(call, metadef_properties(), space, what, call.path("property_name"));
    check_unprotected(space, what, property.name);
    erase(call, metadef_properties(), property);
}
} // namespace

Resource metadef_property_resource() {
    return Resource()
        .on("GET /v2/metadefs/namespaces/{namespace_name}/properties", enforced_by_handler, list)
        .on("POST /v2/metadefs/namespaces/{namespace_name}/properties", enforced_by_handler, create,
            created)
        .on("GET /v2/metadefs/namespaces/{namespace_name}/properties/{property_name}",
            enforced_by_handler, show)
        .on("PUT /v2/metadefs/namespaces/{namespace_name}/properties/{property_name}",
            enforced_by_handler, update)
        .on("DELETE /v2/metadefs/namespaces/{namespace_name}/properties/{property_name}",
            enforced_by_handler, remove);
}

} // namespace nephele::glance
