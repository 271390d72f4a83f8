// SPDX-License-Identifier: Apache-2.0
// Where metadata definitions are kept. A reader must have found the namespace in its own scope
// first; what stands in it is then read without one.
#pragma once
#include "services/glance/model/metadef.h"

namespace nephele::glance {

const Table<MetadefNamespace>& metadef_namespaces();
const Table<MetadefObject>& metadef_objects();
const Table<MetadefProperty>& metadef_properties();
const Table<MetadefTag>& metadef_tags();
const Table<MetadefResourceType>& metadef_resource_types();
const Table<MetadefAssociation>& metadef_associations();

namespace store {

const std::vector<db::Migration>& metadef_migrations();

std::optional<MetadefNamespace> find_namespace(db::Tx& tx, const Scope& scope,
                                               const std::string& name);
/// Namespaces that apply to one of these resource types: a condition for a list.
Where applying_to(const std::vector<std::string>& resource_types);

/// The definition of this name in the namespace.
template <class T>
std::optional<T> find_in(db::Tx& tx, const Table<T>& table, const std::string& namespace_id,
                         const std::string& name) {
    auto found =
        select(tx, table, Scope::all(), {"namespace_id = ? AND name = ?", {namespace_id, name}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}
/// All of a kind in the namespace, oldest first.
template <class T>
std::vector<T> all_in(db::Tx& tx, const Table<T>& table, const std::string& namespace_id) {
    return select(tx, table, Scope::all(), {"namespace_id = ?", {namespace_id}},
                  "ORDER BY created_at, name");
}
template <class T>
void erase_all_in(Context& context, const Table<T>& table, const std::string& namespace_id) {
    for (auto& each : all_in(context.tx, table, namespace_id)) erase(context, table, each);
}
/// With all that stands in it.
void erase_namespace(Context& context, const MetadefNamespace& space);

/// Puts the namespace and all its body holds into the tables; the body has been checked.
MetadefNamespace add_namespace(Context& context, const NamespaceBody& body);
MetadefObject add_object(Context& context, const std::string& namespace_id, const ObjectBody& body);
/// The resource type is made when nobody named it before.
MetadefAssociation add_association(Context& context, const std::string& namespace_id,
                                   const AssociationBody& body);
MetadefProperty add_property(Context& context, const std::string& namespace_id,
                             const std::string& name, Json definition);
MetadefTag add_tag(Context& context, const std::string& namespace_id, const std::string& name);

/// Definitions without a namespace, associations without a resource type (for nephele check).
std::vector<std::string> metadef_errors(db::Tx& tx);

} // namespace store
} // namespace nephele::glance
