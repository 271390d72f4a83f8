// SPDX-License-Identifier: Apache-2.0
// A port: where a server's card, a router or a service meets a network. Its addresses are kept in
// the record and, for uniqueness, as rows of neutron_ip_allocations.
#pragma once
#include "services/neutron/model/standard.h"

namespace nephele::neutron {

struct FixedIp {
    std::string subnet_id, ip_address;
    bool operator==(const FixedIp&) const = default;
    static const Shape<FixedIp>& shape();
};
struct AddressPair {
    std::string ip_address; ///< address or CIDR
    std::string mac_address;
    bool operator==(const AddressPair&) const = default;
    static const Shape<AddressPair>& shape();
};
struct DhcpOption {
    std::string opt_name;
    std::optional<std::string> opt_value;
    std::int64_t ip_version = 4;
    static const Shape<DhcpOption>& shape();
};

namespace owner {
inline constexpr const char* router_interface = "network:router_interface";
inline constexpr const char* router_gateway = "network:router_gateway";
inline constexpr const char* floating_ip = "network:floatingip";
inline constexpr const char* distributed = "network:distributed"; ///< metadata and DHCP
} // namespace owner

struct Port {
    std::string id, project_id, name, network_id;
    std::string mac_address;
    bool admin_state_up = true;
    std::string status = "DOWN";
    std::string device_id, device_owner;
    std::vector<FixedIp> fixed_ips;
    std::vector<AddressPair> allowed_address_pairs;
    std::vector<DhcpOption> extra_dhcp_opts;
    std::vector<std::string> security_groups;
    bool port_security_enabled = true;
    std::string binding_vnic_type = "normal";
    std::string binding_host_id;
    Json binding_profile = Json::object();
    std::string binding_vif_type = "unbound";
    Json binding_vif_details = Json::object();
    std::string description;
    std::vector<std::string> tags;
    std::int64_t revision_number = 1;
    Time created_at, updated_at;

    bool bound() const { return !binding_host_id.empty(); }
    bool of_network_service() const { return device_owner.rfind("network:", 0) == 0; }
    static const Shape<Port>& shape();
};

} // namespace nephele::neutron
