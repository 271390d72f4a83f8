// SPDX-License-Identifier: Apache-2.0
// Ports made, changed and removed in the caller's transaction: addresses, MAC, groups, binding.
#pragma once
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

/// A port to be made. The caller has checked policy and that its project may see the network.
struct PortWish {
    Port port;
    std::optional<std::vector<FixedIp>> fixed_ips; ///< nothing: the network's defaults
    bool groups_given = false;
    bool security_given = false; ///< port_security_enabled was named
    bool counted = true;         ///< against the quota
};
Port make_port(Context&, const Network&, PortWish);
/// `before` is the stored record, `after` the wish; `fixed_ips` the new wish for addresses.
Port change_port(Context&, const Port& before, Port after,
                 const std::optional<std::vector<FixedIp>>& fixed_ips);
void drop_port(Context&, const Port&);
/// Throws ServicePortInUse for ports that routers and floating IPs own.
void check_deletable(const Port&);

/// Sets host, vif type and details; an empty host unbinds.
void set_binding(Port&, const std::string& host, const Cloud&);
/// A MAC address that is free on the network.
std::string new_mac(Context&, const std::string& network_id);
/// The network's subnets in the order of creation.
std::vector<Subnet> subnets_of(db::Tx&, const std::string& network_id);
/// Takes what is asked for; throws when an address is taken or none is left.
std::vector<FixedIp> take_addresses(Context&, const Network&, const std::vector<Subnet>&,
                                    const std::optional<std::vector<FixedIp>>& wanted, const Port&);
/// The floating IPs on the port lose it.
void dissociate_floating_ips(Context&, const std::string& port_id);

} // namespace nephele::neutron
