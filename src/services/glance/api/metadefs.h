// SPDX-License-Identifier: Apache-2.0
// Metadata definitions over HTTP: what their resources share.
#pragma once
#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/logic/metadef.h"
#include "services/glance/store/metadefs.h"

namespace nephele::glance {

/// Resources, migrations, policy rules, tables and checks.
void add_metadefs(api::Service& service);
api::Resource metadef_namespace_resource();
api::Resource metadef_object_resource();
api::Resource metadef_property_resource();
api::Resource metadef_tag_resource();
api::Resource metadef_resource_type_resource();
api::Resource metadef_schema_resource();

policy::Target target_of(const MetadefNamespace& space);
/// The namespace of the route's {namespace_name}, when the caller may see it (else 404) and may do
/// what the rule says (else 403).
MetadefNamespace need_namespace(api::Call& call, std::string_view rule);
/// ... which must not be protected: what stands in it is to be deleted.
void check_unprotected(const MetadefNamespace& space, const std::string& what,
                       const std::string& name);

/// A body by its shape, after refusing what only the service sets with 403 as upstream does.
template <class B>
B read_metadef(const Json& body,
               const std::vector<std::string>& read_only = {"created_at", "updated_at"}) {
    logic::check_not_read_only(body, read_only);
    Reading reading;
    return B::shape().parse(body, reading);
}

/// limit, marker, sort_key and sort_dir of a list inside a namespace as upstream reads
/// them: without a limit everything.
Page contents_page(api::Call& call, Page page);

inline Failure duplicate(const char* what, const std::string& name, const MetadefNamespace& space) {
    return conflict("Duplicate",
                    format("A metadata definition {} with name={} already exists in namespace={}.",
                           what, name, space.name));
}
inline Failure absent(const char* what, const std::string& name, const MetadefNamespace& space) {
    return not_found("NotFound",
                     format("The metadata definition {} with name={} was not found in "
                            "namespace={}.",
                            what, is_utf8(name) ? name.substr(0, 255) : "(text)", space.name));
}

template <class T>
T need_in(api::Call& call, const Table<T>& table, const MetadefNamespace& space, const char* what,
          const std::string& name) {
    auto found = store::find_in(call.tx, table, space.id, name);
    if (!found) throw absent(what, name, space);
    return std::move(*found);
}
template <class T>
void check_free(api::Call& call, const Table<T>& table, const MetadefNamespace& space,
                const char* what, const std::string& name) {
    if (store::find_in(call.tx, table, space.id, name)) throw duplicate(what, name, space);
}

/// An object with its links; `prefix` stands before its properties' names.
Json object_view(api::Call& call, const MetadefNamespace& space, const MetadefObject& object,
                 const std::string& prefix = "");

} // namespace nephele::glance
