// SPDX-License-Identifier: Apache-2.0
// What a server is (vm_state), what is being done with it (task_state), and how its guest runs
// (power_state). Spelled once, here; the values are upstream's.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nephele::nova {

enum class VmState {
    building,
    active,
    paused,
    suspended,
    stopped,
    rescued,
    resized,
    shelved,
    shelved_offloaded,
    soft_deleted, ///< off, and may be restored for a while
    deleted, ///< kept for a while after it is gone
    error,
};
const std::vector<std::pair<VmState, const char*>>& names_of(VmState);

enum class TaskState {
    scheduling,
    networking,
    spawning,
    powering_off,
    powering_on,
    rebooting,
    rebooting_hard,
    pausing,
    unpausing,
    suspending,
    resuming,
    image_snapshot_pending,
    image_snapshot,
    image_uploading,
    image_backup,
    rebuilding,
    resize_prep,
    resize_migrating,
    resize_finish,
    resize_reverting,
    rescuing,
    unrescuing,
    shelving,
    shelving_image_uploading,
    shelving_offloading,
    unshelving,
    updating_password,
    soft_deleting,
    restoring,
    deleting,
};
const std::vector<std::pair<TaskState, const char*>>& names_of(TaskState);

/// The status shown: "ACTIVE", "BUILD", "SHUTOFF", "REBOOT" ...
std::string status_of(VmState, std::optional<TaskState>);
bool shows_progress(VmState, std::optional<TaskState>);

namespace power {
inline constexpr std::int64_t none = 0, running = 1, paused = 3, shut_down = 4, crashed = 6,
                              suspended = 7;
} // namespace power

} // namespace nephele::nova
