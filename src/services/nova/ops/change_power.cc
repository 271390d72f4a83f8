// SPDX-License-Identifier: Apache-2.0
// Start, stop, reboot, pause, suspend and back, soft delete and restore: the guest's spec says how
// it is to run (or that it is to be rebooted once more), and the operation waits until its host has
// made it so.
#include "base/check.h"
#include "base/strings.h"
#include "platform/agent/agent.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
GuestPower power_after(const std::string& action) {
    if (action == "stop" || action == "soft-delete") return GuestPower::stopped;
    if (action == "pause") return GuestPower::paused;
    if (action == "suspend") return GuestPower::suspended;
    return GuestPower::running;
}

void ask(ops::Step& step, ChangePower& s) {
    Server server = shape::need(step.tx, servers(), Scope::all(), s.server);
    // Saved with the step: a repeated step must not count the reboots up again.
    if (s.generation != 0) return;
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is on no host.", s.server));
    auto now = agent::desired(step.tx, *server.host, guest_kind, server.id);
    s.power_before = now ? now->spec.text("power") : shape::text_of_enum(GuestPower::stopped);
    GuestSpec spec = spec_with_power(step, server, power_after(s.action));
    if (s.action == "reboot") ++spec.soft_reboots;
    if (s.action == "hard reboot") ++spec.hard_reboots;
    s.generation = desire_spec(step, server, spec);
}

bool done(ops::Step& step, ChangePower& s) {
    Server server = shape::need(step.tx, servers(), Scope::all(), s.server);
    return guest_reached(step, *server.host, s.server, s.generation);
}

// What is desired must be what the server will say it is.
void take_back(ops::Step& step, ChangePower& s) {
    auto server = store::find_server(step.tx, s.server);
    auto before = shape::enum_of_text<GuestPower>(s.power_before);
    if (!server || !server->host || !before || server->task_state == TaskState::deleting) return;
    desire_spec(step, *server, spec_with_power(step, *server, *before));
}

void finish(ops::Step& step, ChangePower& s) {
    Server server = shape::need(step.tx, servers(), Scope::all(), s.server);
    auto status = guest_status(step.tx, *server.host, s.server);
    server.vm_state = power_action(s.action).becomes;
    // From then on its time runs.
    if (s.action == "soft-delete") server.terminated_at = step.now;
    if (s.action == "restore") server.terminated_at.reset();
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    if (status) server.power_state = status->power_state;
    server.fault.reset();
    shape::update(step, servers(), server);
    store::finish_action(step, s.server, *server.host, "");
}

bool other_unfinished(ops::Step& step, const std::string& server) {
    for (auto& one : ops::of_resource(step.tx, "server", server))
        if (one.id != step.operation_id && one.status != ops::Status::done &&
            one.status != ops::Status::undone)
            return true;
    return false;
}

void undone(ops::Step& step, ChangePower& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The action was not done.";
    store::finish_action(step, s.server, server->host.value_or(""), message);
    std::string details = step.failure ? step.failure->internals() : "";
    // Cancelled for the sake of another action: the server's state is that one's business.
    if (other_unfinished(step, s.server)) return;
    // A guest that does not come up is broken; one that does not stop or pause is as it was.
    if (s.action == "start" || s.action == "reboot" || s.action == "hard reboot" ||
        s.action == "resume" || s.action == "restore")
        return mark_error(step, *server, message, details);
    if (server->task_state != TaskState::deleting) server->task_state.reset();
    server->fault = ServerFault{500, message, details, step.now};
    shape::update(step, servers(), *server);
}
} // namespace

const Shape<ChangePower>& ChangePower::shape() {
    static const auto s = Shape<ChangePower>()
                              .field("server", &ChangePower::server)
                              .field("action", &ChangePower::action)
                              .field("power_before", &ChangePower::power_before)
                              .field("generation", &ChangePower::generation);
    return s;
}

ops::Operation change_power() {
    return ops::OperationOf<ChangePower>()
        .step("ask", ask, take_back)
        .until(done)
        .then("finish", finish)
        .if_undone(undone);
}

const PowerAction& power_action(const std::string& name) {
    static const std::vector<PowerAction> all{
        {"start", "compute_start_instance", TaskState::powering_on, VmState::active},
        {"stop", "compute_stop_instance", TaskState::powering_off, VmState::stopped},
        {"reboot", "compute_reboot_instance", TaskState::rebooting, VmState::active},
        {"hard reboot", "compute_reboot_instance", TaskState::rebooting_hard, VmState::active},
        {"pause", "compute_pause_instance", TaskState::pausing, VmState::paused},
        {"unpause", "compute_unpause_instance", TaskState::unpausing, VmState::active},
        {"suspend", "compute_suspend_instance", TaskState::suspending, VmState::suspended},
        {"resume", "compute_resume_instance", TaskState::resuming, VmState::active},
        {"soft-delete", "compute_soft_delete_instance", TaskState::soft_deleting,
         VmState::soft_deleted},
        {"restore", "compute_restore_instance", TaskState::restoring, VmState::active}};
    for (auto& action : all)
        if (name == action.name) return action;
    NEPHELE_CHECK(!"no such power action");
    return all.front();
}

void start_power_action(Context& context, Server& server, const std::string& name) {
    const PowerAction& action = power_action(name);
    // A hard reboot may come while another action hangs: it takes that one's place.
    if (server.task_state)
        ops::cancel(context, "server", server.id, "A hard reboot was asked for instead.");
    server.task_state = action.task;
    shape::update(context, servers(), server);
    std::string shown = name == "hard reboot" ? "reboot" : name == "soft-delete" ? "delete" : name;
    store::begin_action(context, server, shown, action.event);
    ops::start(
        context, ChangePower{.server = server.id, .action = name},
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
}

} // namespace nephele::nova
