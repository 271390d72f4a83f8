// SPDX-License-Identifier: Apache-2.0
// Making, changing and removing ports.
#include "services/neutron/ops/ports.h"

#include "base/strings.h"
#include "services/neutron/logic/address_choice.h"
#include "services/neutron/logic/subnet_plan.h"
#include "services/neutron/ops/default_group.h"
#include "services/neutron/ops/metadata_hosts.h"
#include "services/neutron/ops/quotas.h"
#include "services/neutron/store/addresses.h"

namespace nephele::neutron {
namespace {
bool mac_taken(db::Tx& tx, const std::string& network_id, const std::string& mac) {
    return tx.count("SELECT COUNT(*) FROM neutron_ports WHERE network_id = ? AND mac_address = ?",
                    {network_id, mac}) > 0;
}

void check_mac_free(db::Tx& tx, const Port& port) {
    if (mac_taken(tx, port.network_id, port.mac_address))
        throw conflict("MacAddressInUse",
                       format("Unable to complete operation for network {}. The mac address {} is "
                              "in use.",
                              port.network_id, port.mac_address));
}

FixedIp take_certain(db::Tx& tx, const Subnet& subnet, const Address& address, const Port& port) {
    if (holder_of(tx, subnet.id, address))
        throw conflict(
            "IpAddressAlreadyAllocated",
            format("IP address {} already allocated in subnet {}", address.text(), subnet.id));
    take_address(tx, subnet, address, port.id);
    return {subnet.id, address.text()};
}

FixedIp take_one(db::Tx& tx, const Network& network, const AddressAsk& ask, const Port& port) {
    if (ask.address) return take_certain(tx, *ask.from.front(), *ask.address, port);
    if (ask.by_mac) {
        const Subnet& subnet = *ask.from.front();
        return take_certain(tx, subnet, *slaac_address(*parse_cidr(subnet.cidr), port.mac_address),
                            port);
    }
    for (auto* subnet : ask.from)
        if (auto address = free_address(tx, *subnet, pool_ranges(*subnet))) {
            take_address(tx, *subnet, *address, port.id);
            return {subnet->id, address->text()};
        }
    throw conflict("IpAddressGenerationFailure",
                   format("No more IP addresses available on network {}.", network.id));
}

void check_security(const Port& port) {
    if (!port.port_security_enabled && !port.security_groups.empty())
        throw conflict("PortSecurityPortHasSecurityGroup",
                       "Port has security group associated. Cannot disable port security or IP "
                       "address until security group is removed.");
    if (!port.port_security_enabled && !port.allowed_address_pairs.empty())
        throw conflict("AddressPairAndPortSecurityRequired",
                       "Port Security must be enabled in order to have allowed address pairs on a "
                       "port.");
    if (port.binding_profile.dump().size() > 4095)
        throw bad_request("InvalidInput", "Invalid input for operation: binding:profile value too "
                                          "large.");
}

void check_groups(Context& context, const Port& port) {
    for (auto& id : port.security_groups) {
        auto group = find(context.tx, security_groups(), Scope::project(port.project_id), id);
        if (!group && context.who.is_internal)
            group = find(context.tx, security_groups(), Scope::all(), id);
        if (!group) throw_not_found(security_groups(), id);
    }
}

void write_groups(db::Tx& tx, const Port& port) {
    tx.exec("DELETE FROM neutron_port_groups WHERE port_id = ?", db::Params{port.id});
    for (auto& group : port.security_groups)
        tx.exec("INSERT INTO neutron_port_groups (port_id, security_group_id) VALUES (?, ?)",
                db::Params{port.id, group});
}

void normalize_pairs(Port& port) {
    for (auto& pair : port.allowed_address_pairs)
        pair.mac_address =
            pair.mac_address.empty() ? port.mac_address : normal_mac(pair.mac_address);
    for (auto& pair : port.allowed_address_pairs)
        if (std::count(port.allowed_address_pairs.begin(), port.allowed_address_pairs.end(), pair) >
            1)
            throw bad_request("DuplicateAddressPairInRequest",
                              format("Request contains duplicate address pair: mac_address {} "
                                     "ip_address {}.",
                                     pair.mac_address, pair.ip_address));
}

void normalize(Port& port) {
    port.mac_address = normal_mac(port.mac_address);
    if (port.binding_profile.is_null()) port.binding_profile = Json::object();
    std::vector<std::string> distinct;
    for (auto& group : port.security_groups)
        if (std::find(distinct.begin(), distinct.end(), group) == distinct.end())
            distinct.push_back(group);
    port.security_groups = std::move(distinct);
}
} // namespace

std::vector<Subnet> subnets_of(db::Tx& tx, const std::string& network_id) {
    return select(tx, subnets(), Scope::all(), {"network_id = ?", {network_id}},
                  "ORDER BY created_at, id");
}

std::string new_mac(Context& context, const std::string& network_id) {
    const std::string base = context.cloud.config().text("neutron.base_mac");
    for (int attempt = 0; attempt < 32; ++attempt) {
        auto mac = mac_from(base, context.cloud.ids().random_bytes(3));
        if (!mac_taken(context.tx, network_id, mac)) return mac;
    }
    throw Failure(Fault::unavailable, "MacAddressGenerationFailure",
                  format("Unable to generate unique mac on network {}.", network_id));
}

std::vector<FixedIp> take_addresses(Context& context, const Network& network,
                                    const std::vector<Subnet>& subnets,
                                    const std::optional<std::vector<FixedIp>>& wanted,
                                    const Port& port) {
    std::vector<FixedIp> out;
    auto asks = plan_addresses(network.id, subnets, wanted, port.device_owner);
    // Certain addresses first, so that no free choice takes one of them.
    std::stable_partition(asks.begin(), asks.end(),
                          [](auto& ask) { return ask.address.has_value(); });
    for (auto& ask : asks) out.push_back(take_one(context.tx, network, ask, port));
    return out;
}

void set_binding(Port& port, const std::string& host, const Cloud& cloud) {
    port.binding_host_id = host;
    port.binding_vif_type = host.empty() ? "unbound" : "ovs";
    port.binding_vif_details = Json::object();
    if (host.empty()) return;
    port.binding_vif_details =
        Json::object({{"port_filter", true},
                      {"connectivity", "l2"},
                      {"bridge_name", cloud.config().text("neutron.integration_bridge")},
                      {"datapath_type", cloud.config().text("neutron.datapath_type")},
                      {"bound_drivers", Json::object({{"0", "ovn"}})}});
}

Port make_port(Context& context, const Network& network, PortWish wish) {
    Port& port = wish.port;
    if (wish.counted) check_quota(context, port.project_id, "port");
    port.id = context.new_uuid();
    port.network_id = network.id;
    normalize(port);
    if (port.mac_address.empty())
        port.mac_address = new_mac(context, network.id);
    else
        check_mac_free(context.tx, port);
    normalize_pairs(port);
    if (!wish.security_given)
        port.port_security_enabled = network.port_security_enabled && !port.of_network_service();
    if (!wish.groups_given) port.security_groups.clear();
    if (!wish.groups_given && port.port_security_enabled && !port.project_id.empty())
        port.security_groups = {ensure_default_group(context, port.project_id)};
    check_security(port);
    check_groups(context, port);
    port.fixed_ips =
        take_addresses(context, network, subnets_of(context.tx, network.id), wish.fixed_ips, port);
    set_binding(port, port.binding_host_id, context.cloud);
    if (port.device_owner == owner::floating_ip) port.status = "N/A";
    port.created_at = port.updated_at = context.now;
    insert(context, ports(), port);
    write_groups(context.tx, port);
    if (port.bound()) serve_metadata(context, network.id, port.binding_host_id);
    return port;
}

Port change_port(Context& context, const Port& before, Port after,
                 const std::optional<std::vector<FixedIp>>& fixed_ips) {
    normalize(after);
    if (after.mac_address != before.mac_address) {
        if (before.bound())
            throw conflict("PortBound",
                           format("Unable to complete operation on port {}, port is already bound, "
                                  "port type: {}, old_mac {}, new_mac {}.",
                                  before.id, before.binding_vif_type, before.mac_address,
                                  after.mac_address));
        if (after.mac_address.empty()) after.mac_address = new_mac(context, after.network_id);
        check_mac_free(context.tx, after);
    }
    normalize_pairs(after);
    check_security(after);
    if (after.security_groups != before.security_groups) check_groups(context, after);
    if (fixed_ips) {
        auto network = need(context.tx, networks(), Scope::all(), after.network_id);
        auto change = compare_addresses(before.fixed_ips, *fixed_ips);
        for (auto& gone : change.released) release_address(context.tx, gone);
        after.fixed_ips = change.kept;
        for (auto& got : take_addresses(context, network, subnets_of(context.tx, network.id),
                                        change.wanted, after))
            after.fixed_ips.push_back(got);
    }
    bool moved = after.binding_host_id != before.binding_host_id;
    if (moved) {
        after.status = "DOWN";
        set_binding(after, after.binding_host_id, context.cloud);
    }
    update(context, ports(), after);
    if (after.security_groups != before.security_groups) write_groups(context.tx, after);
    if (moved && after.bound()) serve_metadata(context, after.network_id, after.binding_host_id);
    if (moved && before.bound())
        maybe_stop_metadata(context, before.network_id, before.binding_host_id);
    return after;
}

void check_deletable(const Port& port) {
    if (port.device_owner != owner::router_interface &&
        port.device_owner != owner::router_gateway && port.device_owner != owner::floating_ip)
        return;
    throw conflict("ServicePortInUse",
                   format("Port {} cannot be deleted directly via the port API: has device owner "
                          "{}.",
                          port.id, port.device_owner));
}

void dissociate_floating_ips(Context& context, const std::string& port_id) {
    for (auto& floating :
         select(context.tx, floating_ips(), Scope::all(), {"port_id = ?", {port_id}})) {
        floating.port_id.reset();
        floating.fixed_ip_address.reset();
        floating.router_id.reset();
        floating.status = "DOWN";
        update(context, floating_ips(), floating);
    }
}

void drop_port(Context& context, const Port& port) {
    dissociate_floating_ips(context, port.id);
    release_addresses_of(context.tx, port.id);
    context.tx.exec("DELETE FROM neutron_port_groups WHERE port_id = ?", db::Params{port.id});
    erase(context, ports(), port);
    if (port.bound()) maybe_stop_metadata(context, port.network_id, port.binding_host_id);
}

} // namespace nephele::neutron
