// SPDX-License-Identifier: Apache-2.0
// Shape of ports.
#include "services/neutron/model/port.h"

namespace nephele::neutron {
namespace {
bool is_address_or_cidr(std::string_view text) {
    return is_ipv4(text) || is_ipv6(text) || is_cidr(text);
}

Shape<Port> port_shape() {
    const std::vector<std::string> vnic_types = {"normal",           "direct",    "macvtap",
                                                 "baremetal",        "vdpa",      "direct-physical",
                                                 "virtio-forwarder", "smart-nic", "remote-managed"};
    auto s = Shape<Port>("port", "ports");
    s.field("id", &Port::id, {read_only})
        .field("name", &Port::name, {max_length(255)})
        .field("network_id", &Port::network_id, {required, create_only, uuid})
        .field("mac_address", &Port::mac_address, {mac_address, nullable})
        .field("admin_state_up", &Port::admin_state_up)
        .field("status", &Port::status, {read_only})
        .field("device_id", &Port::device_id, {max_length(255), nullable})
        .field("device_owner", &Port::device_owner, {max_length(255), nullable})
        .field("fixed_ips", &Port::fixed_ips,
               {max_items(50), nullable, not_sortable, not_filterable})
        .field("allowed_address_pairs", &Port::allowed_address_pairs,
               {max_items(10), nullable, not_sortable, not_filterable})
        .field("extra_dhcp_opts", &Port::extra_dhcp_opts,
               {max_items(50), nullable, not_sortable, not_filterable})
        .field("security_groups", &Port::security_groups,
               {max_items(100), uuid, nullable, not_sortable, not_filterable})
        .field("port_security_enabled", &Port::port_security_enabled)
        .field("binding:vnic_type", &Port::binding_vnic_type, {one_of(vnic_types)})
        .field("binding:host_id", &Port::binding_host_id,
               {max_length(255), nullable, shown_if("get_port:binding:host_id")})
        .field("binding:profile", &Port::binding_profile,
               {nullable, shown_if("get_port:binding:profile"), not_sortable, not_filterable})
        .field("binding:vif_type", &Port::binding_vif_type,
               {read_only, shown_if("get_port:binding:vif_type")})
        .field("binding:vif_details", &Port::binding_vif_details,
               {read_only, shown_if("get_port:binding:vif_details"), not_sortable, not_filterable});
    with_standard_fields(s);
    return s;
}
} // namespace

const Shape<FixedIp>& FixedIp::shape() {
    static const auto s = Shape<FixedIp>()
                              .field("subnet_id", &FixedIp::subnet_id, {uuid})
                              .field("ip_address", &FixedIp::ip_address, {shape::ip_address});
    return s;
}

const Shape<AddressPair>& AddressPair::shape() {
    static const auto s =
        Shape<AddressPair>()
            .field("ip_address", &AddressPair::ip_address,
                   {required, text_format("ip address or cidr", is_address_or_cidr)})
            .field("mac_address", &AddressPair::mac_address, {shape::mac_address});
    return s;
}

const Shape<DhcpOption>& DhcpOption::shape() {
    static const auto s =
        Shape<DhcpOption>()
            .field("opt_name", &DhcpOption::opt_name, {required, not_blank, max_length(64)})
            .field("opt_value", &DhcpOption::opt_value, {max_length(255)})
            .field("ip_version", &DhcpOption::ip_version, {between(4, 6)});
    return s;
}

const Shape<Port>& Port::shape() {
    static const auto s = port_shape();
    return s;
}

} // namespace nephele::neutron
