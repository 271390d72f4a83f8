// SPDX-License-Identifier: Apache-2.0
// /os-floating-ips and /os-floating-ip-pools (2.1 to 2.35): a pool is an external network.
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"

namespace nephele::nova {
using namespace api;
namespace {
std::vector<neutron::Network> pools_of(Call& call) {
    auto networks = neutron::visible_networks(call.tx, call.scope());
    std::erase_if(networks, [](auto& network) { return !network.router_external; });
    return networks;
}

Json floating_json(Call& call, const neutron::FloatingIp& floating) {
    auto network = neutron::find_network(call.tx, Scope::all(), floating.floating_network_id);
    Json server;
    if (floating.port_id)
        if (auto port = neutron::find_port(call.tx, Scope::all(), *floating.port_id))
            if (!port->device_id.empty()) server = port->device_id;
    return Json::object({{"id", floating.id},
                         {"ip", floating.floating_ip_address},
                         {"pool", network ? network->name : ""},
                         {"fixed_ip", Json(floating.fixed_ip_address)},
                         {"instance_id", std::move(server)}});
}

neutron::FloatingIp floating_of(Call& call) {
    auto floating = neutron::find_floating_ip(call.tx, call.scope(), call.path("floating_ip_id"));
    if (!floating)
        throw not_found("FloatingIpNotFound", format("Floating IP not found for ID {}",
                                                     call.path("floating_ip_id").substr(0, 100)));
    return *floating;
}

Json list_pools(Call& call) {
    Json pools = Json::array();
    for (auto& network : pools_of(call)) pools.push_back(Json::object({{"name", network.name}}));
    return Json::object({{"floating_ip_pools", std::move(pools)}});
}

Json list(Call& call) {
    Json all = Json::array();
    for (auto& floating : neutron::floating_ips_of_project(call.tx, call.project()))
        all.push_back(floating_json(call, floating));
    return Json::object({{"floating_ips", std::move(all)}});
}

Json show(Call& call) {
    return Json::object({{"floating_ip", floating_json(call, floating_of(call))}});
}

// Without a name the only external network there is.
neutron::Network pool_in(Call& call, const Json& body) {
    const Json& pool = body.get("pool");
    if (!pool.is_null() && !pool.is_string())
        throw bad_request("ValidationError", "Invalid input for field/attribute pool.");
    auto pools = pools_of(call);
    if (pool.is_null() && pools.size() == 1) return pools.front();
    for (auto& network : pools)
        if (pool.is_string() &&
            (network.name == pool.as_string() || network.id == pool.as_string()))
            return network;
    throw not_found("FloatingIpPoolNotFound", "Floating IP pool not found.");
}

Json create(Call& call, const Json& body) {
    if (!body.is_null()) check_members(body, {"pool"});
    auto pool = pool_in(call, body);
    try {
        return Json::object(
            {{"floating_ip",
              floating_json(call, neutron::create_floating_ip(call, pool, call.project()))}});
    } catch (const Failure& failure) {
        if (failure.code() == "OverQuota")
            throw forbidden("FloatingIpLimitExceeded", "Maximum number of floating IPs exceeded");
        if (failure.code() == "IpAddressGenerationFailure")
            throw not_found("NoMoreFloatingIps",
                            format("No more floating IPs in pool {}.", pool.name));
        throw;
    }
}

void remove(Call& call) { neutron::delete_floating_ip(call, floating_of(call)); }
} // namespace

Resource floating_ip_proxy_resource() {
    const auto old = until_version(35);
    return Resource()
        .on("GET /v2.1/os-floating-ip-pools", rule("os-floating-ip-pools"), list_pools, old)
        .on("GET /v2.1/os-floating-ips", rule("os-floating-ips:list"), list, old)
        .on("POST /v2.1/os-floating-ips", rule("os-floating-ips:create"), create, old)
        .on("GET /v2.1/os-floating-ips/{floating_ip_id}", rule("os-floating-ips:show"), show, old)
        .on("DELETE /v2.1/os-floating-ips/{floating_ip_id}", rule("os-floating-ips:delete"), remove,
            until_version(35, 202));
}

} // namespace nephele::nova
