// SPDX-License-Identifier: Apache-2.0
// The sending half of container sync.
#pragma once
#include "platform/task/task.h"

namespace nephele::swift {

task::Task sync_task();

} // namespace nephele::swift
