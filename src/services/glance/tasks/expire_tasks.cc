// SPDX-License-Identifier: Apache-2.0
#include "services/glance/tasks/expire_tasks.h"

#include "services/glance/store/tasks.h"

namespace nephele::glance {

task::Task expire_tasks_task() {
    return {.name = "glance.expire_tasks",
            .every_ms = 10 * 60'000,
            .nudged_by = {},
            .run = [](Cloud& cloud) {
                while (write_as_cloud(cloud, "glance.expire_tasks", [](Context& context) {
                           return store::remove_expired_tasks(context);
                       }) > 0) {
                }
            }};
}

} // namespace nephele::glance
