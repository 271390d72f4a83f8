// SPDX-License-Identifier: Apache-2.0
// Each node's cache of images: copies of images that are gone go, queued ones are made, hits told.
#pragma once
#include "platform/task/task.h"

namespace nephele::glance {

task::Task tend_cache_task();

} // namespace nephele::glance
