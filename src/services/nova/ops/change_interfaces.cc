// SPDX-License-Identifier: Apache-2.0
// A card more or a card less, also while the guest runs. The port is the server's before the card
// is plugged, and stays so until the card is pulled.
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/servers.h"

#include <algorithm>

namespace nephele::nova {
namespace {
constexpr std::int64_t plug_deadline_ms = 180'000; // a guest that ignores the plug

bool is_kept(const Server& server, const std::string& port) {
    return std::find(server.kept_ports.begin(), server.kept_ports.end(), port) !=
           server.kept_ports.end();
}

// The port goes: deleted when it was made for the server, else let go.
void let_go(Context& context, const std::string& server_id, const std::string& port) {
    auto server = store::find_server(context.tx, server_id);
    bool kept = server && is_kept(*server, port);
    auto found = neutron::find_port(context.tx, Scope::all(), port);
    if (found && found->device_id == server_id) {
        if (kept)
            neutron::detach_port(context, port);
        else
            neutron::delete_port(context, port);
    }
    if (!server) return;
    std::erase(server->kept_ports, port);
    server->device_tags.erase(port);
    shape::update(context, servers(), *server);
}

std::int64_t desire_cards(ops::Step& step, const std::string& id, const std::string& without) {
    auto server = store::find_server(step.tx, id);
    if (!server || !server->host) return 0;
    return desire_nics(step, *server, without);
}

bool reached(ops::Step& step, const std::string& id, std::int64_t generation) {
    auto server = store::find_server(step.tx, id);
    if (!server || !server->host || generation == 0) return true;
    return guest_reached(step, *server->host, id, generation);
}

void finish_with(ops::Step& step, const std::string& id, const std::string& error) {
    auto server = store::find_server(step.tx, id);
    store::finish_action(step, id, server ? server->host.value_or("") : "", error);
}
std::string why(ops::Step& step) {
    return step.failure ? step.failure->what() : "The interface was not changed.";
}

// ---- attach ----

void bind(ops::Step& step, AttachInterface& s) {
    Server server = shape::need(step.tx, servers(), Scope::all(), s.server);
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is on no host.", s.server));
    neutron::bind_port(step, s.port, *server.host);
}
void give_back(ops::Step& step, AttachInterface& s) { let_go(step, s.server, s.port); }

void plug(ops::Step& step, AttachInterface& s) {
    if (s.generation == 0) s.generation = desire_cards(step, s.server, "");
}
bool plugged(ops::Step& step, AttachInterface& s) { return reached(step, s.server, s.generation); }
void unplug_again(ops::Step& step, AttachInterface& s) {
    s.undo_generation = desire_cards(step, s.server, s.port);
}
bool unplugged_again(ops::Step& step, AttachInterface& s) {
    return reached(step, s.server, s.undo_generation);
}
void attached(ops::Step& step, AttachInterface& s) { finish_with(step, s.server, ""); }
void not_attached(ops::Step& step, AttachInterface& s) { finish_with(step, s.server, why(step)); }

// ---- detach ----

void unplug(ops::Step& step, DetachInterface& s) {
    if (s.generation == 0) s.generation = desire_cards(step, s.server, s.port);
}
bool unplugged(ops::Step& step, DetachInterface& s) {
    return reached(step, s.server, s.generation);
}
void plug_again(ops::Step& step, DetachInterface& s) { desire_cards(step, s.server, ""); }
void release(ops::Step& step, DetachInterface& s) {
    let_go(step, s.server, s.port);
    finish_with(step, s.server, "");
}
void not_detached(ops::Step& step, DetachInterface& s) { finish_with(step, s.server, why(step)); }
} // namespace

const Shape<AttachInterface>& AttachInterface::shape() {
    static const auto s = Shape<AttachInterface>()
                              .field("server", &AttachInterface::server)
                              .field("port", &AttachInterface::port)
                              .field("generation", &AttachInterface::generation)
                              .field("undo_generation", &AttachInterface::undo_generation);
    return s;
}

ops::Operation attach_interface() {
    return ops::OperationOf<AttachInterface>()
        .step("bind", bind, give_back)
        .step("plug", plug, unplug_again)
        .until(plugged)
        .undo_until(unplugged_again)
        .within_ms(plug_deadline_ms)
        .then("finish", attached)
        .if_undone(not_attached);
}

const Shape<DetachInterface>& DetachInterface::shape() {
    static const auto s = Shape<DetachInterface>()
                              .field("server", &DetachInterface::server)
                              .field("port", &DetachInterface::port)
                              .field("generation", &DetachInterface::generation);
    return s;
}

ops::Operation detach_interface() {
    return ops::OperationOf<DetachInterface>()
        .step("unplug", unplug, plug_again)
        .until(unplugged)
        .within_ms(plug_deadline_ms)
        .then("release", release)
        .if_undone(not_detached);
}

} // namespace nephele::nova
