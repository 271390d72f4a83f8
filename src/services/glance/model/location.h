// SPDX-License-Identifier: Apache-2.0
// Where one copy of an image's data lies.
#pragma once
#include "platform/shape/shape.h"

#include <string>

namespace nephele::glance {

struct Location {
    std::string url;
    std::string store;              ///< the store it belongs to
    Json metadata = Json::object(); ///< a client's own words about it
    static const shape::Shape<Location>& shape() {
        static const auto s = shape::Shape<Location>()
                                  .field("url", &Location::url)
                                  .field("store", &Location::store)
                                  .field("metadata", &Location::metadata);
        return s;
    }
    bool operator==(const Location&) const = default;
};

} // namespace nephele::glance
