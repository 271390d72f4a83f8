// SPDX-License-Identifier: Apache-2.0
// Metadata definitions: which properties things of a resource type may carry, what they mean and
// which values they take. Kept by namespace; dashboards and clients offer them to people.
#pragma once
#include "platform/shape/table.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::glance {
using namespace shape;

enum class MetadefVisibility { owner_only, everybody };
const std::vector<std::pair<MetadefVisibility, const char*>>& names_of(MetadefVisibility);

struct MetadefNamespace {
    std::string id;
    std::string name; ///< "namespace" in JSON: "OS::Compute::Libvirt"
    std::optional<std::string> display_name, description;
    MetadefVisibility visibility = MetadefVisibility::owner_only;
    bool is_protected = false;
    std::optional<std::string> owner;
    Time created_at, updated_at;
    static const Shape<MetadefNamespace>& shape();
};

/// A group of properties that belong together.
struct MetadefObject {
    std::string id, namespace_id;
    std::string name;
    std::optional<std::string> description;
    std::vector<std::string> required;
    Json properties = Json::object(); ///< name -> definition
    Time created_at, updated_at;
    static const Shape<MetadefObject>& shape();
};

struct MetadefProperty {
    std::string id, namespace_id;
    std::string name;
    Json definition = Json::object(); ///< JSON schema of its value, with a title
    Time created_at, updated_at;
    static const Shape<MetadefProperty>& shape();
};

struct MetadefTag {
    std::string id, namespace_id;
    std::string name;
    Time created_at, updated_at;
    static const Shape<MetadefTag>& shape();
};

/// What definitions may be applied to: "OS::Glance::Image", "OS::Nova::Flavor".
struct MetadefResourceType {
    std::string name;
    bool is_protected = false;
    Time created_at, updated_at;
    static const Shape<MetadefResourceType>& shape();
};

/// A namespace applies to a resource type; its properties there have a prefix.
struct MetadefAssociation {
    std::string id, namespace_id;
    std::string name; ///< of the resource type
    std::optional<std::string> prefix, properties_target;
    Time created_at, updated_at;
    static const Shape<MetadefAssociation>& shape();
};

// ---- bodies of requests ----
struct ObjectBody {
    std::string name;
    std::optional<std::string> description;
    std::vector<std::string> required;
    Json properties = Json::object();
    static const Shape<ObjectBody>& shape();
};
struct TagBody {
    std::string name;
    static const Shape<TagBody>& shape();
};
struct TagsBody {
    std::vector<TagBody> tags;
    static const Shape<TagsBody>& shape();
};
struct AssociationBody {
    std::string name;
    std::optional<std::string> prefix, properties_target;
    static const Shape<AssociationBody>& shape();
};
struct NamespaceBody {
    std::string name;
    std::optional<std::string> display_name, description, owner;
    MetadefVisibility visibility = MetadefVisibility::owner_only;
    bool is_protected = false;
    std::vector<AssociationBody> resource_type_associations;
    Json properties = Json::object();
    std::vector<ObjectBody> objects;
    std::vector<TagBody> tags;
    static const Shape<NamespaceBody>& shape();
};

} // namespace nephele::glance
