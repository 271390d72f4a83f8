// SPDX-License-Identifier: Apache-2.0
// Routers: gateway, interfaces, routes.
#include "services/neutron/ops/routers.h"

#include "base/strings.h"
#include "services/neutron/logic/router_check.h"
#include "services/neutron/model/address.h"
#include "services/neutron/ops/ports.h"
#include "services/neutron/ops/quotas.h"
#include "services/neutron/store/addresses.h"

namespace nephele::neutron {
namespace {
std::vector<Port> ports_of_router(db::Tx& tx, const std::string& router_id) {
    return select(tx, ports(), Scope::all(),
                  {"device_id = ? AND device_owner IN (?, ?)",
                   {router_id, owner::router_interface, owner::router_gateway}},
                  "ORDER BY created_at, id");
}

std::vector<Subnet> subnets_on(db::Tx& tx, const std::vector<Port>& of_ports) {
    std::vector<std::string> ids;
    for (auto& port : of_ports)
        for (auto& fixed : port.fixed_ips) ids.push_back(fixed.subnet_id);
    return select(tx, subnets(), Scope::all(), any_of("id", ids));
}

void check_router_routes(Context& context, const Router& router) {
    auto all = ports_of_router(context.tx, router.id);
    std::vector<std::string> own;
    for (auto& port : all)
        for (auto& fixed : port.fixed_ips) own.push_back(fixed.ip_address);
    check_routes(router, router.routes, subnets_on(context.tx, all), own);
}

void drop_gateway(Context& context, Router& router) {
    if (router.gateway_port_id.empty()) return;
    auto port = need(context.tx, ports(), Scope::all(), router.gateway_port_id);
    if (context.tx.count("SELECT COUNT(*) FROM neutron_floatingips WHERE router_id = ?",
                         {router.id}) > 0)
        throw conflict("RouterExternalGatewayInUseByFloatingIp",
                       format("Gateway cannot be updated for router {}, since a gateway to "
                              "external network {} is required by one or more floating IPs.",
                              router.id, port.network_id));
    drop_port(context, port);
    router.gateway_port_id.clear();
}

Port make_gateway_port(Context& context, const Router& router, const GatewayInfo& info) {
    // Whether the caller may see it is decided where the request is read.
    auto network = find(context.tx, networks(), Scope::all(), info.network_id);
    if (!network) throw_not_found(networks(), info.network_id);
    if (!network->router_external)
        throw bad_request("BadRequest", format("Bad router request: Network {} is not an external "
                                               "network.",
                                               info.network_id));
    std::vector<Subnet> inside = subnets_on(context.tx, interfaces_of(context.tx, router.id));
    for (auto& subnet : subnets_of(context.tx, network->id))
        check_interface_cidr(router, subnet, inside);
    PortWish wish;
    wish.port.device_owner = owner::router_gateway;
    wish.port.device_id = router.id;
    // The port belongs to nobody, as upstream has it: projects neither see nor count it.
    wish.counted = false;
    if (!info.external_fixed_ips.empty()) wish.fixed_ips = info.external_fixed_ips;
    return make_port(context, *network, std::move(wish));
}

void set_gateway(Context& context, const Router& before, Router& after) {
    auto& wanted = after.external_gateway_info;
    bool same_network = before.external_gateway_info && wanted &&
                        before.external_gateway_info->network_id == wanted->network_id;
    if (same_network) {
        auto port = need(context.tx, ports(), Scope::all(), before.gateway_port_id);
        if (!wanted->external_fixed_ips.empty())
            port = change_port(context, port, port, wanted->external_fixed_ips);
        wanted->external_fixed_ips = port.fixed_ips;
        return;
    }
    after.gateway_port_id = before.gateway_port_id;
    drop_gateway(context, after);
    if (!wanted) return;
    Port port = make_gateway_port(context, after, *wanted);
    after.gateway_port_id = port.id;
    wanted->external_fixed_ips = port.fixed_ips;
}

void touch(Context& context, const std::string& router_id) {
    auto router = need(context.tx, routers(), Scope::all(), router_id);
    update(context, routers(), router);
}

RouterInterface described(Port port) {
    RouterInterface out;
    for (auto& fixed : port.fixed_ips) out.subnet_ids.push_back(fixed.subnet_id);
    out.subnet_id = out.subnet_ids.empty() ? "" : out.subnet_ids.front();
    out.port = std::move(port);
    return out;
}

void check_interface_unused(Context& context, const Router& router, const Port& port) {
    for (auto& subnet : subnets_on(context.tx, {port})) {
        check_routes_survive(router, subnet);
        auto used = context.tx.count(
            "SELECT COUNT(*) FROM neutron_floatingips f JOIN neutron_ip_allocations a ON a.port_id "
            "= f.port_id AND a.ip_address = f.fixed_ip_address WHERE f.router_id = ? AND "
            "a.subnet_id = ?",
            {router.id, subnet.id});
        if (used > 0)
            throw conflict("RouterInterfaceInUseByFloatingIP",
                           format("Router interface for subnet {} on router {} cannot be deleted, "
                                  "as it is required by one or more floating IPs.",
                                  subnet.id, router.id));
    }
}
} // namespace

std::vector<Port> interfaces_of(db::Tx& tx, const std::string& router_id) {
    return select(tx, ports(), Scope::all(),
                  {"device_id = ? AND device_owner = ?", {router_id, owner::router_interface}},
                  "ORDER BY created_at, id");
}

Router make_router(Context& context, Router router) {
    check_quota(context, router.project_id, "router");
    router.id = context.new_uuid();
    router.created_at = router.updated_at = context.now;
    if (!router.routes.empty())
        throw bad_request("InvalidRoutes", "Routes cannot be set on a router without interfaces.");
    set_gateway(context, Router{}, router);
    insert(context, routers(), router);
    return router;
}

Router change_router(Context& context, const Router& before, Router after, bool gateway_given) {
    if (gateway_given) set_gateway(context, before, after);
    if (after.routes != before.routes) check_router_routes(context, after);
    update(context, routers(), after);
    return after;
}

void drop_router(Context& context, const Router& router) {
    if (!interfaces_of(context.tx, router.id).empty())
        throw conflict("RouterInUse", format("Router {} still has ports", router.id));
    Router going = router;
    drop_gateway(context, going);
    erase(context, routers(), router);
}

RouterInterface add_interface(Context& context, const Router& router, const Subnet& subnet) {
    check_interface_cidr(router, subnet,
                         subnets_on(context.tx, ports_of_router(context.tx, router.id)));
    auto network = need(context.tx, networks(), Scope::all(), subnet.network_id);
    if (!subnet.gateway_ip)
        throw bad_request("BadRequest", "Bad router request: Subnet for router interface must have "
                                        "a gateway IP.");
    PortWish wish;
    wish.port.project_id = router.project_id;
    wish.port.device_owner = owner::router_interface;
    wish.port.device_id = router.id;
    wish.fixed_ips = {FixedIp{subnet.id, *subnet.gateway_ip}};
    Port port = make_port(context, network, std::move(wish));
    touch(context, router.id);
    return described(port);
}

RouterInterface add_interface(Context& context, const Router& router, Port port) {
    if (!port.device_id.empty() || !port.device_owner.empty())
        throw conflict("PortInUse",
                       format("Unable to complete operation on port {} for network {}. Port "
                              "already has an attached device {}.",
                              port.id, port.network_id, port.device_id));
    if (port.fixed_ips.empty())
        throw bad_request("BadRequest",
                          "Bad router request: Router port must have at least one fixed IP.");
    auto present = subnets_on(context.tx, ports_of_router(context.tx, router.id));
    for (auto& subnet : subnets_on(context.tx, {port}))
        check_interface_cidr(router, subnet, present);
    Port after = port;
    after.device_id = router.id;
    after.device_owner = owner::router_interface;
    after.security_groups.clear();
    after.port_security_enabled = false;
    after = change_port(context, port, after, std::nullopt);
    touch(context, router.id);
    return described(after);
}

RouterInterface remove_interface(Context& context, const Router& router, const std::string& port_id,
                                 const std::string& subnet_id) {
    std::optional<Port> found;
    for (auto& port : interfaces_of(context.tx, router.id)) {
        bool on_subnet = std::any_of(port.fixed_ips.begin(), port.fixed_ips.end(),
                                     [&](auto& fixed) { return fixed.subnet_id == subnet_id; });
        if (!port_id.empty() && port.id != port_id) continue;
        if (!port_id.empty() && !subnet_id.empty() && !on_subnet)
            throw conflict("SubnetMismatchForPort",
                           format("Subnet on port {} does not match the requested subnet {}.",
                                  port_id, subnet_id));
        if (!port_id.empty() || on_subnet) found = port;
    }
    if (!found && !port_id.empty())
        throw not_found(
            "RouterInterfaceNotFound",
            format("Router {} does not have an interface with id {}", router.id, port_id));
    if (!found)
        throw not_found("RouterInterfaceNotFoundForSubnet",
                        format("Router {} has no interface on subnet {}", router.id, subnet_id));
    check_interface_unused(context, router, *found);
    drop_port(context, *found);
    touch(context, router.id);
    return described(*found);
}

} // namespace nephele::neutron
