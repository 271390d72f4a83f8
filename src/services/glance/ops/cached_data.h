// SPDX-License-Identifier: Apache-2.0
// An image's data through this node's cache, and the rows that tell what each node has cached.
#pragma once
#include "services/glance/model/image.h"
#include "services/glance/ops/state.h"

namespace nephele::glance {

/// From the cache when it is there or comes from a store that has no files; else from the store.
/// Throws as open_data() does, and Failure(unprocessable) when the data is not what the row says.
OpenObject open_through_cache(Cloud& cloud, const Image& image);
/// Has the data copied into the cache, whatever store it is in; false when it cannot be.
bool begin_caching(Cloud& cloud, const Image& image);
/// The image's name in the cache: another one once it has other data.
std::string cache_name(const Image& image);

/// Takes out copies whose image is gone or has other data, has queued ones made, and tells.
int clean_cache(Cloud& cloud);
void fill_queued(Cloud& cloud);
/// Brings this node's rows in line with its cache.
void tell_cache(Cloud& cloud);

} // namespace nephele::glance
