// SPDX-License-Identifier: Apache-2.0
// Shape of subnets.
#include "services/neutron/model/subnet.h"

namespace nephele::neutron {

const Shape<AllocationPool>& AllocationPool::shape() {
    static const auto s = Shape<AllocationPool>()
                              .field("start", &AllocationPool::start, {required, ip_address})
                              .field("end", &AllocationPool::end, {required, ip_address});
    return s;
}

namespace {
Shape<Subnet> subnet_shape() {
    const std::vector<std::string> modes = {"dhcpv6-stateful", "dhcpv6-stateless", "slaac"};
    auto s = Shape<Subnet>("subnet", "subnets");
    s.field("id", &Subnet::id, {read_only})
        .field("name", &Subnet::name, {max_length(255)})
        .field("network_id", &Subnet::network_id, {required, create_only, uuid})
        .field("ip_version", &Subnet::ip_version, {create_only, between(4, 6)})
        .field("subnetpool_id", &Subnet::subnetpool_id, {create_only, max_length(255)})
        .field("enable_dhcp", &Subnet::enable_dhcp)
        .field("ipv6_ra_mode", &Subnet::ipv6_ra_mode, {create_only, one_of(modes)})
        .field("ipv6_address_mode", &Subnet::ipv6_address_mode, {create_only, one_of(modes)})
        .field("gateway_ip", &Subnet::gateway_ip, {ip_address})
        .field("cidr", &Subnet::cidr, {create_only, nullable, max_length(64), shape::cidr})
        .field("allocation_pools", &Subnet::allocation_pools,
               {max_items(100), not_sortable, not_filterable})
        .field("host_routes", &Subnet::host_routes, {max_items(1000), not_sortable, not_filterable})
        .field("dns_nameservers", &Subnet::dns_nameservers,
               {max_items(1000), ip_address, not_sortable, not_filterable})
        .field("service_types", &Subnet::service_types,
               {max_items(20), max_length(255), not_sortable, not_filterable})
        .field("prefixlen", &Subnet::prefixlen,
               {create_only, hidden, not_stored, between(0, 128), not_sortable, not_filterable})
        .field("use_default_subnetpool", &Subnet::use_default_subnetpool,
               {create_only, hidden, not_stored, not_sortable, not_filterable});
    with_standard_fields(s);
    return s;
}
} // namespace

const Shape<Subnet>& Subnet::shape() {
    static const auto s = subnet_shape();
    return s;
}

} // namespace nephele::neutron
