// SPDX-License-Identifier: Apache-2.0
// Uploads that died and data nobody owns: images that are `saving` without a live upload go back to
// queued, objects no image names are removed.
#pragma once
#include "platform/task/task.h"

namespace nephele::glance {

struct Swept {
    int images = 0, objects = 0;
};
Swept sweep(Cloud& cloud);
task::Task sweep_task();

} // namespace nephele::glance
