// SPDX-License-Identifier: Apache-2.0
// Making, changing and removing subnets.
#include "base/strings.h"
#include "services/neutron/logic/subnet_plan.h"
#include "services/neutron/ops/metadata_hosts.h"
#include "services/neutron/ops/networks.h"
#include "services/neutron/ops/ports.h"
#include "services/neutron/ops/quotas.h"
#include "services/neutron/store/addresses.h"

namespace nephele::neutron {
namespace {
Failure invalid(const std::string& why) {
    return bad_request("InvalidInput", "Invalid input for operation: " + why + ".");
}

std::vector<std::string> cidrs_of_pool(db::Tx& tx, const std::string& pool_id) {
    std::vector<std::string> out;
    tx.each("SELECT cidr FROM neutron_subnets WHERE subnetpool_id = ?", {pool_id},
            [&](const db::Row& row) { out.push_back(row.str(0)); });
    return out;
}

std::optional<SubnetPool> pool_for(Context& context, const Subnet& subnet) {
    if (subnet.subnetpool_id)
        return need(context.tx, subnet_pools(), Scope::all(), *subnet.subnetpool_id);
    if (!subnet.use_default_subnetpool) return std::nullopt;
    auto found = select(context.tx, subnet_pools(), Scope::all(),
                        {"is_default = 1 AND ip_version = ?", {subnet.ip_version}});
    if (found.empty())
        throw bad_request("BadRequest",
                          format("Bad subnets request: No default subnetpool found for IPv{}.",
                                 subnet.ip_version));
    return found.front();
}

// A pool's prefixes stay without overlap whatever networks they go to.
void take_prefix(Context& context, Subnet& subnet, const SubnetPool& pool) {
    subnet.subnetpool_id = pool.id;
    if (pool.ip_version != subnet.ip_version)
        throw bad_request("BadRequest",
                          "Bad subnets request: Cannot allocate requested subnet: the subnet pool "
                          "has another ip_version.");
    auto used = cidrs_of_pool(context.tx, pool.id);
    if (!subnet.cidr.empty()) {
        auto wanted = parse_cidr(subnet.cidr);
        bool inside = false, clear = true;
        for (auto& text : pool.prefixes) {
            auto prefix = parse_cidr(text);
            inside = inside || (prefix->length <= wanted->length && prefix->holds(wanted->network));
        }
        for (auto& text : used) clear = clear && !parse_cidr(text)->overlaps(*wanted);
        if (!inside || !clear)
            throw bad_request("SubnetAllocationError",
                              "Failed to allocate subnet: Cannot allocate requested subnet from "
                              "the available set of prefixes.");
        return;
    }
    auto length = subnet.prefixlen.value_or(pool.default_prefixlen.value_or(24));
    if (length < pool.min_prefixlen.value_or(0) || length > pool.max_prefixlen.value_or(128))
        throw bad_request("MaxPrefixSubnetAllocationError",
                          format("Unable to allocate subnet with prefix length {}: the pool allows "
                                 "{} to {}.",
                                 length, pool.min_prefixlen.value_or(0),
                                 pool.max_prefixlen.value_or(128)));
    auto prefix = free_prefix(pool.prefixes, static_cast<int>(length), used);
    if (!prefix)
        throw Failure(Fault::unavailable, "SubnetAllocationError",
                      "Failed to allocate subnet: Insufficient prefix space to allocate subnet "
                      "size /" +
                          std::to_string(length) + ".");
    subnet.cidr = prefix->text();
}

std::optional<std::string> holder_of_gateway(db::Tx& tx, const Subnet& subnet) {
    auto gateway = subnet.gateway_ip ? parse_address(*subnet.gateway_ip) : std::nullopt;
    if (!gateway) return std::nullopt;
    return holder_of(tx, subnet.id, *gateway);
}

void write_subnet_list(Context& context, Network& network) {
    network.subnets.clear();
    for (auto& subnet : subnets_of(context.tx, network.id)) network.subnets.push_back(subnet.id);
    update(context, networks(), network);
}
} // namespace

Subnet make_subnet(Context& context, Network network, SubnetWish wish) {
    Subnet& subnet = wish.subnet;
    check_quota(context, subnet.project_id, "subnet");
    subnet.id = context.new_uuid();
    if (auto pool = pool_for(context, subnet)) take_prefix(context, subnet, *pool);
    if (subnet.cidr.empty())
        throw bad_request("BadRequest", "Bad subnets request: a subnetpool must be specified in "
                                        "the absence of a cidr.");
    std::vector<std::string> siblings;
    for (auto& other : subnets_of(context.tx, network.id)) siblings.push_back(other.cidr);
    plan_subnet(subnet, wish.gateway_given, wish.pools_given, siblings);
    subnet.created_at = subnet.updated_at = context.now;
    insert(context, subnets(), subnet);
    write_subnet_list(context, network);
    ensure_distributed_port(context, network);
    return subnet;
}

Subnet change_subnet(Context& context, const Subnet& before, Subnet after) {
    if (after.gateway_ip && parse_address(*after.gateway_ip))
        after.gateway_ip = parse_address(*after.gateway_ip)->text();
    check_subnet(after);
    if (after.gateway_ip != before.gateway_ip)
        if (auto port = holder_of_gateway(context.tx, before))
            if (find(context.tx, ports(), Scope::all(), *port).value_or(Port{}).device_owner ==
                owner::router_interface)
                throw conflict("GatewayIpInUse",
                               format("Current gateway ip {} already in use by port {}. Unable to "
                                      "update.",
                                      *before.gateway_ip, *port));
    if (after.ipv6_address_mode != before.ipv6_address_mode)
        throw invalid("ipv6_address_mode cannot be changed");
    update(context, subnets(), after);
    auto network = need(context.tx, networks(), Scope::all(), after.network_id);
    if (after.enable_dhcp != before.enable_dhcp) ensure_distributed_port(context, network);
    return after;
}

namespace {
// Addresses made from the MAC are no choice of the port's owner: they go with their subnet.
// Routers keep theirs, and with it the subnet.
void release_automatic_addresses(Context& context, const Subnet& subnet) {
    auto holders = select(context.tx, ports(), Scope::all(),
                          {"neutron_ports.id IN (SELECT a.port_id FROM neutron_ip_allocations a "
                           "WHERE a.subnet_id = ?) AND device_owner NOT IN (?, ?)",
                           {subnet.id, owner::router_interface, owner::router_gateway}});
    for (auto& port : holders) {
        std::vector<FixedIp> left;
        for (auto& fixed : port.fixed_ips)
            if (fixed.subnet_id != subnet.id) left.push_back(fixed);
        change_port(context, port, port, left);
    }
}
} // namespace

void drop_subnet(Context& context, const Subnet& subnet) {
    auto network = need(context.tx, networks(), Scope::all(), subnet.network_id);
    auto service_port = distributed_port(context.tx, network.id);
    if (subnet.auto_addressed()) release_automatic_addresses(context, subnet);
    auto in_use = context.tx.count(
        "SELECT COUNT(*) FROM neutron_ip_allocations WHERE subnet_id = ? AND port_id <> ?",
        {subnet.id, service_port ? service_port->id : ""});
    if (in_use > 0)
        throw conflict("SubnetInUse",
                       format("Unable to complete operation on subnet {}: One or more ports have "
                              "an IP allocation from this subnet.",
                              subnet.id));
    if (service_port) {
        std::vector<FixedIp> left;
        for (auto& fixed : service_port->fixed_ips)
            if (fixed.subnet_id != subnet.id) left.push_back(fixed);
        if (left.empty())
            drop_port(context, *service_port);
        else
            change_port(context, *service_port, *service_port, left);
    }
    erase(context, subnets(), subnet);
    write_subnet_list(context, network);
}

} // namespace nephele::neutron
