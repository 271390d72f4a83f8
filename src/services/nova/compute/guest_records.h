// SPDX-License-Identifier: Apache-2.0
// Between JSON of agent records and the typed guest.
#pragma once
#include "platform/agent/agent.h"
#include "services/nova/model/guest_spec.h"

namespace nephele::nova::compute {

/// Throws EngineFailure (permanent) when the record is no guest this host can make.
GuestSpec guest_of(const agent::Desired& desired);
agent::Observed observed_guest(const GuestStatus& status);

/// The numbers of nova's power states.
namespace power_state {
inline constexpr std::int64_t none = 0, running = 1, paused = 3, shut_down = 4, crashed = 6,
                              suspended = 7;
}
/// What a guest shows when it is as desired.
std::int64_t power_state_of(GuestPower power);

} // namespace nephele::nova::compute
