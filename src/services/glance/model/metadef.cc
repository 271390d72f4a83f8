// SPDX-License-Identifier: Apache-2.0
#include "services/glance/model/metadef.h"

namespace nephele::glance {
namespace {
const Rule name_length = max_length(80);

// What every definition inside a namespace has.
template <class T> Shape<T>& inside_namespace(Shape<T>& s) {
    return s.field("id", &T::id, {hidden, read_only})
        .field("namespace_id", &T::namespace_id, {hidden, read_only})
        .field("name", &T::name, {name_length});
}
template <class T> Shape<T>& with_times(Shape<T>& s, const char* what) {
    return s
        .field("created_at", &T::created_at,
               {read_only, help(std::string("Date and time of ") + what + " creation")})
        .field(
            "updated_at", &T::updated_at,
            {read_only, help(std::string("Date and time of the last ") + what + " modification")});
}

template <class T> Shape<T>& namespace_fields(Shape<T>& s) {
    return s
        .field("namespace", &T::name,
               {required, not_blank, name_length, help("The unique namespace text.")})
        .field("display_name", &T::display_name,
               {name_length, omit_null, help("The name people are shown for the namespace.")})
        .field("description", &T::description,
               {max_length(500), omit_null, help("What the namespace is for.")})
        .field("visibility", &T::visibility, {help("Scope of namespace accessibility.")})
        .field("protected", &T::is_protected,
               {column("protected"), help("If true, namespace will not be deletable.")})
        .field("owner", &T::owner, {max_length(255), omit_null, help("Owner of the namespace.")});
}
template <class T> Shape<T>& object_fields(Shape<T>& s) {
    return s.field("description", &T::description, {omit_null, max_length(65535)})
        .field("required", &T::required, {max_items(1000)})
        .field("properties", &T::properties);
}
template <class T> Shape<T>& association_fields(Shape<T>& s) {
    return s
        .field("prefix", &T::prefix,
               {name_length, omit_null,
                help("What stands before the names of the namespace's properties on things of "
                     "this resource type, with its separator.")})
        .field("properties_target", &T::properties_target,
               {name_length, omit_null,
                help("Which of several sets of key-value pairs of the resource type is meant, "
                     "for example the image metadata of a volume.")});
}
} // namespace

const std::vector<std::pair<MetadefVisibility, const char*>>& names_of(MetadefVisibility) {
    static const std::vector<std::pair<MetadefVisibility, const char*>> names{
        {MetadefVisibility::everybody, "public"}, {MetadefVisibility::owner_only, "private"}};
    return names;
}

const Shape<MetadefNamespace>& MetadefNamespace::shape() {
    static const auto s = [] {
        Shape<MetadefNamespace> shape("", "namespaces");
        shape.field("id", &MetadefNamespace::id, {hidden, read_only});
        with_times(namespace_fields(shape), "namespace")
            .computed("self", [](const MetadefNamespace& n,
                                 const View&) { return Json("/v2/metadefs/namespaces/" + n.name); })
            .computed("schema", [](const MetadefNamespace&, const View&) {
                return Json("/v2/schemas/metadefs/namespace");
            });
        return shape;
    }();
    return s;
}

const Shape<MetadefObject>& MetadefObject::shape() {
    static const auto s = [] {
        Shape<MetadefObject> shape("", "objects");
        with_times(object_fields(inside_namespace(shape)), "object");
        return shape;
    }();
    return s;
}

const Shape<MetadefProperty>& MetadefProperty::shape() {
    static const auto s = [] {
        Shape<MetadefProperty> shape("", "properties");
        inside_namespace(shape).field("definition", &MetadefProperty::definition);
        with_times(shape, "property");
        return shape;
    }();
    return s;
}

const Shape<MetadefTag>& MetadefTag::shape() {
    static const auto s = [] {
        Shape<MetadefTag> shape("", "tags");
        with_times(inside_namespace(shape), "tag");
        return shape;
    }();
    return s;
}

const Shape<MetadefResourceType>& MetadefResourceType::shape() {
    static const auto s = [] {
        Shape<MetadefResourceType> shape("", "resource_types");
        shape.field("name", &MetadefResourceType::name, {name_length})
            .field("protected", &MetadefResourceType::is_protected, {hidden, column("protected")});
        with_times(shape, "resource type");
        return shape;
    }();
    return s;
}

const Shape<MetadefAssociation>& MetadefAssociation::shape() {
    static const auto s = [] {
        Shape<MetadefAssociation> shape("", "resource_type_associations");
        with_times(association_fields(inside_namespace(shape)), "association");
        return shape;
    }();
    return s;
}

const Shape<ObjectBody>& ObjectBody::shape() {
    static const auto s = [] {
        Shape<ObjectBody> shape;
        object_fields(
            shape.field("name", &ObjectBody::name, {shape::required, not_blank, name_length}));
        return shape;
    }();
    return s;
}

const Shape<TagBody>& TagBody::shape() {
    static const auto s =
        Shape<TagBody>().field("name", &TagBody::name, {required, not_blank, name_length});
    return s;
}

const Shape<TagsBody>& TagsBody::shape() {
    static const auto s =
        Shape<TagsBody>().field("tags", &TagsBody::tags, {required, max_items(10000)});
    return s;
}

const Shape<AssociationBody>& AssociationBody::shape() {
    static const auto s = [] {
        Shape<AssociationBody> shape;
        association_fields(shape.field("name", &AssociationBody::name,
                                       {required, not_blank, name_length,
                                        help("Name of the resource type, as Heat calls it where "
                                             "it has a name for it.")}));
        return shape;
    }();
    return s;
}

const Shape<NamespaceBody>& NamespaceBody::shape() {
    static const auto s = [] {
        Shape<NamespaceBody> shape;
        namespace_fields(shape)
            .field("resource_type_associations", &NamespaceBody::resource_type_associations)
            .field("properties", &NamespaceBody::properties)
            .field("objects", &NamespaceBody::objects)
            .field("tags", &NamespaceBody::tags);
        return shape;
    }();
    return s;
}

} // namespace nephele::glance
