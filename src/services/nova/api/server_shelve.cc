// SPDX-License-Identifier: Apache-2.0
// POST /servers/{id}/action: shelve, shelveOffload, unshelve, rescue, unrescue, changePassword.
#include "base/strings.h"
#include "services/glance/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/ops/disk_copy.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* action_path = "POST /v2.1/servers/{server_id}/action";

template <class S> void start(Call& call, const Server& server, const S& state) {
    ops::start(
        call, state,
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
}

// ---- shelve ----

void shelve(Call& call, const Json&) {
    Server server = server_for(call, "shelve");
    ShelveServer state{.server = server.id};
    state.copy.image =
        make_disk_image(call, server, server.name + "-shelved", "snapshot", Json::object());
    server.task_state = TaskState::shelving;
    shape::update(call, servers(), server);
    store::begin_action(call, server, "shelve", "compute_shelve_instance");
    start(call, server, state);
}

void shelve_offload(Call& call, const Json&) {
    Server server = server_for(call, "shelveOffload");
    store::begin_action(call, server, "shelveOffload", "compute_shelve_offload_instance");
    start_offload(call, server);
}

void check_free_to_choose(const Server& server) {
    if (server.vm_state == VmState::shelved_offloaded) return;
    throw conflict("UnshelveInstanceInvalidState",
                   format("Specifying an availability zone or a host when unshelving server '{}' "
                          "with status '{}' is not supported. The server status must be "
                          "SHELVED_OFFLOADED.",
                          server.id, shape::text_of_enum(server.vm_state)));
}

void set_zone(Call& call, const Json& zone, Server& server) {
    if (zone.is_null()) { // No longer bound to any.
        server.requested_zone.reset();
        return;
    }
    if (!zone.is_string() || zone.as_string().empty() || zone.as_string().size() > 255)
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute availability_zone.");
    if (!store::zone_exists(call.tx, zone.as_string()))
        throw bad_request("InvalidRequest", "The requested availability zone is not available");
    server.requested_zone = zone.as_string();
}

void set_host(Call& call, const Json& body, Server& server) {
    server.requested_host.clear();
    server.past_scheduler = false;
    if (!body.has("host")) return;
    std::string host = name_member(body, "host");
    call.enforce(rule("os-shelve:unshelve_to_host"));
    if (!store::host_named(call.tx, host))
        throw bad_request("ComputeHostNotFound",
                          format("Compute host {} could not be found.", host));
    server.requested_host = host;
}

void unshelve(Call& call, const Json& body) {
    bool chooses = call.version >= Version{2, 77} && !body.is_null();
    if (chooses) {
        bool hosts = call.version >= Version{2, 91};
        if (hosts)
            check_members(body, {"availability_zone", "host"});
        else
            check_members(body, {"availability_zone"});
        if (body.size() == 0 || (!hosts && !body.at("availability_zone").is_string()))
            throw bad_request("ValidationError", "Invalid input for field/attribute unshelve. It "
                                                 "names an availability_zone, or is null.");
    }
    Server server = server_for(call, "unshelve");
    if (chooses) {
        check_free_to_choose(server);
        set_host(call, body, server);
        if (body.has("availability_zone")) set_zone(call, body.at("availability_zone"), server);
    }
    server.task_state = TaskState::unshelving;
    shape::update(call, servers(), server);
    store::begin_action(call, server, "unshelve", "compute_unshelve_instance");
    start(call, server, UnshelveServer{.server = server.id});
}

// ---- rescue ----

std::string password_in(Call& call, const Json& body) {
    const Json& given = body.get("adminPass");
    if (given.is_null()) return call.new_hex().substr(0, 12);
    if (!given.is_string() || given.as_string().size() > 255)
        throw bad_request("ValidationError", "Invalid input for field/attribute adminPass.");
    return given.as_string();
}

std::string rescue_image(Call& call, const Json& body, const Server& server) {
    std::string id = server.image_id;
    if (body.has("rescue_image_ref")) {
        if (!body.at("rescue_image_ref").is_string() || !is_uuid(body.text("rescue_image_ref")))
            throw bad_request("ValidationError",
                              "Invalid input for field/attribute rescue_image_ref.");
        id = body.text("rescue_image_ref");
    }
    auto image = glance::find_image(call.tx, call.scope(), id);
    if (!image || image->status != "active")
        throw bad_request("UnsupportedRescueImage",
                          format("Requested rescue image '{}' is not supported", id));
    if (image->inspected_format != "raw" && image->inspected_format != "qcow2")
        throw bad_request("UnsupportedRescueImage",
                          format("Requested rescue image '{}' is not supported: guests boot from "
                                 "raw and qcow2.",
                                 id));
    return image->id;
}

Json rescue(Call& call, const Json& body) {
    if (!body.is_null()) check_members(body, {"adminPass", "rescue_image_ref"});
    std::string password = password_in(call, body);
    Server server = server_for(call, "rescue");
    std::string image = rescue_image(call, body, server);
    server.task_state = TaskState::rescuing;
    shape::update(call, servers(), server);
    store::begin_action(call, server, "rescue", "compute_rescue_instance");
    start(call, server, RescueServer{.server = server.id, .image = image});
    return Json::object({{"adminPass", password}});
}

void unrescue(Call& call, const Json&) {
    Server server = server_for(call, "unrescue");
    server.task_state = TaskState::unrescuing;
    shape::update(call, servers(), server);
    store::begin_action(call, server, "unrescue", "compute_unrescue_instance");
    start(call, server, UnrescueServer{.server = server.id});
}

// ---- password ----

// Guests have no agent that could set it: that is what upstream says then.
void change_password(Call& call, const Json& body) {
    check_members(body, {"adminPass"});
    if (!body.get("adminPass").is_string())
        throw bad_request("ValidationError", "Invalid input for field/attribute adminPass.");
    Server server = server_for(call, "changePassword");
    throw conflict("QemuGuestAgentNotEnabled",
                   format("Failed to set admin password on {} because the QEMU guest agent is not "
                          "enabled.",
                          server.id));
}
} // namespace

Resource server_shelve_resource() {
    return Resource()
        .action(action_path, "shelve", rule("os-shelve:shelve"), shelve)
        .action(action_path, "shelveOffload", rule("os-shelve:shelve_offload"), shelve_offload)
        .action(action_path, "unshelve", rule("os-shelve:unshelve"), unshelve)
        .action(action_path, "rescue", rule("os-rescue"), rescue, {.status = 200})
        .action(action_path, "unrescue", rule("os-unrescue"), unrescue)
        .action(action_path, "changePassword", rule("os-admin-password"), change_password);
}

} // namespace nephele::nova
