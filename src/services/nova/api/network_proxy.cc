// SPDX-License-Identifier: Apache-2.0
// /os-networks and /os-tenant-networks (2.1 to 2.35): neutron's networks under nova's old names.
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"

namespace nephele::nova {
using namespace api;
namespace {
// What only nova's own networks of old had is null, as upstream shows neutron's.
Json network_json(const Call& call, const neutron::Network& network) {
    Json out = Json::object({{"id", network.id}, {"label", network.name}});
    for (auto* name : {"cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "cidr_v6",
                       "gateway_v6", "netmask_v6"})
        out[name] = nullptr;
    if (!call.is_admin()) return out;
    for (auto* name : {"created_at",
                       "updated_at",
                       "deleted_at",
                       "deleted",
                       "injected",
                       "bridge",
                       "vlan",
                       "vpn_public_address",
                       "vpn_public_port",
                       "vpn_private_address",
                       "dhcp_start",
                       "project_id",
                       "host",
                       "bridge_interface",
                       "multi_host",
                       "priority",
                       "rxtx_base",
                       "mtu",
                       "dhcp_server",
                       "enable_dhcp",
                       "share_address"})
        out[name] = nullptr;
    return out;
}

Json tenant_network_json(const Call&, const neutron::Network& network) {
    return Json::object({{"id", network.id}, {"label", network.name}, {"cidr", "None"}});
}

Json list_with(Call& call, const Scope& scope,
               Json (*write)(const Call&, const neutron::Network&)) {
    Json networks = Json::array();
    for (auto& network : neutron::visible_networks(call.tx, scope))
        networks.push_back(write(call, network));
    return Json::object({{"networks", std::move(networks)}});
}

neutron::Network network_of(Call& call) {
    auto network = neutron::find_network(call.tx, call.scope(), call.path("network_id"));
    if (!network) throw not_found("NetworkNotFound", "Network not found");
    return *network;
}

Json list(Call& call) { return list_with(call, call.scope(), network_json); }
Json show(Call& call) { return Json::object({{"network", network_json(call, network_of(call))}}); }
Json list_of_tenant(Call& call) {
    return list_with(call, Scope::project(call.project()), tenant_network_json);
}
Json show_of_tenant(Call& call) {
    return Json::object({{"network", tenant_network_json(call, network_of(call))}});
}
} // namespace

Resource network_proxy_resource() {
    const auto old = until_version(35);
    return Resource()
        .on("GET /v2.1/os-networks", rule("os-networks:list"), list, old)
        .on("GET /v2.1/os-networks/{network_id}", rule("os-networks:show"), show, old)
        .on("GET /v2.1/os-tenant-networks", rule("os-tenant-networks:list"), list_of_tenant, old)
        .on("GET /v2.1/os-tenant-networks/{network_id}", rule("os-tenant-networks:show"),
            show_of_tenant, old);
}

} // namespace nephele::nova
