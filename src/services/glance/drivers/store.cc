// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/store.h"

#include "base/ids.h"

#include <algorithm>

namespace nephele::glance {
namespace {
constexpr std::size_t uuid_length = 36, random_length = 8;
constexpr std::string_view file_scheme = "file://";
} // namespace

std::string new_object_name(const std::string& image_id, const std::string& random_hex) {
    return image_id + "-" + random_hex.substr(0, random_length);
}

bool is_object_name(std::string_view name) {
    return name.size() == uuid_length + 1 + random_length && is_uuid(name.substr(0, uuid_length)) &&
           name[uuid_length] == '-' &&
           name.find_first_not_of("0123456789abcdef", uuid_length + 1) == std::string_view::npos;
}

std::string object_of(std::string_view location) {
    // Locations of Ceph end in the name of a snapshot.
    constexpr std::string_view snapshot = "/snap";
    if (location.size() > snapshot.size() &&
        location.substr(location.size() - snapshot.size()) == snapshot)
        location.remove_suffix(snapshot.size());
    std::string_view name = location.substr(location.rfind('/') + 1);
    return is_object_name(name) ? std::string(name) : "";
}

std::string image_of_object(std::string_view name) {
    return std::string(name.substr(0, uuid_length));
}

std::string path_of_location(std::string_view location) {
    if (location.substr(0, file_scheme.size()) != file_scheme) return "";
    return std::string(location.substr(file_scheme.size()));
}

} // namespace nephele::glance
