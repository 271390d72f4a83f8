// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "platform/context/readiness.h"

namespace nephele {

/// What every node needs whatever services it has: its database, and room on its disk.
std::vector<Readiness::Part> own_readiness();

} // namespace nephele
