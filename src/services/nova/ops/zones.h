// SPDX-License-Identifier: Apache-2.0
// The availability zone of each compute host: what an aggregate says, else what the host says, else
// the configured one.
#pragma once
#include "platform/context/context.h"

namespace nephele::nova {

/// After a change of aggregates.
void settle_zones(Context&);

} // namespace nephele::nova
