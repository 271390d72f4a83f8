// SPDX-License-Identifier: Apache-2.0
// What a new server's parts must satisfy: image against flavor, metadata, user data, zone.
#pragma once
#include "platform/json/json.h"

#include <string>

namespace nephele::nova::logic {

struct ImageSize {
    std::string id, status;
    std::int64_t min_disk = 0, min_ram = 0;  ///< GiB, MiB
    std::int64_t size = 0, virtual_size = 0; ///< bytes
};
/// Throws upstream's 400s: ImageNotActive, FlavorMemoryTooSmall, FlavorDiskSmallerThan...
void check_image(const ImageSize& image, std::int64_t disk_gb, std::int64_t ram_mb);
/// Keys and values of up to 255 characters; `most` items (-1: any).
void check_metadata(const Json& metadata, std::int64_t most);
void check_user_data(const std::string& base64);

struct ZoneWish {
    std::string zone, host, node;
};
/// "zone", "zone:host", "zone:host:node", "zone::node".
ZoneWish read_zone(const std::string& text);

/// True when the block devices are more than "boot from this image's own disk", which clients send
/// along for plain servers.
bool needs_volumes(const Json& block_devices_v2, const std::string& image_id);

} // namespace nephele::nova::logic
