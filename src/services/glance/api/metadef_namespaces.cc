// SPDX-License-Identifier: Apache-2.0
// Namespaces of metadata definitions: list, make with all their contents, show, change, delete.
#include "services/glance/api/metadefs.h"

#include <set>

namespace nephele::glance {
using namespace api;
namespace {
const std::vector<std::string> read_only{"self", "schema", "created_at", "updated_at"};

Json with_prefixes(Json object, const std::string& prefix) {
    object["properties"] = logic::prefixed(object.at("properties"), prefix);
    if (auto* names = object.find("required"))
        for (auto& name : names->as_array()) name = prefix + name.as_string();
    return object;
}

// Associations are shown without what they are part of.
Json associations_of(Call& call, const std::string& namespace_id, const std::string& resource_type,
                     std::string& prefix) {
    Json out = Json::array();
    for (auto& each : store::all_in(call.tx, metadef_associations(), namespace_id)) {
        if (each.name == resource_type) prefix = each.prefix.value_or("");
        out.push_back(MetadefAssociation::shape().write(&each, call.view()));
    }
    return out;
}

// The namespace with all that stands in it; names as they are on things of `resource_type`.
Json detail_of(Call& call, const MetadefNamespace& space, const std::string& resource_type) {
    Json out = MetadefNamespace::shape().write(&space, call.view());
    std::string prefix;
    if (Json all = associations_of(call, space.id, resource_type, prefix); all.size())
        out["resource_type_associations"] = std::move(all);
    Json properties = Json::object(), objects = Json::array(), tags = Json::array();
    for (auto& each : store::all_in(call.tx, metadef_properties(), space.id))
        properties[prefix + each.name] = each.definition;
    for (auto& each : store::all_in(call.tx, metadef_objects(), space.id))
        objects.push_back(object_view(call, space, each, prefix));
    for (auto& each : store::all_in(call.tx, metadef_tags(), space.id))
        tags.push_back(Json::object({{"name", each.name}}));
    for (auto& [name, value] :
         {std::pair{"properties", &properties}, {"objects", &objects}, {"tags", &tags}})
        if (value->size()) out[name] = std::move(*value);
    return out;
}

void check_unrepeated(const std::set<std::string>& names, std::size_t count, const char* what) {
    if (names.size() != count)
        throw conflict("Duplicate", format("The namespace's {} name one thing twice.", what));
}

void check_contents(const NamespaceBody& body) {
    logic::check_definitions(body.properties, "properties");
    std::set<std::string> objects, tags, types;
    for (auto& object : body.objects) {
        logic::check_definitions(object.properties, "objects.properties");
        logic::check_required(object.required, "objects.required");
        objects.insert(object.name);
    }
    for (auto& tag : body.tags) tags.insert(tag.name);
    for (auto& type : body.resource_type_associations) types.insert(type.name);
    check_unrepeated(objects, body.objects.size(), "objects");
    check_unrepeated(tags, body.tags.size(), "tags");
    check_unrepeated(types, body.resource_type_associations.size(), "resource types");
}

void check_name_free(Call& call, const std::string& name) {
    if (store::find_namespace(call.tx, Scope::all(), name))
        throw conflict("Duplicate",
                       format("The metadata definition namespace={} already exists.", name));
}

Json create(Call& call, const Json& json) {
    auto body = read_metadef<NamespaceBody>(json, read_only);
    if (!body.resource_type_associations.empty())
        call.enforce("add_metadef_resource_type_association");
    if (!body.objects.empty()) call.enforce("add_metadef_object");
    if (body.properties.size()) call.enforce("add_metadef_property");
    if (!body.tags.empty()) call.enforce("add_metadef_tag");
    check_contents(body);
    check_name_free(call, body.name);
    if (!body.owner) body.owner = call.project();
    MetadefNamespace space = store::add_namespace(call, body);
    call.headers.set("Location",
                     call.in.base_url + "/v2/metadefs/namespaces/" + percent_encode(space.name));
    return detail_of(call, space, "");
}

// What a list asks beyond fields: visibility, resource types.
Where read_filters(Call& call, Page& page) {
    Where where;
    if (auto visibility = page.take("visibility")) {
        if (!enum_of_text<MetadefVisibility>(*visibility))
            throw bad_request("InvalidInput",
                              format("Invalid visibility value: {}", visibility->substr(0, 100)));
        page.filters.push_back({"visibility", Filter::Op::eq, {*visibility}});
    }
    if (auto types = page.take("resource_types")) where = store::applying_to(split(*types, ','));
    page.extra.clear();
    if (page.marker.empty()) return where;
    auto marker = store::find_namespace(call.tx, call.scope(), page.marker);
    if (!marker) throw_not_found(metadef_namespaces(), page.marker);
    page.marker = marker->id;
    return where;
}

std::string link_of(const Call& call, const std::string& marker) {
    std::string url = "/v2/metadefs/namespaces";
    char glue = '?';
    for (auto& [key, value] : call.in.query) {
        if (key == "marker") continue;
        url += glue + percent_encode(key) + "=" + percent_encode(value);
        glue = '&';
    }
    return marker.empty() ? url : url + glue + "marker=" + percent_encode(marker);
}

Json list(Call& call, Page& page) {
    call.enforce("list_metadef_resource_types");
    Where where = read_filters(call, page);
    auto found = shape::list(call.tx, metadef_namespaces(), call.scope(), page, where);
    Json spaces = Json::array();
    for (auto& space : found.items) {
        if (!call.allowed("get_metadef_namespace", target_of(space))) continue;
        Json view = MetadefNamespace::shape().write(&space, call.view());
        std::string prefix;
        if (Json all = associations_of(call, space.id, "", prefix); all.size())
            view["resource_type_associations"] = std::move(all);
        spaces.push_back(std::move(view));
    }
    Json out = Json::object({{"namespaces", std::move(spaces)},
                             {"first", link_of(call, "")},
                             {"schema", "/v2/schemas/metadefs/namespaces"}});
    if (found.more && !found.items.empty()) out["next"] = link_of(call, found.items.back().name);
    return out;
}

Json show(Call& call) {
    auto space = need_namespace(call, "get_metadef_namespace");
    for (auto rule : {"list_metadef_resource_types", "get_metadef_objects",
                      "get_metadef_properties", "get_metadef_tags"})
        call.enforce(rule, target_of(space));
    return detail_of(call, space, call.query("resource_type").value_or(""));
}

// What is not given gets the value a new namespace would have, as upstream does.
MetadefNamespace update(Call& call, const Json& json) {
    auto space = need_namespace(call, "modify_metadef_namespace");
    auto body = read_metadef<NamespaceBody>(json, read_only);
    check_contents(body);
    if (body.name != space.name) check_name_free(call, body.name);
    space.name = body.name;
    space.display_name = body.display_name;
    space.description = body.description;
    space.visibility = body.visibility;
    space.is_protected = body.is_protected;
    space.owner = body.owner ? body.owner : std::optional(call.project());
    shape::update(call, metadef_namespaces(), space);
    return space;
}

void remove(Call& call) {
    auto space = need_namespace(call, "delete_metadef_namespace");
    check_unprotected(space, "namespace", space.name);
    store::erase_namespace(call, space);
}

template <class T, const Table<T>& (*table)()> void remove_all(Call& call) {
    auto space = need_namespace(call, "delete_metadef_namespace");
    check_unprotected(space, "namespace", space.name);
    store::erase_all_in(call, table(), space.id);
}
void remove_tags(Call& call) {
    need_namespace(call, "delete_metadef_tags");
    remove_all<MetadefTag, metadef_tags>(call);
}
} // namespace

Json object_view(Call& call, const MetadefNamespace& space, const MetadefObject& object,
                 const std::string& prefix) {
    Json out = MetadefObject::shape().write(&object, call.view());
    out["self"] = "/v2/metadefs/namespaces/" + space.name + "/objects/" + object.name;
    out["schema"] = "/v2/schemas/metadefs/object";
    return prefix.empty() ? out : with_prefixes(std::move(out), prefix);
}

Resource metadef_namespace_resource() {
    return Resource()
        .on("GET /v2/metadefs/namespaces", "get_metadef_namespaces", list)
        .on("POST /v2/metadefs/namespaces", "add_metadef_namespace", create, created)
        .on("GET /v2/metadefs/namespaces/{namespace_name}", enforced_by_handler, show)
        .on("PUT /v2/metadefs/namespaces/{namespace_name}", enforced_by_handler, update)
        .on("DELETE /v2/metadefs/namespaces/{namespace_name}", enforced_by_handler, remove)
        .on("DELETE /v2/metadefs/namespaces/{namespace_name}/objects", enforced_by_handler,
            remove_all<MetadefObject, metadef_objects>)
        .on("DELETE /v2/metadefs/namespaces/{namespace_name}/properties", enforced_by_handler,
            remove_all<MetadefProperty, metadef_properties>)
        .on("DELETE /v2/metadefs/namespaces/{namespace_name}/tags", enforced_by_handler,
            remove_tags);
}

} // namespace nephele::glance
