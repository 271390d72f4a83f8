// SPDX-License-Identifier: Apache-2.0
// Whether servers still fit a project's quotas, and what exceeding one says.
#pragma once
#include "services/nova/model/quota.h"

namespace nephele::nova::logic {

/// Throws TooManyInstances (403) with upstream's words when a limit (-1: none) would be passed.
void check_instances(const Amounts& limits, const Amounts& used, std::int64_t count,
                     std::int64_t cores_each, std::int64_t ram_each);
/// How many of `wanted` servers of this size fit, for min_count < max_count.
std::int64_t instances_that_fit(const Amounts& limits, const Amounts& used, std::int64_t wanted,
                                std::int64_t cores_each, std::int64_t ram_each);

} // namespace nephele::nova::logic
