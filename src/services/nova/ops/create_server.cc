// SPDX-License-Identifier: Apache-2.0
// From a row to a running guest: schedule and claim, bind the ports, have the host make the guest,
// wait until it runs and its ports are up. A host that fails for good is left for another, up to
// three.
#include "base/strings.h"
#include "platform/agent/agent.h"
#include "platform/log/log.h"
#include "services/neutron/client.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/ops/place.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
constexpr std::size_t hosts_at_most = 3;
constexpr std::int64_t spawn_deadline_ms = 900'000; // an emulated guest on a busy host is slow

Server need(ops::Step& step, const CreateServer& s) {
    return shape::need(step.tx, servers(), Scope::all(), s.server);
}

void note_failed_builds(Context& context, const std::string& host, bool failed) {
    context.tx.exec(failed ? "UPDATE nova_compute_hosts SET failed_builds = failed_builds + 1 "
                             "WHERE host = ?"
                           : "UPDATE nova_compute_hosts SET failed_builds = 0 WHERE host = ? AND "
                             "failed_builds <> 0",
                    db::Params{host});
}

void place(ops::Step& step, CreateServer& s, Server& server) {
    place_server(step, server, {s.hosts.begin(), s.hosts.end()});
    s.hosts.push_back(*server.host);
}

void bind_ports(ops::Step& step, const Server& server) {
    for (auto& port : neutron::ports_of_device(step.tx, server.id))
        if (port.binding_host_id != *server.host) neutron::bind_port(step, port.id, *server.host);
}

void schedule(ops::Step& step, CreateServer& s) {
    Server server = need(step, s);
    if (server.host) return;
    place(step, s, server);
    server.task_state = TaskState::networking;
    shape::update(step, servers(), server);
}

void network(ops::Step& step, CreateServer& s) {
    Server server = need(step, s);
    bind_ports(step, server);
    server.task_state = TaskState::spawning;
    shape::update(step, servers(), server);
}

bool image_here(ops::Step& step, CreateServer& s) {
    return image_is_here(step, need(step, s).image_id);
}

void spawn(ops::Step& step, CreateServer& s) {
    s.generation = desire_guest(step, need(step, s), GuestPower::running);
}

// The current host cannot: the guest goes there, and everything moves to the next host.
bool next_host(ops::Step& step, CreateServer& s, const EngineFailure& why) {
    std::string failed = s.hosts.back();
    note_failed_builds(step, failed, true);
    log::warning("a host could not build a server",
                 {{"server", s.server}, {"host", failed}, {"why", why.what()}});
    Server server = need(step, s);
    if (s.hosts.size() >= hosts_at_most || server.past_scheduler)
        throw Failure(Fault::conflict, "MaxRetriesExceeded",
                      format("Exceeded maximum number of retries. Exhausted all hosts available "
                             "for retrying build failures for instance {}.",
                             s.server))
            .inside(why.what());
    agent::desire_absent(step, failed, guest_kind, s.server);
    unplace_server(step, server);
    try {
        place(step, s, server);
    } catch (const Failure& none_left) {
        // No statement failed: the choice is made on what was read.
        throw Failure(Fault::conflict, none_left.code(), none_left.what()).inside(why.what());
    }
    shape::update(step, servers(), server);
    bind_ports(step, server);
    s.generation = desire_guest(step, server, GuestPower::running);
    return false;
}

bool running_and_connected(ops::Step& step, CreateServer& s) {
    try {
        if (!guest_reached(step, s.hosts.back(), s.server, s.generation)) return false;
    } catch (const EngineFailure& failure) {
        if (failure.kind != EngineFailure::Kind::permanent) throw;
        next_host(step, s, failure);
        return guest_reached(step, s.hosts.back(), s.server, s.generation);
    }
    if (neutron::all_ports_up(step.tx, s.server)) return true;
    for (auto& port : neutron::ports_of_device(step.tx, s.server))
        if (port.status != "ACTIVE") step.wait_for("port", port.id);
    return false;
}

void remove_guest(ops::Step& step, CreateServer& s) {
    for (auto& host : s.hosts) agent::desire_absent(step, host, guest_kind, s.server);
}
bool guests_gone(ops::Step& step, CreateServer& s) {
    bool all = true;
    for (auto& host : s.hosts) all = guest_gone(step, host, s.server) && all;
    return all;
}

void finish(ops::Step& step, CreateServer& s) {
    Server server = need(step, s);
    auto status = guest_status(step.tx, *server.host, server.id);
    server.vm_state = VmState::active;
    server.task_state.reset();
    server.power_state = status ? status->power_state : power::running;
    if (status && !status->instance_name.empty()) server.instance_name = status->instance_name;
    server.launched_at = step.now;
    server.fault.reset();
    shape::update(step, servers(), server);
    note_failed_builds(step, *server.host, false);
    store::finish_action(step, server.id, *server.host, "");
}

void undone(ops::Step& step, CreateServer& s) {
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string host = server->host.value_or("");
    release_ports(step, *server);
    unplace_server(step, *server);
    std::string message = step.failure ? step.failure->what() : "The server was not built.";
    store::finish_action(step, server->id, host, message);
    mark_error(step, *server, message, step.failure ? step.failure->internals() : "");
}
} // namespace

const Shape<CreateServer>& CreateServer::shape() {
    static const auto s = Shape<CreateServer>()
                              .field("server", &CreateServer::server)
                              .field("hosts", &CreateServer::hosts)
                              .field("generation", &CreateServer::generation);
    return s;
}

ops::Operation create_server() {
    return ops::OperationOf<CreateServer>()
        .then("schedule", schedule)
        .then("network", network)
        .until(image_here)
        .within_ms(spawn_deadline_ms)
        .step("spawn", spawn, remove_guest)
        .until(running_and_connected)
        .undo_until(guests_gone)
        .within_ms(spawn_deadline_ms)
        .then("finish", finish)
        .if_undone(undone);
}

} // namespace nephele::nova
