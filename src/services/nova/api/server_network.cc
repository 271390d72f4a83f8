// SPDX-License-Identifier: Apache-2.0
// Addresses, interfaces, security groups and volumes of servers, as nova shows them.
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"

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
        .on("GET /v2.1/servers/{server_id}/os-volume_attachments",
            rule("os-volumes-attachments:index"), list_volumes);
}

} // namespace nephele::nova
