// SPDX-License-Identifier: Apache-2.0
// A copy of an image's data in a node's cache.
#pragma once
#include "base/time.h"

#include <cstdint>
#include <string>

namespace nephele::glance {

struct CachedCopy {
    std::string image_id, name; ///< name: of the object in the cache
    std::uint64_t size = 0;
    std::int64_t hits = 0;
    Time last_accessed, last_modified;
};

} // namespace nephele::glance
