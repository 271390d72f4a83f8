// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/states.h"

namespace nephele::nova {

const std::vector<std::pair<VmState, const char*>>& names_of(VmState) {
    static const std::vector<std::pair<VmState, const char*>> all{
        {VmState::building, "building"},
        {VmState::active, "active"},
        {VmState::paused, "paused"},
        {VmState::suspended, "suspended"},
        {VmState::stopped, "stopped"},
        {VmState::rescued, "rescued"},
        {VmState::resized, "resized"},
        {VmState::shelved, "shelved"},
        {VmState::shelved_offloaded, "shelved_offloaded"},
        {VmState::soft_deleted, "soft-delete"},
        {VmState::deleted, "deleted"},
        {VmState::error, "error"}};
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
        {TaskState::image_snapshot_pending, "image_snapshot_pending"},
        {TaskState::image_snapshot, "image_snapshot"},
        {TaskState::image_uploading, "image_uploading"},
        {TaskState::image_backup, "image_backup"},
        {TaskState::rebuilding, "rebuilding"},
        {TaskState::resize_prep, "resize_prep"},
        {TaskState::resize_migrating, "resize_migrating"},
        {TaskState::resize_finish, "resize_finish"},
        {TaskState::resize_reverting, "resize_reverting"},
        {TaskState::rescuing, "rescuing"},
        {TaskState::unrescuing, "unrescuing"},
        {TaskState::shelving, "shelving"},
        {TaskState::shelving_image_uploading, "shelving_image_uploading"},
        {TaskState::shelving_offloading, "shelving_offloading"},
        {TaskState::unshelving, "unshelving"},
        {TaskState::updating_password, "updating_password"},
        {TaskState::soft_deleting, "soft-deleting"},
        {TaskState::restoring, "restoring"},
        {TaskState::deleting, "deleting"}};
    return all;
}

namespace {
bool resizing(std::optional<TaskState> task) {
    return task == TaskState::resize_prep || task == TaskState::resize_migrating ||
           task == TaskState::resize_finish;
}
std::string status_of_active(std::optional<TaskState> task) {
    if (task == TaskState::rebooting) return "REBOOT";
    if (task == TaskState::rebooting_hard) return "HARD_REBOOT";
    if (task == TaskState::updating_password) return "PASSWORD";
    if (task == TaskState::rebuilding) return "REBUILD";
    return resizing(task) ? "RESIZE" : "ACTIVE";
}
} // namespace

std::string status_of(VmState vm_state, std::optional<TaskState> task) {
    switch (vm_state) {
    case VmState::building:
        return "BUILD";
    case VmState::active:
        return status_of_active(task);
    case VmState::paused:
        return "PAUSED";
    case VmState::suspended:
        return "SUSPENDED";
    case VmState::stopped:
        if (task == TaskState::rebuilding) return "REBUILD";
        return resizing(task) ? "RESIZE" : "SHUTOFF";
    case VmState::rescued:
        return "RESCUE";
    case VmState::resized:
        return task == TaskState::resize_reverting ? "REVERT_RESIZE" : "VERIFY_RESIZE";
    case VmState::shelved:
        return "SHELVED";
    case VmState::shelved_offloaded:
        return "SHELVED_OFFLOADED";
    case VmState::soft_deleted:
        return "SOFT_DELETED";
    case VmState::deleted:
        return "DELETED";
    case VmState::error:
        return task == TaskState::rebuilding ? "REBUILD" : "ERROR";
    }
    return "UNKNOWN";
}

bool shows_progress(VmState vm_state, std::optional<TaskState> task) {
    std::string status = status_of(vm_state, task);
    for (auto* shown : {"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE"})
        if (status == shown) return true;
    return false;
}

} // namespace nephele::nova
