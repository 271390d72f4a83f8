// SPDX-License-Identifier: Apache-2.0
#include "services/glance/model/image.h"

#include "base/ids.h"

namespace nephele::glance {
namespace {
// Keys of this namespace are reserved, so no custom property can be called so.
constexpr const char* properties_field = "os_glance_properties";

// What a client may set, in a create and in a patch alike.
template <class T> Shape<T>& settable(Shape<T>& s) {
    return s.field("name", &T::name, {max_length(255), help("Descriptive name for the image")})
        .field("visibility", &T::visibility, {help("Scope of image accessibility")})
        .field("protected", &T::is_protected,
               {help("If true, image will not be deletable."), column("protected")})
        .field("os_hidden", &T::os_hidden,
               {help("If true, image will not appear in default image list response.")})
        .field("owner", &T::owner, {max_length(255), help("Owner of the image")})
        .field("container_format", &T::container_format,
               {one_of(container_formats()), help("Format of the container")})
        .field("disk_format", &T::disk_format, {one_of(disk_formats()), help("Format of the disk")})
        .field(
            "min_disk", &T::min_disk,
            {between(0, INT32_MAX), help("Amount of disk space (in GB) required to boot image.")})
        .field("min_ram", &T::min_ram,
               {between(0, INT32_MAX), help("Amount of ram (in MB) required to boot image.")})
        .field("tags", &T::tags,
               {max_length(255), help("List of strings related to the image"), not_filterable})
        .extras(properties_field, &T::properties, {column("properties")});
}
} // namespace

const std::vector<std::pair<Status, const char*>>& names_of(Status) {
    static const std::vector<std::pair<Status, const char*>> names{
        {Status::queued, "queued"},       {Status::saving, "saving"},
        {Status::uploading, "uploading"}, {Status::importing, "importing"},
        {Status::active, "active"},       {Status::deactivated, "deactivated"}};
    return names;
}
const std::vector<std::pair<Visibility, const char*>>& names_of(Visibility) {
    static const std::vector<std::pair<Visibility, const char*>> names{
        {Visibility::community, "community"},
        {Visibility::everybody, "public"},
        {Visibility::owner_only, "private"},
        {Visibility::shared, "shared"}};
    return names;
}

std::string Image::stores() const {
    std::string out;
    for (auto& location : locations) out += (out.empty() ? "" : ",") + location.store;
    return out;
}

const std::vector<std::string>& disk_formats() {
    static const std::vector<std::string> all{"ami", "ari",   "aki", "vhd", "vhdx",  "vmdk",
                                              "raw", "qcow2", "vdi", "iso", "ploop", "gpt"};
    return all;
}
const std::vector<std::string>& container_formats() {
    static const std::vector<std::string> all{"ami", "ari", "aki",    "bare",
                                              "ovf", "ova", "docker", "compressed"};
    return all;
}

const Shape<NewImage>& NewImage::shape() {
    static const auto s = [] {
        Shape<NewImage> shape;
        shape.field("id", &NewImage::id,
                    {text_format("UUID", [](std::string_view t) { return is_uuid(t); }),
                     help("An identifier for the image")});
        return settable(shape);
    }();
    return s;
}

const Shape<Image>& image_edit() {
    static const auto s = [] {
        Shape<Image> shape;
        return settable(shape);
    }();
    return s;
}

const Shape<Image>& Image::shape() {
    static const auto s = [] {
        Shape<Image> shape("", "images");
        shape.field("id", &Image::id, {read_only, help("An identifier for the image")});
        settable(shape)
            .field("status", &Image::status, {read_only, help("Status of the image")})
            .field("size", &Image::size, {read_only, help("Size of image file in bytes")})
            .field("virtual_size", &Image::virtual_size,
                   {read_only, help("Virtual size of image in bytes")})
            .field("checksum", &Image::checksum, {read_only, help("md5 hash of image contents.")})
            .field("os_hash_algo", &Image::os_hash_algo,
                   {read_only, help("Algorithm to calculate the os_hash_value")})
            .field("os_hash_value", &Image::os_hash_value,
                   {read_only, help("Hexdigest of the image contents using the algorithm "
                                    "specified by the os_hash_algo")})
            .field("created_at", &Image::created_at,
                   {read_only, help("Date and time of image registration")})
            .field("updated_at", &Image::updated_at,
                   {read_only, help("Date and time of the last image modification")})
            .field("location", &Image::location, {hidden, read_only, not_sortable})
            .field("os_glance_locations", &Image::locations,
                   {hidden, read_only, not_sortable, not_filterable, column("locations")})
            .field("staged", &Image::staged, {hidden, read_only, not_sortable})
            .field("inspected_format", &Image::inspected_format, {hidden, read_only, not_sortable})
            .field("upload_node", &Image::upload_node, {hidden, read_only, not_sortable})
            .field("direct_url", &Image::direct_url,
                   {read_only, not_stored, omit_null, not_filterable, not_sortable})
            .field("locations", &Image::shown_locations,
                   {read_only, not_stored, omit_null, not_filterable, not_sortable})
            .computed("stores",
                      [](const Image& image, const View&) {
                          std::string stores = image.stores();
                          return stores.empty() ? Json() : Json(stores);
                      },
                      {omit_null})
            .computed("self", [](const Image& image,
                                 const View&) { return Json("/v2/images/" + image.id); })
            .computed("file", [](const Image& image,
                                 const View&) { return Json("/v2/images/" + image.id + "/file"); })
            .computed("schema",
                      [](const Image&, const View&) { return Json("/v2/schemas/image"); });
        return shape;
    }();
    return s;
}

} // namespace nephele::glance
