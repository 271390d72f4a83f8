// SPDX-License-Identifier: Apache-2.0
// The content of a large object: its segments, one after the other, opened when their turn comes.
#pragma once
#include "services/swift/api/exchange.h"
#include "services/swift/logic/manifest.h"

namespace nephele::swift {

/// Throws Refused(409) when the first segment cannot be read, so that no answer begins in vain.
std::shared_ptr<Content> segmented_content(const Request& request, const Next& next,
                                           std::vector<logic::Segment> segments);

} // namespace nephele::swift
