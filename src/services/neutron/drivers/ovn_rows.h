// SPDX-License-Identifier: Apache-2.0
// From wiring to the rows of OVN's northbound database. Pure: the same wiring gives the same rows.
//
// Keys: "network", "localnet", "port", "router_port", "dhcp4", "dhcp6", "port_dhcp4", "router",
// "snat", "floatingip", "route", "group", "acl", each with the id of its record. The port group
// "drop" holds every port with port security.
#pragma once
#include "engines/ovn/model.h"
#include "services/neutron/model/wiring.h"

namespace nephele::neutron {

ovn::Desired northbound_rows(const Wiring&);

// ---- its parts ----
std::string group_name(const std::string& security_group_id); ///< of the port group
/// The condition of an ACL for this rule on its group.
std::string acl_match(const SecurityGroupRule&);
void add_group_rows(const Wiring&, ovn::Desired&);

/// OVN's options for a subnet's DHCP.
ovn::StringMap dhcp4_options(const Subnet&, const Network&, const std::string& metadata_address,
                             const std::vector<std::string>& dns_servers);
ovn::StringMap dhcp6_options(const Subnet&, const std::vector<std::string>& dns_servers);
/// A port's own options over those of its subnet; unknown names are left out.
ovn::StringMap with_port_options(ovn::StringMap options, const std::vector<DhcpOption>&);

} // namespace nephele::neutron
