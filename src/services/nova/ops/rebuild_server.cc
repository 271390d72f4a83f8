// SPDX-License-Identifier: Apache-2.0
// Rebuild: the same server with a new disk from an image. Its ports, addresses and id stay.
#include "base/strings.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
constexpr std::int64_t rebuild_deadline_ms = 900'000;

void ask_for_image(ops::Step&, RebuildServer&) {}
bool image_here(ops::Step& step, RebuildServer& s) {
    return image_is_here(step, shape::need(step.tx, servers(), Scope::all(), s.server).image_id);
}

void rebuild(ops::Step& step, RebuildServer& s) {
    if (s.generation != 0) return;
    Server server = shape::need(step.tx, servers(), Scope::all(), s.server);
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is on no host.", s.server));
    bool stopped = server.vm_state == VmState::stopped;
    GuestSpec before = spec_with_power(step, server, GuestPower::running);
    GuestSpec spec =
        guest_spec_of(step, server, stopped ? GuestPower::stopped : GuestPower::running);
    spec.rebuilds = before.rebuilds + 1;
    spec.soft_reboots = before.soft_reboots;
    spec.hard_reboots = before.hard_reboots;
    s.generation = desire_spec(step, server, spec);
}

bool rebuilt(ops::Step& step, RebuildServer& s) {
    Server server = shape::need(step.tx, servers(), Scope::all(), s.server);
    return guest_reached(step, *server.host, s.server, s.generation);
}

void finish(ops::Step& step, RebuildServer& s) {
    Server server = shape::need(step.tx, servers(), Scope::all(), s.server);
    auto status = guest_status(step.tx, *server.host, s.server);
    if (server.vm_state != VmState::stopped) server.vm_state = VmState::active;
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    if (status) server.power_state = status->power_state;
    server.launched_at = step.now;
    server.fault.reset();
    shape::update(step, servers(), server);
    store::finish_action(step, s.server, *server.host, "");
}

// What was on the disk may be gone: nothing goes back.
void undone(ops::Step& step, RebuildServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The server was not rebuilt.";
    store::finish_action(step, s.server, server->host.value_or(""), message);
    mark_error(step, *server, message, step.failure ? step.failure->internals() : "");
}
} // namespace

const Shape<RebuildServer>& RebuildServer::shape() {
    static const auto s = Shape<RebuildServer>()
                              .field("server", &RebuildServer::server)
                              .field("generation", &RebuildServer::generation);
    return s;
}

ops::Operation rebuild_server() {
    return ops::OperationOf<RebuildServer>()
        .then("image", ask_for_image)
        .until(image_here)
        .within_ms(rebuild_deadline_ms)
        .then("rebuild", rebuild)
        .until(rebuilt)
        .within_ms(rebuild_deadline_ms)
        .then("finish", finish)
        .if_undone(undone);
}

} // namespace nephele::nova
