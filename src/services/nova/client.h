// SPDX-License-Identifier: Apache-2.0
// Nova for the program: compute hosts of a control plane that is elsewhere.
#pragma once
#include "platform/agent/agent.h"

namespace nephele::nova {

/// Starts the hosts that nova.driver asks for; they are told what to do over this link. `cloud` has
/// a configuration and a clock, and nothing in its database.
void start_remote_hosts(Cloud& cloud, std::unique_ptr<agent::Link> link);
/// Guests go on running.
void stop_remote_hosts(Cloud& cloud);

} // namespace nephele::nova
