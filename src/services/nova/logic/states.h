// SPDX-License-Identifier: Apache-2.0
// The state machine of servers: what may be done in which state.
#pragma once
#include "services/nova/model/states.h"

#include <optional>
#include <string>
#include <string_view>

namespace nephele::nova::logic {

struct Now {
    std::string id;
    VmState vm_state;
    std::optional<TaskState> task_state;
    bool launched; ///< has ever been active
};
/// Throws Failure(conflict, "InstanceInvalidState") in upstream's words when `action` (its name in
/// messages: "stop", "pause", "reboot") may not be done now.
void check_allowed(std::string_view action, const Now& now);

} // namespace nephele::nova::logic
