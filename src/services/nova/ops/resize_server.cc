// SPDX-License-Identifier: Apache-2.0
// Resize on the same host: the guest goes off, gets its new size and comes back; its old disk is
// kept until that is confirmed. The claim covers both sizes meanwhile, so that going back always
// works.
#include "base/strings.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/ops/place.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
constexpr std::int64_t deadline_ms = 900'000;

Server need(ops::Step& step, const ResizeServer& s) {
    return shape::need(step.tx, servers(), Scope::all(), s.server);
}
void set_flavor(Server& server, const FlavorCopy& flavor) {
    server.flavor = flavor;
    server.flavor_id = flavor.id;
    server.vcpus = flavor.vcpus;
    server.memory_mb = flavor.ram;
    server.root_gb = flavor.disk;
}
void size(GuestSpec& spec, const FlavorCopy& flavor) {
    spec.vcpus = flavor.vcpus;
    spec.memory_mb = flavor.ram;
    spec.root_gb = flavor.disk;
    spec.flavor_name = flavor.name;
}
GuestPower power_of(VmState vm_state) {
    return vm_state == VmState::stopped ? GuestPower::stopped : GuestPower::running;
}
bool reached(ops::Step& step, ResizeServer& s) {
    return guest_reached(step, *need(step, s).host, s.server, s.generation);
}

void claim(ops::Step& step, ResizeServer& s) {
    Server server = need(step, s);
    claim_larger(step, server, s.to);
    server.task_state = TaskState::resize_migrating;
    shape::update(step, servers(), server);
}
void claim_back(ops::Step& step, ResizeServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (server && server->host) claim_own(step, *server);
}

void switch_off(ops::Step& step, ResizeServer& s) {
    Server server = need(step, s);
    s.generation = desire_spec(step, server, spec_with_power(step, server, GuestPower::stopped));
}
void switch_on(ops::Step& step, ResizeServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host || server->task_state == TaskState::deleting) return;
    s.generation =
        desire_spec(step, *server, spec_with_power(step, *server, power_of(server->vm_state)));
}

void change(ops::Step& step, ResizeServer& s) {
    Server server = need(step, s);
    server.task_state = TaskState::resize_finish;
    shape::update(step, servers(), server);
    GuestSpec spec = spec_with_power(step, server, power_of(server.vm_state));
    size(spec, s.to);
    spec.old_disk = "kept";
    s.generation = desire_spec(step, server, spec);
}
// Off first: a disk is put back only under a guest that does not run.
void change_back(ops::Step& step, ResizeServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host || server->task_state == TaskState::deleting) return;
    GuestSpec spec = spec_with_power(step, *server, GuestPower::stopped);
    size(spec, server->flavor);
    spec.old_disk = "restored";
    s.generation = desire_spec(step, *server, spec);
}
bool changed_back(ops::Step& step, ResizeServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host || server->task_state == TaskState::deleting) return true;
    return guest_reached(step, *server->host, s.server, s.generation);
}

void finish(ops::Step& step, ResizeServer& s) {
    Server server = need(step, s);
    if (server.resize) return; // a repeated step must not take the new flavor for the old one
    server.resize = ResizeRecord{server.flavor, *server.host, *server.node, server.vm_state};
    set_flavor(server, s.to);
    server.vm_state = VmState::resized;
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    if (auto status = guest_status(step.tx, *server.host, s.server))
        server.power_state = status->power_state;
    server.launched_at = step.now;
    shape::update(step, servers(), server);
    store::finish_action(step, s.server, *server.host, "");
}

// As it was before, with a fault to read.
void undone(ops::Step& step, ResizeServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The server was not resized.";
    store::finish_action(step, s.server, server->host.value_or(""), message);
    if (server->task_state != TaskState::deleting) server->task_state.reset();
    std::string details = step.failure ? step.failure->internals() : "";
    server->fault = ServerFault{500, message, details, step.now};
    shape::update(step, servers(), *server);
}

// ---- revert ----

Server need(ops::Step& step, const RevertResize& s) {
    return shape::need(step.tx, servers(), Scope::all(), s.server);
}
bool reverting(ops::Step& step, RevertResize& s) {
    return guest_reached(step, *need(step, s).host, s.server, s.generation);
}
void revert_off(ops::Step& step, RevertResize& s) {
    Server server = need(step, s);
    GuestSpec spec = spec_with_power(step, server, GuestPower::stopped);
    s.generation = desire_spec(step, server, spec);
}
void revert_change(ops::Step& step, RevertResize& s) {
    Server server = need(step, s);
    GuestSpec spec = spec_with_power(step, server, power_of(server.resize->vm_state));
    size(spec, server.resize->flavor);
    spec.old_disk = "restored";
    s.generation = desire_spec(step, server, spec);
}
void reverted(ops::Step& step, RevertResize& s) {
    Server server = need(step, s);
    if (!server.resize) return;
    set_flavor(server, server.resize->flavor);
    server.vm_state = server.resize->vm_state;
    server.resize.reset();
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    if (auto status = guest_status(step.tx, *server.host, s.server))
        server.power_state = status->power_state;
    server.launched_at = step.now;
    claim_own(step, server);
    shape::update(step, servers(), server);
    store::finish_action(step, s.server, *server.host, "");
}
void not_reverted(ops::Step& step, RevertResize& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The resize was not reverted.";
    store::finish_action(step, s.server, server->host.value_or(""), message);
    mark_error(step, *server, message, step.failure ? step.failure->internals() : "");
}
} // namespace

const Shape<ResizeServer>& ResizeServer::shape() {
    static const auto s = Shape<ResizeServer>()
                              .field("server", &ResizeServer::server)
                              .field("to", &ResizeServer::to)
                              .field("generation", &ResizeServer::generation);
    return s;
}

ops::Operation resize_server() {
    return ops::OperationOf<ResizeServer>()
        .step("claim", claim, claim_back)
        .step("switch_off", switch_off, switch_on)
        .until(reached)
        .undo_until(changed_back)
        .step("change", change, change_back)
        .until(reached)
        .undo_until(changed_back)
        .within_ms(deadline_ms)
        .then("finish", finish)
        .if_undone(undone);
}

const Shape<RevertResize>& RevertResize::shape() {
    static const auto s = Shape<RevertResize>()
                              .field("server", &RevertResize::server)
                              .field("generation", &RevertResize::generation);
    return s;
}

ops::Operation revert_resize() {
    return ops::OperationOf<RevertResize>()
        .then("switch_off", revert_off)
        .until(reverting)
        .then("change", revert_change)
        .until(reverting)
        .within_ms(deadline_ms)
        .then("finish", reverted)
        .if_undone(not_reverted);
}

void confirm_resize(Context& context, Server& server) {
    GuestSpec spec = spec_with_power(context, server, power_of(server.resize->vm_state));
    spec.old_disk.clear();
    desire_spec(context, server, spec);
    server.vm_state = server.resize->vm_state;
    server.resize.reset();
    claim_own(context, server);
    shape::update(context, servers(), server);
}

} // namespace nephele::nova
