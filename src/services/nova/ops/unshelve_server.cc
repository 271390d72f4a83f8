// SPDX-License-Identifier: Apache-2.0
// Unshelve: a server that left its host is placed anew and boots from the image of its disk; one
// that did not is started. The image goes once the guest runs.
#include "base/strings.h"
#include "platform/agent/agent.h"
#include "services/glance/client.h"
#include "services/neutron/client.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/ops/place.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
constexpr std::int64_t spawn_deadline_ms = 900'000;

Server need(ops::Step& step, const UnshelveServer& s) {
    return shape::need(step.tx, servers(), Scope::all(), s.server);
}

void place(ops::Step& step, UnshelveServer& s) {
    Server server = need(step, s);
    if (server.host) return;
    place_server(step, server, {});
    s.host = *server.host;
    for (auto& port : neutron::ports_of_device(step.tx, s.server))
        neutron::bind_port(step, port.id, s.host);
    shape::update(step, servers(), server);
}
bool image_here(ops::Step& step, UnshelveServer& s) {
    if (s.host.empty()) return true;
    Server server = need(step, s);
    return image_is_here(step, server.shelved_image.value_or(server.image_id));
}
void leave(ops::Step& step, UnshelveServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || s.host.empty()) return;
    for (auto& port : neutron::ports_of_device(step.tx, s.server))
        neutron::unbind_port(step, port.id);
    unplace_server(step, *server);
    shape::update(step, servers(), *server);
}

void spawn(ops::Step& step, UnshelveServer& s) {
    Server server = need(step, s);
    if (s.host.empty()) {
        s.generation =
            desire_spec(step, server, spec_with_power(step, server, GuestPower::running));
        return;
    }
    // The guest begins with the disk that was shelved.
    server.image_id = server.shelved_image.value_or(server.image_id);
    s.generation = desire_guest(step, server, GuestPower::running);
}
bool running_and_connected(ops::Step& step, UnshelveServer& s) {
    Server server = need(step, s);
    if (!guest_reached(step, *server.host, s.server, s.generation)) return false;
    if (neutron::all_ports_up(step.tx, s.server)) return true;
    for (auto& port : neutron::ports_of_device(step.tx, s.server))
        if (port.status != "ACTIVE") step.wait_for("port", port.id);
    return false;
}
void unspawn(ops::Step& step, UnshelveServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host) return;
    if (!s.host.empty()) {
        agent::desire_absent(step, s.host, guest_kind, s.server);
    } else if (server->task_state != TaskState::deleting) {
        s.generation =
            desire_spec(step, *server, spec_with_power(step, *server, GuestPower::stopped));
    }
}
bool unspawned(ops::Step& step, UnshelveServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host || server->task_state == TaskState::deleting) return true;
    if (!s.host.empty()) return guest_gone(step, s.host, s.server);
    return s.generation == 0 || guest_reached(step, *server->host, s.server, s.generation);
}

void finish(ops::Step& step, UnshelveServer& s) {
    Server server = need(step, s);
    auto status = guest_status(step.tx, *server.host, s.server);
    if (server.shelved_image) glance::discard_image(step, *server.shelved_image);
    server.shelved_image.reset();
    server.vm_state = VmState::active;
    server.power_state = status ? status->power_state : power::running;
    if (status && !status->instance_name.empty()) server.instance_name = status->instance_name;
    server.launched_at = step.now;
    server.fault.reset();
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    shape::update(step, servers(), server);
    store::finish_action(step, s.server, *server.host, "");
}

// Shelved as before: its image is there.
void undone(ops::Step& step, UnshelveServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The server was not unshelved.";
    store::finish_action(step, s.server, s.host, message);
    if (server->task_state == TaskState::deleting) return;
    server->task_state.reset();
    server->fault =
        ServerFault{500, message, step.failure ? step.failure->internals() : "", step.now};
    shape::update(step, servers(), *server);
}
} // namespace

const Shape<UnshelveServer>& UnshelveServer::shape() {
    static const auto s = Shape<UnshelveServer>()
                              .field("server", &UnshelveServer::server)
                              .field("host", &UnshelveServer::host)
                              .field("generation", &UnshelveServer::generation);
    return s;
}

ops::Operation unshelve_server() {
    return ops::OperationOf<UnshelveServer>()
        .step("place", place, leave)
        .until(image_here)
        .within_ms(spawn_deadline_ms)
        .step("spawn", spawn, unspawn)
        .until(running_and_connected)
        .undo_until(unspawned)
        .within_ms(spawn_deadline_ms)
        .then("finish", finish)
        .if_undone(undone);
}

} // namespace nephele::nova
