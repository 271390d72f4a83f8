// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/rules.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::glance::logic {
namespace {
constexpr std::size_t tag_length = 255, property_name_length = 255, property_value_length = 65535;

bool contains(std::initializer_list<const char*> all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

void drop_repeated(std::vector<std::string>& tags) {
    std::vector<std::string> kept;
    for (auto& tag : tags)
        if (std::find(kept.begin(), kept.end(), tag) == kept.end()) kept.push_back(tag);
    tags = std::move(kept);
}

void check_properties(const Json& properties) {
    for (auto& [name, value] : properties.as_object()) {
        if (name.empty() || utf8_length(name) > property_name_length)
            throw invalid_input(name.substr(0, 100), value,
                                "a property's name has 1 to 255 characters");
        if (!value.is_string())
            throw invalid_input(name, value,
                                format("{} is not of type 'string'", value.dump().substr(0, 100)));
        if (value.as_string().size() > property_value_length)
            throw invalid_input(name, value.as_string().substr(0, 50),
                                format("the value is longer than {} bytes", property_value_length));
        if (value.as_string().find('\0') != std::string::npos)
            throw invalid_input(name, "", "the value holds a NUL character");
    }
}
} // namespace

void check_settable_name(const std::string& name) {
    if (contains({"created_at", "updated_at", "status", "checksum", "size", "virtual_size",
                  "direct_url", "self", "file", "schema", "stores", "id", "os_hash_algo",
                  "os_hash_value"},
                 name))
        throw forbidden("ReadonlyProperty", format("Attribute '{}' is read-only.", name));
    if (contains({"location", "locations", "deleted", "deleted_at"}, name) ||
        name.rfind("os_glance", 0) == 0)
        throw forbidden("ReservedProperty",
                        format("Attribute '{}' is reserved.", name.substr(0, 255)));
}

void check_limit(const char* what, std::int64_t attempted, std::int64_t limit) {
    if (limit <= 0 || attempted <= limit) return;
    throw Failure(Fault::too_large, "LimitExceeded",
                  format("The limit has been exceeded on the number of allowed image {}. "
                         "Attempted: {}, Maximum: {}",
                         what, attempted, limit));
}

void settle(Image& image, const Quotas& quotas) {
    drop_repeated(image.tags);
    for (auto& tag : image.tags) check_tag(tag);
    check_properties(image.properties);
    check_limit("properties", static_cast<std::int64_t>(image.properties.size()),
                quotas.properties);
    check_limit("tags", static_cast<std::int64_t>(image.tags.size()), quotas.tags);
}

Image new_image(const NewImage& wanted, const std::string& id, const std::string& owner, Time now) {
    for (auto& [name, value] : wanted.properties.as_object()) check_settable_name(name);
    Image image;
    image.id = id;
    image.name = wanted.name;
    image.visibility = wanted.visibility;
    image.is_protected = wanted.is_protected;
    image.os_hidden = wanted.os_hidden;
    image.owner = wanted.owner ? *wanted.owner : owner;
    image.container_format = wanted.container_format;
    image.disk_format = wanted.disk_format;
    image.min_disk = wanted.min_disk;
    image.min_ram = wanted.min_ram;
    image.tags = wanted.tags;
    image.properties = wanted.properties;
    image.created_at = image.updated_at = now;
    return image;
}

void check_deletable(const Image& image) {
    if (!image.is_protected) return;
    throw forbidden("ProtectedImageDelete",
                    format("Image {} is protected and cannot be deleted. Set 'protected' to false "
                           "first.",
                           image.id));
}

void check_can_receive(const Image& image) {
    if (image.status != Status::queued)
        throw conflict("InvalidImageStatusTransition",
                       format("Image status transition from {} to saving is not allowed: {}",
                              text_of_enum(image.status),
                              image.status == Status::saving ? "another upload is under way."
                                                             : "the image has its data already."));
    std::vector<std::string> missing;
    if (!image.container_format) missing.push_back("container_format");
    if (!image.disk_format) missing.push_back("disk_format");
    if (!missing.empty())
        throw bad_request("InvalidInput", format("Properties {} must be set prior to saving data.",
                                                 join(missing, ", ")));
}

std::int64_t receivable(std::int64_t stored, const Quotas& quotas) {
    std::int64_t limit = quotas.image_size > 0 ? quotas.image_size : INT64_MAX;
    if (quotas.stores_nothing) return 0;
    if (quotas.stored_bytes <= 0) return limit;
    return std::min(limit, std::max<std::int64_t>(0, quotas.stored_bytes - stored));
}

void check_fits(std::int64_t bytes, std::int64_t stored, const Quotas& quotas) {
    if (quotas.image_size > 0 && bytes > quotas.image_size)
        throw Failure(
            Fault::too_large, "ImageSizeLimitExceeded",
            format("The provided image is too large: the limit is {} bytes.", quotas.image_size));
    bool full = quotas.stores_nothing && bytes > 0;
    if (full || (quotas.stored_bytes > 0 && bytes > quotas.stored_bytes - stored))
        throw Failure(Fault::too_large, "StorageQuotaFull",
                      format("The size of the data {} will exceed the limit. {} bytes remaining.",
                             bytes, std::max<std::int64_t>(0, quotas.stored_bytes - stored)));
}

void check_activation(const Image& image, bool activate) {
    if (image.has_data()) return;
    throw forbidden("Forbidden",
                    format("Not allowed to {} image in status '{}'",
                           activate ? "reactivate" : "deactivate", text_of_enum(image.status)));
}

void check_may_have_members(const Image& image) {
    if (image.visibility == Visibility::shared) return;
    throw forbidden("Forbidden", "Only shared images have members.");
}

void check_tag(const std::string& tag) {
    if (utf8_length(tag) > tag_length || tag.find('\0') != std::string::npos)
        throw invalid_input("tags", tag.substr(0, 100), "a tag has at most 255 characters");
}

} // namespace nephele::glance::logic
