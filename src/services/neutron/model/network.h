// SPDX-License-Identifier: Apache-2.0
// A network: a broadcast domain of a project, a provider network of the operator, or an external
// network that routers and floating IPs lead to.
#pragma once
#include "services/neutron/model/standard.h"

namespace nephele::neutron {

struct Network {
    std::string id, project_id, name;
    bool admin_state_up = true;
    std::string status = "ACTIVE";
    std::vector<std::string> subnets; ///< ids, in the order of creation
    bool shared = false;              ///< for this caller: with everybody or with its project
    bool router_external = false;
    bool is_default = false;
    bool port_security_enabled = true;
    std::int64_t mtu = 0;
    std::string provider_network_type;
    std::optional<std::string> provider_physical_network;
    std::optional<std::int64_t> provider_segmentation_id;
    std::vector<std::string> availability_zone_hints;
    std::optional<std::string> ipv4_address_scope, ipv6_address_scope;
    std::string description;
    std::vector<std::string> tags;
    std::int64_t revision_number = 1;
    Time created_at, updated_at;
    static const Shape<Network>& shape();
};

} // namespace nephele::neutron
