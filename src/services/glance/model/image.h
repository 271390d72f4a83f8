// SPDX-License-Identifier: Apache-2.0
// An image as glance keeps it: what clients are shown, and where its bytes lie.
#pragma once
#include "platform/shape/table.h"
#include "services/glance/model/location.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::glance {
using namespace shape;

/// queued: no data yet; saving: an upload runs; uploading: data is staged, or being so; importing:
/// an import runs; active: usable; deactivated: kept, but only administrators may read the data.
enum class Status { queued, saving, uploading, importing, active, deactivated };
enum class Visibility { owner_only, shared, community, everybody };
const std::vector<std::pair<Status, const char*>>& names_of(Status);
const std::vector<std::pair<Visibility, const char*>>& names_of(Visibility);

struct Image {
    std::string id;
    std::optional<std::string> name;
    Status status = Status::queued;
    Visibility visibility = Visibility::shared;
    bool is_protected = false, os_hidden = false;
    std::optional<std::string> owner, container_format, disk_format;
    std::int64_t min_disk = 0, min_ram = 0;
    std::optional<std::int64_t> size, virtual_size;
    std::optional<std::string> checksum, os_hash_algo, os_hash_value;
    std::vector<std::string> tags;
    Json properties = Json::object(); ///< custom ones: every other top-level key
    Time created_at, updated_at;

    // Never shown.
    std::optional<std::string> location; ///< of the copy read first; set from saving on
    std::vector<Location> locations;     ///< of every copy, the first to be read first
    std::optional<std::string> staged;   ///< in the staging store, from the begin of staging on
    std::optional<std::string> inspected_format; ///< "raw" or "qcow2", as the bytes said
    std::optional<std::string> upload_node;      ///< the node that receives or holds staged data

    // Shown where the site allows it; filled by the handlers.
    std::optional<std::string> direct_url;
    Json shown_locations;

    static const Shape<Image>& shape();
    std::string stores() const; ///< "a,b"
    bool has_data() const { return status == Status::active || status == Status::deactivated; }
};

/// The body of a create.
struct NewImage {
    std::optional<std::string> id, name, owner, container_format, disk_format;
    Visibility visibility = Visibility::shared;
    bool is_protected = false, os_hidden = false;
    std::int64_t min_disk = 0, min_ram = 0;
    std::vector<std::string> tags;
    Json properties = Json::object();
    static const Shape<NewImage>& shape();
};

/// The fields a patch may set, read onto a stored image.
const Shape<Image>& image_edit();

const std::vector<std::string>& disk_formats();
const std::vector<std::string>& container_formats();

} // namespace nephele::glance
