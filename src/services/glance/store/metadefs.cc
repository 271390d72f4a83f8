// SPDX-License-Identifier: Apache-2.0
#include "services/glance/store/metadefs.h"

#include "base/strings.h"

namespace nephele::glance {
namespace {
// Found through their namespace, so they have no owner of their own.
TableBase inside(const char* table, const char* kind) {
    return {.name = table,
            .service = "glance",
            .kind = kind,
            .not_found_code = "NotFound",
            .updated_column = "updated_at"};
}
} // namespace

const Table<MetadefNamespace>& metadef_namespaces() {
    static const Table<MetadefNamespace> t(
        {.name = "glance_metadef_namespaces",
         .service = "glance",
         .kind = "metadef_namespace",
         .project_column = "owner",
         .also_visible = "glance_metadef_namespaces.visibility = 'public'",
         .not_found_code = "NotFound",
         .not_found_message = "Namespace {} not found",
         .updated_column = "updated_at"});
    return t;
}
const Table<MetadefObject>& metadef_objects() {
    static const Table<MetadefObject> t(inside("glance_metadef_objects", "metadef_object"));
    return t;
}
const Table<MetadefProperty>& metadef_properties() {
    static const Table<MetadefProperty> t(inside("glance_metadef_properties", "metadef_property"));
    return t;
}
const Table<MetadefTag>& metadef_tags() {
    static const Table<MetadefTag> t(inside("glance_metadef_tags", "metadef_tag"));
    return t;
}
const Table<MetadefResourceType>& metadef_resource_types() {
    static const Table<MetadefResourceType> t({.name = "glance_metadef_resource_types",
                                               .service = "glance",
                                               .kind = "metadef_resource_type",
                                               .key = "name",
                                               .not_found_code = "NotFound",
                                               .updated_column = "updated_at"});
    return t;
}
const Table<MetadefAssociation>& metadef_associations() {
    static const Table<MetadefAssociation> t(
        inside("glance_metadef_associations", "metadef_association"));
    return t;
}

namespace store {
namespace {
template <class T>
T new_in(Context& context, const std::string& namespace_id, const std::string& name) {
    T out;
    out.id = context.new_uuid();
    out.namespace_id = namespace_id;
    out.name = name;
    out.created_at = out.updated_at = context.now;
    return out;
}

std::string content_table(const char* name, const char* columns) {
    return format("CREATE TABLE glance_metadef_{} (id TEXT PRIMARY KEY, namespace_id TEXT NOT "
                  "NULL, name TEXT NOT NULL, {}created_at BIGINT NOT NULL, updated_at BIGINT NOT "
                  "NULL)",
                  name, columns);
}
std::string content_index(const char* name) {
    return format("CREATE UNIQUE INDEX glance_metadef_{}_name ON glance_metadef_{} (namespace_id, "
                  "name)",
                  name, name);
}
} // namespace

const std::vector<db::Migration>& metadef_migrations() {
    static const std::vector<db::Migration> all{
        {"glance.metadefs_001",
         {"CREATE TABLE glance_metadef_namespaces (id TEXT PRIMARY KEY, namespace TEXT NOT NULL, "
          "display_name TEXT, description TEXT, visibility TEXT NOT NULL, protected BIGINT NOT "
          "NULL, owner TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
          "CREATE UNIQUE INDEX glance_metadef_namespaces_name ON glance_metadef_namespaces "
          "(namespace)",
          content_table("objects",
                        "description TEXT, required TEXT NOT NULL, properties TEXT NOT NULL, "),
          content_index("objects"), content_table("properties", "definition TEXT NOT NULL, "),
          content_index("properties"), content_table("tags", ""), content_index("tags"),
          content_table("associations", "prefix TEXT, properties_target TEXT, "),
          content_index("associations"),
          "CREATE INDEX glance_metadef_associations_type ON glance_metadef_associations (name)",
          "CREATE TABLE glance_metadef_resource_types (name TEXT PRIMARY KEY, protected BIGINT NOT "
          "NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)"}},
    };
    return all;
}

std::optional<MetadefNamespace> find_namespace(db::Tx& tx, const Scope& scope,
                                               const std::string& name) {
    auto found = select(tx, metadef_namespaces(), scope, {"namespace = ?", {name}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

Where applying_to(const std::vector<std::string>& resource_types) {
    Where where{"glance_metadef_namespaces.id IN (SELECT namespace_id FROM "
                "glance_metadef_associations WHERE name IN (",
                {}};
    for (auto& type : resource_types) {
        where.sql += where.params.empty() ? "?" : ", ?";
        where.params.emplace_back(type);
    }
    where.sql += "))";
    return where;
}

void erase_namespace(Context& context, const MetadefNamespace& space) {
    erase_all_in(context, metadef_tags(), space.id);
    erase_all_in(context, metadef_objects(), space.id);
    erase_all_in(context, metadef_properties(), space.id);
    erase_all_in(context, metadef_associations(), space.id);
    shape::erase(context, metadef_namespaces(), space);
}

MetadefNamespace add_namespace(Context& context, const NamespaceBody& body) {
    MetadefNamespace space;
    space.id = context.new_uuid();
    space.name = body.name;
    space.display_name = body.display_name;
    space.description = body.description;
    space.visibility = body.visibility;
    space.is_protected = body.is_protected;
    space.owner = body.owner;
    space.created_at = space.updated_at = context.now;
    shape::insert(context, metadef_namespaces(), space);
    for (auto& each : body.resource_type_associations) add_association(context, space.id, each);
    for (auto& each : body.objects) add_object(context, space.id, each);
    for (auto& [name, definition] : body.properties.as_object())
        add_property(context, space.id, name, definition);
    for (auto& each : body.tags) add_tag(context, space.id, each.name);
    return space;
}

MetadefObject add_object(Context& context, const std::string& namespace_id,
                         const ObjectBody& body) {
    auto object = new_in<MetadefObject>(context, namespace_id, body.name);
    object.description = body.description;
    object.required = body.required;
    object.properties = body.properties;
    shape::insert(context, metadef_objects(), object);
    return object;
}

MetadefAssociation add_association(Context& context, const std::string& namespace_id,
                                   const AssociationBody& body) {
    if (!find(context.tx, metadef_resource_types(), Scope::all(), body.name))
        shape::insert(context, metadef_resource_types(),
                      MetadefResourceType{body.name, false, context.now, context.now});
    auto association = new_in<MetadefAssociation>(context, namespace_id, body.name);
    association.prefix = body.prefix;
    association.properties_target = body.properties_target;
    shape::insert(context, metadef_associations(), association);
    return association;
}

MetadefProperty add_property(Context& context, const std::string& namespace_id,
                             const std::string& name, Json definition) {
    auto property = new_in<MetadefProperty>(context, namespace_id, name);
    property.definition = std::move(definition);
    shape::insert(context, metadef_properties(), property);
    return property;
}

MetadefTag add_tag(Context& context, const std::string& namespace_id, const std::string& name) {
    auto tag = new_in<MetadefTag>(context, namespace_id, name);
    shape::insert(context, metadef_tags(), tag);
    return tag;
}

std::vector<std::string> metadef_errors(db::Tx& tx) {
    std::vector<std::string> out;
    for (std::string table : {"objects", "properties", "tags", "associations"})
        tx.each("SELECT t.id, t.name FROM glance_metadef_" + table +
                    " t WHERE NOT EXISTS (SELECT 1 FROM glance_metadef_namespaces n WHERE n.id = "
                    "t.namespace_id)",
                db::Params{}, [&](const db::Row& row) {
                    out.push_back(format("metadef {} {} ({}) stands in no namespace", table,
                                         row.str(0), row.str(1)));
                });
    tx.each("SELECT a.id, a.name FROM glance_metadef_associations a WHERE NOT EXISTS (SELECT 1 "
            "FROM glance_metadef_resource_types r WHERE r.name = a.name)",
            db::Params{}, [&](const db::Row& row) {
                out.push_back(format("metadef association {} names the resource type {}, which is "
                                     "not there",
                                     row.str(0), row.str(1)));
            });
    return out;
}

} // namespace store
} // namespace nephele::glance
