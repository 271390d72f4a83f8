// SPDX-License-Identifier: Apache-2.0
// Rescue: the guest boots from another image, with its own disk beside it; unrescue boots it from
// its own disk again. Both are a reboot, so that the host describes the guest anew.
#include "base/strings.h"
#include "platform/agent/agent.h"
#include "services/glance/client.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
constexpr std::int64_t deadline_ms = 900'000;

template <class S> Server need(ops::Step& step, const S& s) {
    return shape::need(step.tx, servers(), Scope::all(), s.server);
}
template <class S> bool reached(ops::Step& step, S& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host || s.generation == 0) return true;
    return guest_reached(step, *server->host, s.server, s.generation);
}

void set_rescue_image(Context& context, GuestSpec& spec, const std::string& id) {
    auto image = glance::find_image(context.tx, Scope::all(), id);
    if (!image)
        throw conflict("ImageNotFound",
                       format("Image {} is gone: choose another rescue image.", id));
    auto copy = glance::local_copy(context, id);
    if (copy.coming)
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("image {} is being copied to this node", id));
    spec.rescue_image_id = image->id;
    spec.rescue_image_path = copy.path;
    spec.rescue_image_format = image->inspected_format;
    spec.rescue_image_checksum = image->checksum;
}
GuestSpec own_disk(ops::Step& step, const Server& server, GuestPower power) {
    GuestSpec spec = spec_with_power(step, server, power);
    spec.rescue_image_id.clear();
    spec.rescue_image_path.clear();
    spec.rescue_image_format.clear();
    spec.rescue_image_checksum.clear();
    ++spec.hard_reboots;
    return spec;
}

void ask_for_image(ops::Step&, RescueServer&) {}
bool image_here(ops::Step& step, RescueServer& s) { return image_is_here(step, s.image); }

void boot(ops::Step& step, RescueServer& s) {
    if (s.generation != 0) return;
    Server server = need(step, s);
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is on no host.", s.server));
    auto now = agent::desired(step.tx, *server.host, guest_kind, server.id);
    s.power_before = now ? now->spec.text("power") : shape::text_of_enum(GuestPower::stopped);
    GuestSpec spec = spec_with_power(step, server, GuestPower::running);
    set_rescue_image(step, spec, s.image);
    ++spec.hard_reboots;
    s.generation = desire_spec(step, server, spec);
}
void boot_back(ops::Step& step, RescueServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host || s.power_before.empty()) return;
    if (server->task_state == TaskState::deleting) return;
    auto power = shape::enum_of_text<GuestPower>(s.power_before).value_or(GuestPower::running);
    s.generation = desire_spec(step, *server, own_disk(step, *server, power));
}
bool booted_back(ops::Step& step, RescueServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (server && server->task_state == TaskState::deleting) return true;
    return reached(step, s);
}

// The guest runs, from the rescue image or from its own disk again.
void came_up(ops::Step& step, Server server, VmState state) {
    server.vm_state = state;
    server.fault.reset();
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    if (auto status = guest_status(step.tx, *server.host, server.id))
        server.power_state = status->power_state;
    shape::update(step, servers(), server);
    store::finish_action(step, server.id, *server.host, "");
}

void rescued(ops::Step& step, RescueServer& s) {
    Server server = need(step, s);
    server.rescue_image = s.image;
    came_up(step, std::move(server), VmState::rescued);
}

void not_rescued(ops::Step& step, RescueServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The server was not rescued.";
    store::finish_action(step, s.server, server->host.value_or(""), message);
    if (server->task_state == TaskState::deleting) return;
    server->task_state.reset();
    server->fault =
        ServerFault{500, message, step.failure ? step.failure->internals() : "", step.now};
    shape::update(step, servers(), *server);
}

// ---- back ----

void boot_own_disk(ops::Step& step, UnrescueServer& s) {
    if (s.generation != 0) return;
    Server server = need(step, s);
    s.generation = desire_spec(step, server, own_disk(step, server, GuestPower::running));
}
void unrescued(ops::Step& step, UnrescueServer& s) {
    Server server = need(step, s);
    server.rescue_image.reset();
    came_up(step, std::move(server), VmState::active);
}
void not_unrescued(ops::Step& step, UnrescueServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The server was not unrescued.";
    store::finish_action(step, s.server, server->host.value_or(""), message);
    server->rescue_image.reset();
    mark_error(step, *server, message, step.failure ? step.failure->internals() : "");
}
} // namespace

const Shape<RescueServer>& RescueServer::shape() {
    static const auto s = Shape<RescueServer>()
                              .field("server", &RescueServer::server)
                              .field("image", &RescueServer::image)
                              .field("power_before", &RescueServer::power_before)
                              .field("generation", &RescueServer::generation);
    return s;
}

ops::Operation rescue_server() {
    return ops::OperationOf<RescueServer>()
        .then("image", ask_for_image)
        .until(image_here)
        .within_ms(deadline_ms)
        .step("boot", boot, boot_back)
        .until(reached<RescueServer>)
        .undo_until(booted_back)
        .within_ms(deadline_ms)
        .then("finish", rescued)
        .if_undone(not_rescued);
}

const Shape<UnrescueServer>& UnrescueServer::shape() {
    static const auto s = Shape<UnrescueServer>()
                              .field("server", &UnrescueServer::server)
                              .field("generation", &UnrescueServer::generation);
    return s;
}

ops::Operation unrescue_server() {
    return ops::OperationOf<UnrescueServer>()
        .then("boot", boot_own_disk)
        .until(reached<UnrescueServer>)
        .within_ms(deadline_ms)
        .then("finish", unrescued)
        .if_undone(not_unrescued);
}

} // namespace nephele::nova
