// SPDX-License-Identifier: Apache-2.0
// A host aggregate: hosts with something in common, said by its metadata. One with the key
// "availability_zone" makes its hosts that zone.
#pragma once
#include "platform/shape/shape.h"

namespace nephele::nova {

using shape::Shape;

struct Aggregate {
    std::string id;
    std::int64_t number = 0; ///< its id in paths
    std::string name;
    std::vector<std::string> hosts;
    Json metadata = Json::object();
    Time created_at;
    std::optional<Time> updated_at;

    std::string zone() const { return metadata.text("availability_zone"); }
    static const Shape<Aggregate>& shape();
};

} // namespace nephele::nova
