// SPDX-License-Identifier: Apache-2.0
// JSON patch as images take it: add, replace and remove of one top-level attribute at a time (or of
// one of the locations), in both forms clients send (v2.1: {"op", "path", "value"}; v2.0:
// {"replace": path, "value"}).
#pragma once
#include "services/glance/logic/locations.h"

#include <string_view>
#include <vector>

namespace nephele::glance::logic {

struct Change {
    enum class Op { add, replace, remove } op = Op::add;
    std::string name; ///< of the attribute
    Json value;
    std::string position; ///< in locations: a number or "-"; empty: all of them
    bool of_locations() const { return name == "locations"; }
};

inline constexpr const char* patch_type_2_1 = "application/openstack-images-v2.1-json-patch";
inline constexpr const char* patch_type_2_0 = "application/openstack-images-v2.0-json-patch";

/// Throws Failure: unsupported media type, or what is wrong with which operation.
std::vector<Change> read_patch(std::string_view content_type, const Json& body);

struct PatchRights {
    bool admin = false;                  ///< may give the image to another owner
    LocationRights* locations = nullptr; ///< needed for changes of locations
};
/// Applies one after the other; throws on the first that cannot be.
void apply(Image& image, const std::vector<Change>& changes, const PatchRights& rights);

} // namespace nephele::glance::logic
