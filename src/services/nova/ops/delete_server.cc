// SPDX-License-Identifier: Apache-2.0
// The guest goes, then everything that was held for it, then the row. Works from any state, also
// while the server is still being made: that operation is cancelled and ends first.
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

void remove_guest(ops::Step& step, DeleteServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server || !server->host) return;
    s.host = *server->host;
    agent::desire_absent(step, s.host, guest_kind, s.server);
}

bool gone(ops::Step& step, DeleteServer& s) {
    return s.host.empty() || guest_gone(step, s.host, s.server);
}

void forget(ops::Step& step, DeleteServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    release_ports(step, *server);
    if (server->shelved_image) glance::discard_image(step, *server->shelved_image);
    auto host = server->host, node = server->node;
    unplace_server(step, *server);
    step.tx.exec("DELETE FROM nova_console_tokens WHERE server_id = ?", db::Params{s.server});
    store::finish_action(step, s.server, s.host, "");
    server->host = host;
    server->node = node;
    store::bury_server(step, *server);
}

void undone(ops::Step& step, DeleteServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The server was not deleted.";
    store::finish_action(step, s.server, s.host, message);
    server->task_state.reset();
    mark_error(step, *server, message, step.failure ? step.failure->internals() : "");
}
} // namespace

const Shape<DeleteServer>& DeleteServer::shape() {
    static const auto s = Shape<DeleteServer>()
                              .field("server", &DeleteServer::server)
                              .field("host", &DeleteServer::host);
    return s;
}

ops::Operation delete_server() {
    return ops::OperationOf<DeleteServer>()
        .then("remove_guest", remove_guest)
        .until(gone)
        .then("forget", forget)
        .if_undone(undone);
}

void start_delete(Context& context, Server& server) {
    if (server.task_state == TaskState::deleting)
        for (auto& running : ops::of_resource(context.tx, "server", server.id))
            if (running.name == DeleteServer::operation && running.status != ops::Status::done &&
                running.status != ops::Status::undone)
                return;
    ops::cancel(context, "server", server.id, "The server is being deleted.");
    server.task_state = TaskState::deleting;
    shape::update(context, servers(), server);
    store::begin_action(context, server, "delete", "compute_terminate_instance");
    ops::start(
        context, DeleteServer{.server = server.id},
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
}

void release_ports(Context& context, const Server& server) {
    neutron::release_device(context, server.id, server.kept_ports);
}

void mark_error(Context& context, Server& server, const std::string& message,
                const std::string& details) {
    // Somebody deletes it: that operation comes next and decides.
    if (server.task_state != TaskState::deleting) {
        server.vm_state = VmState::error;
        server.task_state.reset();
        server.fault = ServerFault{500, message, details, context.now};
    }
    shape::update(context, servers(), server);
}

} // namespace nephele::nova
