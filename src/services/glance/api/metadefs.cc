// SPDX-License-Identifier: Apache-2.0
// Metadata definitions as a part of the service: resources, tables, policy rules with upstream's
// names and defaults, and what the rules see.
#include "services/glance/api/metadefs.h"

namespace nephele::glance {
using namespace api;
namespace {
constexpr const char* reader = "role:admin or (role:reader and project_id:%(project_id)s)";
constexpr const char* seeing_reader =
    "role:admin or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))";
constexpr const char* admin = "rule:metadef_admin";

policy::Rule rule(const char* name, const char* check, const char* what, const char* method,
                  const std::string& path) {
    return {name, check, what, {{method, "/v2/metadefs" + path}}, {"project"}};
}

std::vector<policy::Rule> metadef_policies() {
    const std::string space = "/namespaces/{namespace_name}", objects = space + "/objects",
                      properties = space + "/properties", tags = space + "/tags",
                      types = space + "/resource_types";
    return {
        {"metadef_default", "", "What other rules may refer to.", {}, {}},
        {"metadef_admin", "role:admin", "Who may change definitions.", {}, {}},
        rule("get_metadef_namespace", seeing_reader, "Show a namespace.", "GET", space),
        rule("get_metadef_namespaces", reader, "List namespaces.", "GET", "/namespaces"),
        rule("modify_metadef_namespace", admin, "Change a namespace.", "PUT", space),
        rule("add_metadef_namespace", admin, "Make a namespace.", "POST", "/namespaces"),
        rule("delete_metadef_namespace", admin, "Delete a namespace.", "DELETE", space),
        rule("get_metadef_object", seeing_reader, "Show an object.", "GET",
             objects + "/{object_name}"),
        rule("get_metadef_objects", seeing_reader, "List objects.", "GET", objects),
        rule("modify_metadef_object", admin, "Change an object.", "PUT",
             objects + "/{object_name}"),
        rule("add_metadef_object", admin, "Make an object.", "POST", objects),
        rule("delete_metadef_object", admin, "Delete an object.", "DELETE",
             objects + "/{object_name}"),
        rule("list_metadef_resource_types", seeing_reader, "List resource types.", "GET",
             "/resource_types"),
        rule("get_metadef_resource_type", seeing_reader, "Show a resource type.", "GET", types),
        rule("add_metadef_resource_type_association", admin, "Apply a namespace to a type.", "POST",
             types),
        rule("remove_metadef_resource_type_association", admin,
             "Apply a namespace to a type no more.", "DELETE", types + "/{name}"),
        rule("get_metadef_property", seeing_reader, "Show a property.", "GET",
             properties + "/{property_name}"),
        rule("get_metadef_properties", seeing_reader, "List properties.", "GET", properties),
        rule("modify_metadef_property", admin, "Change a property.", "PUT",
             properties + "/{property_name}"),
        rule("add_metadef_property", admin, "Make a property.", "POST", properties),
        rule("remove_metadef_property", admin, "Delete a property.", "DELETE",
             properties + "/{property_name}"),
        rule("get_metadef_tag", seeing_reader, "Show a tag.", "GET", tags + "/{tag_name}"),
        rule("get_metadef_tags", seeing_reader, "List tags.", "GET", tags),
        rule("modify_metadef_tag", admin, "Change a tag.", "PUT", tags + "/{tag_name}"),
        rule("add_metadef_tag", admin, "Make a tag.", "POST", tags + "/{tag_name}"),
        rule("add_metadef_tags", admin, "Make tags.", "POST", tags),
        rule("delete_metadef_tag", admin, "Delete a tag.", "DELETE", tags + "/{tag_name}"),
        rule("delete_metadef_tags", admin, "Delete all tags.", "DELETE", tags),
    };
}
} // namespace

void add_metadefs(Service& service) {
    for (auto& resource :
         {metadef_namespace_resource(), metadef_object_resource(), metadef_property_resource(),
          metadef_tag_resource(), metadef_resource_type_resource(), metadef_schema_resource()})
        service.resources.push_back(resource);
    for (auto& migration : store::metadef_migrations()) service.migrations.push_back(migration);
    for (auto& rule : metadef_policies()) service.policies.push_back(rule);
    for (const TableBase* table : std::initializer_list<const TableBase*>{
             &metadef_namespaces(), &metadef_objects(), &metadef_properties(), &metadef_tags(),
             &metadef_resource_types(), &metadef_associations()})
        service.tables.push_back(table);
    service.checks.push_back({"metadata definitions stand in a namespace",
                              [](Cloud&, db::Tx& tx) { return store::metadef_errors(tx); }});
}

policy::Target target_of(const MetadefNamespace& space) {
    policy::Target target = owned_by(space.owner.value_or(""), "");
    target.set("owner", space.owner.value_or(""));
    target.set("visibility", text_of_enum(space.visibility));
    target.set("namespace", space.name);
    return target;
}

MetadefNamespace need_namespace(Call& call, std::string_view rule) {
    const std::string& name = call.path("namespace_name");
    auto space = store::find_namespace(call.tx, call.scope(), name);
    if (!space || !call.allowed("get_metadef_namespace", target_of(*space)))
        throw_not_found(metadef_namespaces(), name);
    call.enforce(rule, target_of(*space));
    return std::move(*space);
}

void check_unprotected(const MetadefNamespace& space, const std::string& what,
                       const std::string& name) {
    if (!space.is_protected) return;
    throw forbidden("ProtectedMetadefDelete",
                    format("Metadata definition {} {} is protected and cannot be deleted. Set "
                           "'protected' of the namespace to false first.",
                           what, name.substr(0, 255)));
}

Page contents_page(Call& call, Page page) {
    if (!call.query("limit")) page.limit.reset();
    page.extra.clear();
    return page;
}

} // namespace nephele::glance
