// SPDX-License-Identifier: Apache-2.0
// Nova's reconcilers.
#pragma once
#include "platform/task/task.h"

namespace nephele::nova {

/// Agents that say they are compute hosts become services, hypervisors and resource providers.
task::Task register_hosts();
/// Guests that changed by themselves change their servers: stopped from inside is SHUTOFF.
task::Task power_sync();
/// Old console tokens, and what was done with servers long gone.
task::Task forget();

} // namespace nephele::nova
