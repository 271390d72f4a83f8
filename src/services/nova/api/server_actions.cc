// SPDX-License-Identifier: Apache-2.0
// POST /servers/{id}/action: power, locks, state, security groups.
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* action_path = "POST /v2.1/servers/{server_id}/action";

void power(Call& call, const char* action) {
    Server server = server_for(call, action);
    start_power_action(call, server, action);
}
void start(Call& call, const Json&) { power(call, "start"); }
void stop(Call& call, const Json&) { power(call, "stop"); }
void pause(Call& call, const Json&) { power(call, "pause"); }
void unpause(Call& call, const Json&) { power(call, "unpause"); }
void suspend(Call& call, const Json&) { power(call, "suspend"); }
void resume(Call& call, const Json&) { power(call, "resume"); }

void reboot(Call& call, const Json& body) {
    const Json& type = only_member(body, "type");
    std::string kind = type.is_string() ? type.as_string() : "";
    for (auto* hard : {"HARD", "Hard", "hard"})
        if (kind == hard) return power(call, "hard reboot");
    for (auto* soft : {"SOFT", "Soft", "soft"})
        if (kind == soft) return power(call, "reboot");
    throw bad_request("ValidationError",
                      format("Invalid input for field/attribute type. Value: {}. It is not one of "
                             "HARD, SOFT",
                             type.dump().substr(0, 100)));
}

void lock(Call& call, const Json& body) {
    std::optional<std::string> reason;
    // Before 2.73 clients send null or {}.
    if (!body.is_null() && !(body.is_object() && body.size() == 0)) {
        if (call.version < Version{2, 73})
            throw bad_request("ValidationError", "lock takes nothing before version 2.73.");
        const Json& given = body.get("locked_reason");
        if (!body.is_object() || body.size() > 1 || (body.size() == 1 && !given.is_string()) ||
            (given.is_string() && (given.as_string().empty() || given.as_string().size() > 255)))
            throw bad_request("ValidationError", "Invalid input for field/attribute lock: "
                                                 "locked_reason has 1 to 255 characters.");
        if (given.is_string()) reason = given.as_string();
    }
    Server server = server_of(call);
    bool owner = server.project_id == call.project();
    // An owner's lock does not replace an administrator's.
    if (server.locked_by == "admin" && !call.is_admin()) return;
    server.locked_by = owner ? "owner" : "admin";
    server.locked_reason = reason;
    shape::update(call, servers(), server);
    store::begin_action(call, server, "lock", "api_lock");
    store::finish_action(call, server.id, server.host.value_or(""), "");
}

void unlock(Call& call, const Json&) {
    Server server = server_of(call);
    if (server.locked_by == "admin" && !call.allowed(rule("os-lock-server:unlock:unlock_override")))
        throw Failure(Fault::forbidden, "PolicyNotAuthorized", "The lock is an administrator's.")
            .with("rule", rule("os-lock-server:unlock:unlock_override"));
    server.locked_by.reset();
    server.locked_reason.reset();
    shape::update(call, servers(), server);
    store::begin_action(call, server, "unlock", "api_unlock");
    store::finish_action(call, server.id, server.host.value_or(""), "");
}

void reset_state(Call& call, const Json& body) {
    const Json& state = only_member(body, "state");
    bool active = state == Json("active");
    if (!active && state != Json("error"))
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute state. It is 'active' or 'error'.");
    Server server = server_of(call);
    // What runs now would set the state again when it ends.
    ops::cancel(call, "server", server.id, "An administrator reset the server's state.");
    server.vm_state = active ? VmState::active : VmState::error;
    server.task_state.reset();
    shape::update(call, servers(), server);
}

std::string group_name(const Json& body) {
    const Json& name = only_member(body, "name");
    if (!name.is_string() || trim(name.as_string()).empty() || name.as_string().size() > 255)
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute name: 1 to 255 characters.");
    return name.as_string();
}

// The groups are those of the server's ports.
void change_groups(Call& call, const Json& body, bool add) {
    std::string name = group_name(body);
    Server server = server_of(call);
    std::string group = neutron::security_group_named(call, server.project_id, name);
    bool member = false;
    for (auto& port : neutron::ports_of_device(call.tx, server.id)) {
        auto groups = port.security_groups;
        auto found = std::find(groups.begin(), groups.end(), group);
        member = member || found != groups.end();
        if (add && found == groups.end())
            groups.push_back(group);
        else if (!add && found != groups.end())
            groups.erase(found);
        else
            continue;
        neutron::set_security_groups(call, port.id, groups);
    }
    if (!add && !member)
        throw not_found(
            "SecurityGroupNotFound",
            format("Security group {} not associated with the instance {}", name, server.id));
}
void add_group(Call& call, const Json& body) { change_groups(call, body, true); }
void remove_group(Call& call, const Json& body) { change_groups(call, body, false); }

} // namespace

Resource server_actions_resource() {
    return Resource()
        .action(action_path, "os-start", rule("servers:start"), start)
        .action(action_path, "os-stop", rule("servers:stop"), stop)
        .action(action_path, "reboot", rule("servers:reboot"), reboot)
        .action(action_path, "pause", rule("os-pause-server:pause"), pause)
        .action(action_path, "unpause", rule("os-pause-server:unpause"), unpause)
        .action(action_path, "suspend", rule("os-suspend-server:suspend"), suspend)
        .action(action_path, "resume", rule("os-suspend-server:resume"), resume)
        .action(action_path, "lock", rule("os-lock-server:lock"), lock)
        .action(action_path, "unlock", rule("os-lock-server:unlock"), unlock)
        .action(action_path, "os-resetState", rule("os-admin-actions:reset_state"), reset_state)
        .action(action_path, "addSecurityGroup", rule("os-security-groups:add"), add_group)
        .action(action_path, "removeSecurityGroup", rule("os-security-groups:remove"),
                remove_group);
}

} // namespace nephele::nova
