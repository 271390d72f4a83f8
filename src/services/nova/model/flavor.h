// SPDX-License-Identifier: Apache-2.0
// Flavors: the sizes of servers.
#pragma once
#include "platform/shape/shape.h"

namespace nephele::nova {

using shape::Shape;

struct Flavor {
    std::string id, name;
    std::optional<std::string> description;
    std::int64_t ram = 0, vcpus = 0, disk = 0, ephemeral = 0, swap = 0;
    double rxtx_factor = 1.0;
    bool is_public = true;
    Json extra_specs = Json::object();
    Time created_at;
    static const Shape<Flavor>& shape();
};

/// Body of POST /flavors.
struct NewFlavor {
    std::string name;
    Json id; ///< text or a whole number; null and "auto": made
    std::optional<std::string> description;
    std::int64_t ram = 0, vcpus = 0, disk = 0, ephemeral = 0, swap = 0;
    double rxtx_factor = 1.0;
    bool is_public = true;
    static const Shape<NewFlavor>& shape();
};
struct FlavorEdit {
    std::optional<std::string> description;
    static const Shape<FlavorEdit>& shape();
};

struct FlavorAccess {
    std::string id; ///< "<flavor>/<project>"
    std::string flavor_id, project_id;
    static const Shape<FlavorAccess>& shape();
};

} // namespace nephele::nova
