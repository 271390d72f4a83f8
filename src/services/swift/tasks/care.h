// SPDX-License-Identifier: Apache-2.0
// What keeps the device in order: objects past their time go, dead bytes are given back, what lies
// on the disk is read again and compared with its digests.
#pragma once
#include "platform/task/task.h"

namespace nephele::swift {

std::vector<task::Task> care_tasks();

} // namespace nephele::swift
