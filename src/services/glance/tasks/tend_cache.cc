// SPDX-License-Identifier: Apache-2.0
#include "services/glance/tasks/tend_cache.h"

#include "services/glance/ops/cached_data.h"

namespace nephele::glance {

task::Task tend_cache_task() {
    return {.name = "glance.tend_cache",
            .every_ms = 60'000,
            .nudged_by = {},
            .run =
                [](Cloud& cloud) {
                    if (!cloud.state<State>().cache) return;
                    clean_cache(cloud);
                    fill_queued(cloud);
                },
            .one_node = false};
}

} // namespace nephele::glance
