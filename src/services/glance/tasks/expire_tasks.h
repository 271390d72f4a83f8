// SPDX-License-Identifier: Apache-2.0
// Records of tasks that ended long ago are removed.
#pragma once
#include "platform/task/task.h"

namespace nephele::glance {

task::Task expire_tasks_task();

} // namespace nephele::glance
