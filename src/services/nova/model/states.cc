// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/states.h"

namespace nephele::nova {

const std::vector<std::pair<VmState, const char*>>& names_of(VmState) {
    static const std::vector<std::pair<VmState, const char*>> all{
        {VmState::building, "building"}, {VmState::active, "active"},
        {VmState::paused, "paused"},     {VmState::suspended, "suspended"},
        {VmState::stopped, "stopped"},   {VmState::error, "error"}};
    return all;
}

const std::vector<std::pair<TaskState, const char*>>& names_of(TaskState) {
    static const std::vector<std::pair<TaskState, const char*>> all{
        {TaskState::scheduling, "scheduling"},
        {TaskState::networking, "networking"},
        {TaskState::spawning, "spawning"},
        {TaskState::powering_off, "powering-off"},
        {TaskState::powering_on, "powering-on"},
        {TaskState::rebooting, "rebooting"},
        {TaskState::rebooting_hard, "rebooting_hard"},
        {TaskState::pausing, "pausing"},
        {TaskState::unpausing, "unpausing"},
        {TaskState::suspending, "suspending"},
        {TaskState::resuming, "resuming"},
        {TaskState::deleting, "deleting"}};
    return all;
}

std::string status_of(VmState vm_state, std::optional<TaskState> task) {
    switch (vm_state) {
    case VmState::building:
        return "BUILD";
    case VmState::active:
        if (task == TaskState::rebooting) return "REBOOT";
        if (task == TaskState::rebooting_hard) return "HARD_REBOOT";
        return "ACTIVE";
    case VmState::paused:
        return "PAUSED";
    case VmState::suspended:
        return "SUSPENDED";
    case VmState::stopped:
        return "SHUTOFF";
    case VmState::error:
        return "ERROR";
    }
    return "UNKNOWN";
}

bool shows_progress(VmState vm_state, std::optional<TaskState> task) {
    std::string status = status_of(vm_state, task);
    return status == "ACTIVE" || status == "BUILD";
}

} // namespace nephele::nova
