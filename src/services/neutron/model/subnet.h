// SPDX-License-Identifier: Apache-2.0
// A subnet: an address range of a network with its gateway, DHCP options and allocation pools.
#pragma once
#include "services/neutron/model/standard.h"

namespace nephele::neutron {

struct AllocationPool {
    std::string start, end;
    bool operator==(const AllocationPool&) const = default;
    static const Shape<AllocationPool>& shape();
};

struct Subnet {
    std::string id, project_id, name, network_id;
    std::int64_t ip_version = 4;
    std::string cidr;
    std::optional<std::string> gateway_ip;
    bool enable_dhcp = true;
    std::optional<std::string> ipv6_ra_mode, ipv6_address_mode;
    std::vector<AllocationPool> allocation_pools;
    std::vector<std::string> dns_nameservers;
    std::vector<Route> host_routes;
    std::optional<std::string> subnetpool_id;
    std::vector<std::string> service_types;
    std::string description;
    std::vector<std::string> tags;
    std::int64_t revision_number = 1;
    Time created_at, updated_at;

    // Only in requests.
    std::optional<std::int64_t> prefixlen;
    bool use_default_subnetpool = false;

    /// Addresses follow from the MAC address (SLAAC or stateless DHCPv6).
    bool auto_addressed() const {
        auto automatic = [](const std::optional<std::string>& mode) {
            return mode && *mode != "dhcpv6-stateful";
        };
        return automatic(ipv6_address_mode) || automatic(ipv6_ra_mode);
    }
    static const Shape<Subnet>& shape();
};

} // namespace nephele::neutron
