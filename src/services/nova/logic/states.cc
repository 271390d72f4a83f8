// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/states.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/shape/shape.h"

#include <algorithm>

namespace nephele::nova::logic {
namespace {
using V = VmState;
using T = TaskState;

struct Row {
    const char* action;
    std::vector<V> vm_states;            ///< empty: any
    std::vector<std::optional<T>> tasks; ///< empty: any
    bool must_have_launched;
};

const std::vector<Row>& table() {
    static const std::optional<T> none;
    static const std::vector<Row> rows{
        {"start", {V::stopped}, {none}, true},
        {"stop", {V::active, V::error}, {none}, true},
        {"reboot", {V::active}, {none}, true}, // soft
        {"hard reboot",
         {V::stopped, V::active, V::paused, V::suspended, V::error},
         {none, T::rebooting, T::rebooting_hard, T::resuming, T::unpausing, T::suspending},
         true},
        {"pause", {V::active}, {none}, true},
        {"unpause", {V::paused}, {none}, true},
        {"suspend", {V::active}, {none}, true},
        {"resume", {V::suspended}, {none}, true},
        {"attach_interface", {V::active, V::paused, V::stopped}, {none}, true},
        {"detach_interface", {V::active, V::paused, V::stopped}, {none}, true},
        {"rebuild", {V::active, V::paused, V::suspended, V::stopped, V::error}, {none}, true},
        {"resize", {V::active, V::stopped}, {none}, true},
        {"confirmResize", {V::resized}, {none}, true},
        {"revertResize", {V::resized}, {none}, true},
        {"add_fixed_ip", {V::active, V::paused, V::suspended, V::stopped}, {none}, true},
        {"remove_fixed_ip", {V::active, V::paused, V::suspended, V::stopped}, {none}, true},
        {"createImage", {V::active, V::paused, V::suspended, V::stopped}, {none}, true},
        {"createBackup", {V::active, V::paused, V::suspended, V::stopped}, {none}, true},
        {"shelve", {V::active, V::paused, V::suspended, V::stopped}, {none}, true},
        {"shelveOffload", {V::shelved}, {none}, true},
        {"unshelve", {V::shelved, V::shelved_offloaded}, {none}, true},
        {"rescue", {V::active, V::stopped, V::error}, {none}, true},
        {"unrescue", {V::rescued}, {none}, true},
        {"restore", {V::soft_deleted}, {none}, true},
        {"changePassword", {V::active}, {none}, true},
        {"update_instance_metadata", {V::active, V::paused, V::suspended, V::stopped}, {}, false},
        {"delete_instance_metadata", {V::active, V::paused, V::suspended, V::stopped}, {}, false},
        {"update_tags", {V::active, V::paused, V::suspended, V::stopped}, {}, false},
        {"get_console", {}, {}, true},
    };
    return rows;
}

const Row* row_of(std::string_view action) {
    for (auto& row : table())
        if (action == row.action) return &row;
    return nullptr;
}

template <class X, class Y> bool has(const X& all, const Y& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

Failure refused(std::string_view action, const Now& now, const char* attribute,
                const std::string& state) {
    return conflict("InstanceInvalidState", format("Cannot '{}' instance {} while it is in {} {}",
                                                   action, now.id, attribute, state));
}
} // namespace

void check_allowed(std::string_view action, const Now& now) {
    const Row* row = row_of(action);
    if (!row) return;
    std::string_view shown = action == "hard reboot" ? "reboot" : action;
    if (!row->vm_states.empty() && !has(row->vm_states, now.vm_state))
        throw refused(shown, now, "vm_state", shape::text_of_enum(now.vm_state));
    if (!row->tasks.empty() && !has(row->tasks, now.task_state))
        throw refused(shown, now, "task_state",
                      now.task_state ? shape::text_of_enum(*now.task_state) : "None");
    if (row->must_have_launched && !now.launched)
        throw conflict(
            "InstanceInvalidState",
            format("Cannot '{}' instance {} while it has never been active", shown, now.id));
}

} // namespace nephele::nova::logic
