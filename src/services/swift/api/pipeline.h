// SPDX-License-Identifier: Apache-2.0
// The steps a request passes, in upstream's order.
#pragma once
#include "services/swift/api/exchange.h"

namespace nephele::swift {

Next pipeline();

} // namespace nephele::swift
