// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/server_checks.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

namespace nephele::nova::logic {
namespace {
constexpr std::int64_t gib = 1024LL * 1024 * 1024;
}

void check_image(const ImageSize& image, std::int64_t disk_gb, std::int64_t ram_mb) {
    if (image.status != "active")
        throw bad_request("ImageNotActive", format("Image {} is not active.", image.id));
    if (ram_mb < image.min_ram)
        throw bad_request("FlavorMemoryTooSmall",
                          "Flavor's memory is too small for requested image.");
    if (disk_gb == 0) return;
    std::int64_t disk = disk_gb * gib;
    std::int64_t needed = std::max(image.size, image.virtual_size);
    if (needed > disk)
        throw bad_request(
            "FlavorDiskSmallerThanImage",
            format("Flavor's disk is too small for requested image. Flavor disk is {} "
                   "bytes, image is {} bytes.",
                   disk, needed));
    if (image.min_disk > disk_gb)
        throw bad_request(
            "FlavorDiskSmallerThanMinDisk",
            format("Flavor's disk is smaller than the minimum size specified in image "
                   "metadata. Flavor disk is {} bytes, minimum size is {} bytes.",
                   disk, image.min_disk * gib));
}

void check_metadata(const Json& metadata, std::int64_t most) {
    if (!metadata.is_object())
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute metadata: an object "
                          "is expected.");
    if (most >= 0 && static_cast<std::int64_t>(metadata.size()) > most)
        throw forbidden("MetadataLimitExceeded",
                        format("Maximum number of metadata items exceeds {}", most));
    for (auto& [key, value] : metadata.as_object()) {
        if (key.empty() || utf8_length(key) > 255)
            throw bad_request("ValidationError", "Invalid input for field/attribute metadata: keys "
                                                 "have 1 to 255 characters.");
        if (!value.is_string() || utf8_length(value.as_string()) > 255)
            throw bad_request("ValidationError",
                              format("Invalid input for field/attribute {}. Values are texts of up "
                                     "to 255 characters.",
                                     key));
    }
}

void check_user_data(const std::string& base64) {
    std::string plain;
    for (char c : base64)
        if (c != '\n' && c != '\r') plain += c;
    if (!base64_decode(plain))
        throw bad_request("InstanceUserDataMalformed", "User data needs to be valid base 64.");
}

ZoneWish read_zone(const std::string& text) {
    auto parts = split(text, ':');
    if (parts.size() > 3)
        throw bad_request("InvalidInput",
                          "Invalid input received: Unable to parse availability_zone");
    ZoneWish wish;
    wish.zone = parts[0];
    if (parts.size() > 1) wish.host = parts[1];
    if (parts.size() > 2) wish.node = parts[2];
    if (wish.host.empty()) wish.host = wish.node;
    return wish;
}

bool needs_volumes(const Json& devices, const std::string& image_id) {
    if (!devices.is_array()) return !devices.is_null();
    if (devices.size() == 0) return false;
    if (devices.size() > 1) return true;
    const Json& one = devices.as_array().front();
    return !(one.text("source_type") == "image" && one.text("destination_type") == "local" &&
             one.text("uuid") == image_id);
}

} // namespace nephele::nova::logic
