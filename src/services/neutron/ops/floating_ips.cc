// SPDX-License-Identifier: Apache-2.0
// Floating IPs: an address of an external network that leads to a port behind a router.
#include "base/strings.h"
#include "services/neutron/model/address.h"
#include "services/neutron/ops/ports.h"
#include "services/neutron/ops/quotas.h"
#include "services/neutron/ops/routers.h"

namespace nephele::neutron {
namespace {
Failure bad_floating_ip(const std::string& why) {
    return bad_request("BadRequest", "Bad floatingip request: " + why + ".");
}

// The IPv4 address of the port that is meant.
FixedIp choose_fixed_ip(const FloatingIp& floating, const Port& port) {
    std::vector<FixedIp> four;
    for (auto& fixed : port.fixed_ips)
        if (parse_address(fixed.ip_address)->version == 4) four.push_back(fixed);
    if (floating.fixed_ip_address) {
        for (auto& fixed : four)
            if (fixed.ip_address == *floating.fixed_ip_address) return fixed;
        throw bad_floating_ip(
            format("Port {} does not have fixed ip {}", port.id, *floating.fixed_ip_address));
    }
    if (four.empty())
        throw bad_floating_ip(format("Cannot add floating IP to port {} that has no fixed IPv4 "
                                     "addresses",
                                     port.id));
    if (four.size() > 1)
        throw bad_floating_ip(format("Port {} has multiple fixed IPv4 addresses.  Must provide a "
                                     "specific IPv4 address when assigning a floating IP",
                                     port.id));
    return four.front();
}

// A router with an interface on the subnet and its gateway on the external network.
std::string router_between(db::Tx& tx, const std::string& external_network,
                           const std::string& subnet_id, const std::string& port_id) {
    std::string found;
    tx.first("SELECT r.id FROM neutron_routers r JOIN neutron_ports g ON g.id = r.gateway_port_id "
             "JOIN neutron_ports i ON i.device_id = r.id AND i.device_owner = ? JOIN "
             "neutron_ip_allocations a ON a.port_id = i.id WHERE g.network_id = ? AND a.subnet_id "
             "= ? ORDER BY r.created_at, r.id",
             {owner::router_interface, external_network, subnet_id},
             [&](const db::Row& row) { found = row.str(0); });
    if (found.empty())
        throw not_found("ExternalGatewayForFloatingIPNotFound",
                        format("External network {} is not reachable from subnet {}.  Therefore, "
                               "cannot associate Port {} with a Floating IP.",
                               external_network, subnet_id, port_id));
    return found;
}

void associate(Context& context, FloatingIp& floating) {
    if (!floating.port_id) {
        if (floating.fixed_ip_address)
            throw bad_floating_ip("fixed_ip_address cannot be specified without a port_id");
        floating.router_id.reset();
        floating.status = "DOWN";
        return;
    }
    auto port = need(context.tx, ports(),
                     context.who.is_internal ? Scope::all() : Scope::project(floating.project_id),
                     *floating.port_id);
    FixedIp fixed = choose_fixed_ip(floating, port);
    if (context.tx.count("SELECT COUNT(*) FROM neutron_floatingips WHERE floating_network_id = ? "
                         "AND port_id = ? AND fixed_ip_address = ? AND id <> ?",
                         {floating.floating_network_id, port.id, fixed.ip_address, floating.id}) >
        0)
        throw conflict("FloatingIPPortAlreadyAssociated",
                       format("Cannot associate floating IP {} ({}) with port {} using fixed IP "
                              "{}, as that fixed IP already has a floating IP on external network "
                              "{}.",
                              floating.floating_ip_address, floating.id, port.id, fixed.ip_address,
                              floating.floating_network_id));
    floating.router_id =
        router_between(context.tx, floating.floating_network_id, fixed.subnet_id, port.id);
    floating.fixed_ip_address = fixed.ip_address;
    floating.status = "ACTIVE";
}

// The address goes to a port of its own, so that nothing else gets it.
Port make_holder(Context& context, const Network& external, const FloatingIp& floating) {
    PortWish wish;
    wish.port.device_owner = owner::floating_ip;
    wish.port.device_id = floating.id;
    wish.counted = false;
    std::vector<FixedIp> wanted;
    if (!floating.floating_ip_address.empty())
        wanted.push_back({floating.subnet_id.value_or(""), floating.floating_ip_address});
    else if (floating.subnet_id)
        wanted.push_back({*floating.subnet_id, ""});
    else
        for (auto& subnet : subnets_of(context.tx, external.id))
            if (subnet.ip_version == 4) wanted = {{"", ""}};
    if (wanted.empty())
        throw bad_floating_ip(format("Network {} does not contain any IPv4 subnet", external.id));
    if (!(wanted.front() == FixedIp{})) wish.fixed_ips = wanted;
    return make_port(context, external, std::move(wish));
}
} // namespace

FloatingIp make_floating_ip(Context& context, const Network& external, FloatingIp floating) {
    if (!external.router_external)
        throw bad_floating_ip(format("Network {} is not a valid external network", external.id));
    check_quota(context, floating.project_id, "floatingip");
    floating.id = context.new_uuid();
    Port holder = make_holder(context, external, floating);
    floating.floating_port_id = holder.id;
    for (auto& fixed : holder.fixed_ips)
        if (parse_address(fixed.ip_address)->version == 4)
            floating.floating_ip_address = fixed.ip_address;
    floating.subnet_id.reset();
    associate(context, floating);
    floating.created_at = floating.updated_at = context.now;
    insert(context, floating_ips(), floating);
    return floating;
}

FloatingIp change_floating_ip(Context& context, const FloatingIp& before, FloatingIp after) {
    if (after.port_id != before.port_id && after.fixed_ip_address == before.fixed_ip_address)
        after.fixed_ip_address.reset();
    if (after.port_id != before.port_id || after.fixed_ip_address != before.fixed_ip_address)
        associate(context, after);
    update(context, floating_ips(), after);
    return after;
}

void drop_floating_ip(Context& context, const FloatingIp& floating) {
    erase(context, floating_ips(), floating);
    if (auto holder = find(context.tx, ports(), Scope::all(), floating.floating_port_id))
        drop_port(context, *holder);
}

} // namespace nephele::neutron
