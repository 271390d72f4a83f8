// SPDX-License-Identifier: Apache-2.0
// Shelve: the guest goes off and its disk becomes an image; then (nova.shelved_offload_time, or by
// shelveOffload) everything it holds on its host is given back. Its ports and addresses stay.
#include "base/strings.h"
#include "platform/agent/agent.h"
#include "services/glance/client.h"
#include "services/neutron/client.h"
#include "services/nova/ops/disk_copy.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/place.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
constexpr std::int64_t copy_deadline_ms = 2 * 3600 * 1000LL;
constexpr std::int64_t upload_deadline_ms = 24 * 3600 * 1000LL;

Server need(ops::Step& step, const std::string& id) {
    return shape::need(step.tx, servers(), Scope::all(), id);
}

void switch_off(ops::Step& step, ShelveServer& s) {
    if (s.generation != 0) return;
    Server server = need(step, s.server);
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is on no host.", s.server));
    GuestSpec spec = spec_with_power(step, server, GuestPower::stopped);
    auto now = agent::desired(step.tx, *server.host, guest_kind, server.id);
    s.power_before = now ? now->spec.text("power") : shape::text_of_enum(GuestPower::stopped);
    s.generation = desire_spec(step, server, spec);
}
bool reached(ops::Step& step, ShelveServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host || s.generation == 0) return true;
    return guest_reached(step, *server->host, s.server, s.generation);
}
// What was paused or suspended cannot be again: its memory is gone. It runs.
void switch_on(ops::Step& step, ShelveServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host || s.power_before.empty()) return;
    if (server->task_state == TaskState::deleting) return;
    bool was_off = s.power_before == shape::text_of_enum(GuestPower::stopped);
    auto power = was_off ? GuestPower::stopped : GuestPower::running;
    s.generation = desire_spec(step, *server, spec_with_power(step, *server, power));
}

void capture(ops::Step& step, ShelveServer& s) {
    if (s.copy.generation == 0) ask_for_copy(step, need(step, s.server), s.copy);
}
bool captured(ops::Step& step, ShelveServer& s) {
    if (!copy_is_there(step, s.server, s.copy)) return false;
    set_task(step, s.server, TaskState::shelving_image_uploading);
    return true;
}
void drop(ops::Step& step, ShelveServer& s) { drop_copy(step, s.server, s.copy); }

void upload(ops::Outside& outside, ShelveServer& s) { upload_copy(outside, s.copy); }

void finish(ops::Step& step, ShelveServer& s) {
    drop_copy(step, s.server, s.copy);
    Server server = need(step, s.server);
    server.vm_state = VmState::shelved;
    server.shelved_image = s.copy.image;
    server.power_state = power::shut_down;
    server.fault.reset();
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    shape::update(step, servers(), server);
    store::finish_action(step, s.server, server.host.value_or(""), "");
    if (!server.task_state && step.cloud.config().integer("nova.shelved_offload_time") == 0)
        start_offload(step, server);
}

void undone(ops::Step& step, ShelveServer& s) {
    glance::discard_image(step, s.copy.image);
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The server was not shelved.";
    store::finish_action(step, s.server, server->host.value_or(""), message);
    if (server->task_state == TaskState::deleting) return;
    server->task_state.reset();
    if (server->vm_state != VmState::stopped) server->vm_state = VmState::active;
    server->fault =
        ServerFault{500, message, step.failure ? step.failure->internals() : "", step.now};
    shape::update(step, servers(), *server);
}

// ---- off the host ----

void remove_guest(ops::Step& step, OffloadServer& s) {
    Server server = need(step, s.server);
    if (!server.host) return;
    s.host = *server.host;
    agent::desire_absent(step, s.host, guest_kind, s.server);
}
bool gone(ops::Step& step, OffloadServer& s) {
    return s.host.empty() || guest_gone(step, s.host, s.server);
}
void let_go(ops::Step& step, OffloadServer& s) {
    Server server = need(step, s.server);
    for (auto& port : neutron::ports_of_device(step.tx, s.server))
        neutron::unbind_port(step, port.id);
    unplace_server(step, server);
    server.vm_state = VmState::shelved_offloaded;
    server.power_state = power::none;
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    shape::update(step, servers(), server);
    store::finish_action(step, s.server, s.host, "");
}
void not_offloaded(ops::Step& step, OffloadServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The server was not offloaded.";
    store::finish_action(step, s.server, s.host, message);
    if (!s.host.empty())
        return mark_error(step, *server, message, step.failure ? step.failure->internals() : "");
    // Its guest was not touched: shelved as before.
    if (server->task_state != TaskState::deleting) server->task_state.reset();
    shape::update(step, servers(), *server);
}
} // namespace

void start_offload(Context& context, Server& server) {
    server.task_state = TaskState::shelving_offloading;
    shape::update(context, servers(), server);
    ops::start(
        context, OffloadServer{.server = server.id},
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
}

const Shape<ShelveServer>& ShelveServer::shape() {
    static const auto s = Shape<ShelveServer>()
                              .field("server", &ShelveServer::server)
                              .field("copy", &ShelveServer::copy)
                              .field("power_before", &ShelveServer::power_before)
                              .field("generation", &ShelveServer::generation);
    return s;
}

ops::Operation shelve_server() {
    return ops::OperationOf<ShelveServer>()
        .step("switch_off", switch_off, switch_on)
        .until(reached)
        .undo_until(reached)
        .step("capture", capture, drop)
        .until(captured)
        .within_ms(copy_deadline_ms)
        .outside("upload", upload)
        .within_ms(upload_deadline_ms)
        .attempts(5)
        .then("finish", finish)
        .if_undone(undone);
}

const Shape<OffloadServer>& OffloadServer::shape() {
    static const auto s = Shape<OffloadServer>()
                              .field("server", &OffloadServer::server)
                              .field("host", &OffloadServer::host);
    return s;
}

ops::Operation offload_server() {
    return ops::OperationOf<OffloadServer>()
        .then("remove_guest", remove_guest)
        .until(gone)
        .then("let_go", let_go)
        .if_undone(not_offloaded);
}

} // namespace nephele::nova
