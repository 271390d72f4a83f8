// SPDX-License-Identifier: Apache-2.0
// Addresses, interfaces, security groups and volumes of servers, as nova shows them.
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/ops/operations.h"
#include "services/nova/ops/ports.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {

std::vector<neutron::ServerAddress> addresses_of(Call& call, const Server& server) {
    return neutron::addresses_of_devices(call.tx, {server.id})[server.id];
}

Json list_addresses(Call& call) {
    Json out = Json::object();
    for (auto& a : addresses_of(call, server_of(call)))
        out[a.network_name].push_back(Json::object({{"version", a.version}, {"addr", a.address}}));
    return Json::object({{"addresses", std::move(out)}});
}

Json show_addresses(Call& call) {
    Json list;
    for (auto& a : addresses_of(call, server_of(call)))
        if (a.network_name == call.path("network_label"))
            list.push_back(Json::object({{"version", a.version}, {"addr", a.address}}));
    if (list.is_null())
        throw not_found("NetworkNotFound", "Instance is not a member of specified network");
    return Json::object({{call.path("network_label"), std::move(list)}});
}

Json interface_json(const Call& call, const Server& server, const neutron::Port& port) {
    Json fixed_ips = Json::array();
    for (auto& ip : port.fixed_ips)
        fixed_ips.push_back(
            Json::object({{"subnet_id", ip.subnet_id}, {"ip_address", ip.ip_address}}));
    Json out = Json::object({{"net_id", port.network_id},
                             {"port_id", port.id},
                             {"mac_addr", port.mac_address},
                             {"port_state", port.status},
                             {"fixed_ips", std::move(fixed_ips)}});
    if (call.version >= Version{2, 70}) out["tag"] = server.device_tags.get(port.id);
    return out;
}

Json list_interfaces(Call& call) {
    Json out = Json::array();
    Server server = server_of(call);
    for (auto& port : neutron::ports_of_device(call.tx, server.id))
        out.push_back(interface_json(call, server, port));
    return Json::object({{"interfaceAttachments", std::move(out)}});
}

Json show_interface(Call& call) {
    Server server = server_of(call);
    auto port = neutron::find_port(call.tx, Scope::all(), call.path("port_id"));
    if (!port || port->device_id != server.id)
        throw not_found("PortNotFound", format("Instance {} does not have a port with id {}",
                                               server.id, call.path("port_id")));
    return Json::object({{"interfaceAttachment", interface_json(call, server, *port)}});
}

// What neutron cannot give is 404 here, where a new server would answer 400.
PortPlan plan_one(Call& call, const Server& server, const Json& wanted) {
    PortRules rules;
    rules.may_attach_external = call.allowed("network:attach_external_network");
    Json networks;
    if (wanted.size() > 0) networks = Json::array({wanted});
    try {
        auto plan = plan_ports(call, call.scope(), server.project_id, networks, {}, rules);
        if (plan.ports.size() != 1)
            throw bad_request("InterfaceAttachFailedNoNetwork",
                              format("No specific network was requested and none are available for "
                                     "project '{}'.",
                                     server.project_id));
        return plan;
    } catch (const Failure& failure) {
        if (failure.code() == "NetworkNotFound" || failure.code() == "PortNotFound")
            throw not_found(failure.code(), failure.what());
        if (failure.code() == "NetworkAmbiguous" || failure.code() == "PortInUse")
            throw bad_request(failure.code(), failure.what());
        throw;
    }
}

// From the action's words to those of POST /servers.
Json network_in(const Json& body) {
    Json out = Json::object();
    if (!body.is_object() || body.size() > 1)
        throw bad_request("ValidationError", "Invalid input for field/attribute body.");
    const Json& given = body.get("interfaceAttachment");
    if (body.size() == 1 && !given.is_object())
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute interfaceAttachment.");
    if (!given.is_object()) return out;
    for (auto& [key, value] : given.as_object()) {
        if (key == "net_id")
            out["uuid"] = value;
        else if (key == "port_id")
            out["port"] = value;
        else if (key == "tag")
            out["tag"] = value;
        else if (key != "fixed_ips")
            throw bad_request("ValidationError",
                              format("Additional properties are not allowed ('{}' was unexpected)",
                                     key.substr(0, 100)));
    }
    if (out.has("uuid") && out.has("port"))
        throw bad_request("InvalidRequest", "Must not input both network_id and port_id");
    const Json& fixed = given.get("fixed_ips");
    if (fixed.is_null()) return out;
    if (!out.has("uuid"))
        throw bad_request("InvalidRequest", "Must input network_id when request IP address");
    if (!fixed.is_array() || fixed.size() != 1 || !fixed.as_array()[0].is_object())
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute fixed_ips. It is a list of one.");
    out["fixed_ip"] = only_member(fixed.as_array()[0], "ip_address");
    return out;
}

Json attach(Call& call, const Json& body) {
    Json wanted = network_in(body);
    if (wanted.has("tag") && call.version < Version{2, 49})
        throw bad_request("ValidationError",
                          "Additional properties are not allowed ('tag' was unexpected)");
    Server server = server_for(call, "attach_interface");
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is on no host.", server.id));
    PortPlan plan = plan_one(call, server, wanted);
    std::string port = make_ports(call, plan, server).front();
    shape::update(call, servers(), server);
    store::begin_action(call, server, "attach_interface", "compute_attach_interface");
    ops::start(
        call, AttachInterface{.server = server.id, .port = port},
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
    auto made = neutron::find_port(call.tx, Scope::all(), port);
    return Json::object({{"interfaceAttachment", interface_json(call, server, *made)}});
}

void detach(Call& call) {
    Server server = server_for(call, "detach_interface");
    auto port = neutron::find_port(call.tx, Scope::all(), call.path("port_id"));
    if (!port || port->device_id != server.id)
        throw not_found("PortNotFound", format("Port id {} could not be found.",
                                               call.path("port_id").substr(0, 100)));
    store::begin_action(call, server, "detach_interface", "compute_detach_interface");
    ops::start(
        call, DetachInterface{.server = server.id, .port = port->id},
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
}

Json list_volumes(Call& call) {
    server_of(call);
    return Json::object({{"volumeAttachments", Json::array()}});
}

} // namespace

Resource server_network_resource() {
    return Resource()
        .on("GET /v2.1/servers/{server_id}/ips", rule("ips:index"), list_addresses)
        .on("GET /v2.1/servers/{server_id}/ips/{network_label}", rule("ips:show"), show_addresses)
        .on("GET /v2.1/servers/{server_id}/os-interface", rule("os-attach-interfaces:list"),
            list_interfaces)
        .on("GET /v2.1/servers/{server_id}/os-interface/{port_id}",
            rule("os-attach-interfaces:show"), show_interface)
        .on("POST /v2.1/servers/{server_id}/os-interface", rule("os-attach-interfaces:create"),
            attach)
        .on("DELETE /v2.1/servers/{server_id}/os-interface/{port_id}",
            rule("os-attach-interfaces:delete"), detach, accepted)
        .on("GET /v2.1/servers/{server_id}/os-volume_attachments",
            rule("os-volumes-attachments:index"), list_volumes);
}

} // namespace nephele::nova
