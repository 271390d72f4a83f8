// SPDX-License-Identifier: Apache-2.0
// Nova's reconcilers.
#pragma once
#include "platform/task/task.h"

namespace nephele::nova {

/// Agents that say they are compute hosts become services, hypervisors and resource providers.
task::Task register_hosts();
/// Guests that changed by themselves change their servers: stopped from inside is SHUTOFF.
task::Task power_sync();
/// What guests are told by the metadata service follows floating IPs, addresses and security
/// groups; cards whose ports were deleted are pulled out.
task::Task renew_documents();
/// Soft-deleted servers whose time is over are deleted.
task::Task reclaim();
/// Old console tokens, servers deleted long ago, and what was done with them.
task::Task forget();

} // namespace nephele::nova
