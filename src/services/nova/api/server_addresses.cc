// SPDX-License-Identifier: Apache-2.0
// Addresses by actions (2.1 to 2.43): addFixedIp, removeFixedIp, addFloatingIp, removeFloatingIp.
#include "base/ids.h"
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/ops/guest.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* action_path = "POST /v2.1/servers/{server_id}/action";

std::string address_in(const Json& body, const char* member) {
    const Json& given = body.get(member);
    if (!given.is_string() || !(is_ipv4(given.as_string()) || is_ipv6(given.as_string())))
        throw bad_request(
            "ValidationError",
            format("Invalid input for field/attribute {}. It is an IP address.", member));
    return given.as_string();
}

// ---- fixed ----

void add_fixed_ip(Call& call, const Json& body) {
    const Json& id = only_member(body, "networkId");
    if (!id.is_string() && !id.is_integer())
        throw bad_request("ValidationError", "Invalid input for field/attribute networkId.");
    std::string network = id.is_string() ? id.as_string() : std::to_string(id.as_int());
    Server server = server_for(call, "add_fixed_ip");
    for (auto& port : neutron::ports_of_device(call.tx, server.id)) {
        if (port.network_id != network) continue;
        try {
            neutron::add_fixed_address(call, port);
        } catch (const Failure& failure) {
            if (failure.code() != "IpAddressGenerationFailure") throw;
            throw bad_request("NoMoreFixedIps",
                              format("No fixed IP addresses available for network: {}", network));
        }
        return refresh_documents(call, server);
    }
    throw not_found("NetworkNotFoundForInstance",
                    format("Network {} could not be found for instance {}.", network.substr(0, 100),
                           server.id));
}

void remove_fixed_ip(Call& call, const Json& body) {
    check_members(body, {"address"});
    std::string address = address_in(body, "address");
    Server server = server_for(call, "remove_fixed_ip");
    for (auto& port : neutron::ports_of_device(call.tx, server.id))
        for (auto& fixed : port.fixed_ips)
            if (fixed.ip_address == address) {
                neutron::remove_fixed_address(call, port, address);
                return refresh_documents(call, server);
            }
    throw bad_request("FixedIpNotFoundForInstance",
                      format("Fixed IP {} could not be found on instance {}.", address, server.id));
}

// ---- floating ----

neutron::FloatingIp floating_in(Call& call, const Json& body) {
    std::string address = address_in(body, "address");
    auto floating = neutron::floating_ip_at(call.tx, call.scope(), address);
    if (!floating)
        throw not_found("FloatingIpNotFoundForAddress",
                        format("floating IP not found: {}", address));
    return *floating;
}

// The port and its address that a floating IP is to lead to.
std::pair<neutron::Port, std::string> fixed_in(Call& call, const Json& body, const Server& server) {
    std::string wanted;
    if (body.has("fixed_address")) wanted = address_in(body, "fixed_address");
    for (auto& port : neutron::ports_of_device(call.tx, server.id))
        for (auto& fixed : port.fixed_ips) {
            bool fits = wanted.empty() ? is_ipv4(fixed.ip_address) : fixed.ip_address == wanted;
            if (fits) return {port, fixed.ip_address};
        }
    throw bad_request("FixedIpNotFoundForInstance",
                      wanted.empty() ? "No fixed IPs associated to instance"
                                     : "Specified fixed address not assigned to instance");
}

void add_floating_ip(Call& call, const Json& body) {
    check_members(body, {"address", "fixed_address"});
    Server server = unlocked_server_of(call);
    auto floating = floating_in(call, body);
    auto [port, address] = fixed_in(call, body, server);
    try {
        neutron::associate_floating_ip(call, floating, port, address);
    } catch (const Failure& failure) {
        if (failure.code() == "ExternalGatewayForFloatingIPNotFound" ||
            failure.code() == "FloatingIPPortAlreadyAssociated" || failure.code() == "BadRequest")
            throw bad_request("FloatingIpAssociateFailed",
                              format("Unable to associate floating IP {} to fixed IP {} for "
                                     "instance {}. Error: {}",
                                     floating.floating_ip_address, address, server.id,
                                     failure.what()));
        throw;
    }
    refresh_documents(call, server);
}

void remove_floating_ip(Call& call, const Json& body) {
    check_members(body, {"address"});
    Server server = unlocked_server_of(call);
    auto floating = floating_in(call, body);
    bool ours = false;
    for (auto& port : neutron::ports_of_device(call.tx, server.id))
        ours = ours || floating.port_id == port.id;
    if (!ours)
        throw conflict("FloatingIpNotAssociated",
                       format("Floating IP {} is not associated with instance {}.",
                              floating.floating_ip_address, server.id));
    neutron::dissociate_floating_ip(call, floating);
    refresh_documents(call, server);
}

RouteOptions until_2_43() { return until_version(43, 202); }
} // namespace

Resource server_addresses_resource() {
    return Resource()
        .action(action_path, "addFixedIp", rule("os-multinic:add"), add_fixed_ip, until_2_43())
        .action(action_path, "removeFixedIp", rule("os-multinic:remove"), remove_fixed_ip,
                until_2_43())
        .action(action_path, "addFloatingIp", rule("os-floating-ips:add"), add_floating_ip,
                until_2_43())
        .action(action_path, "removeFloatingIp", rule("os-floating-ips:remove"), remove_floating_ip,
                until_2_43());
}

} // namespace nephele::nova
