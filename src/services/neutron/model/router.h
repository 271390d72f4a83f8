// SPDX-License-Identifier: Apache-2.0
// A router between networks, with or without a gateway to an external network, and floating IPs.
#pragma once
#include "services/neutron/model/port.h"

namespace nephele::neutron {

struct GatewayInfo {
    std::string network_id;
    bool enable_snat = true;
    std::vector<FixedIp> external_fixed_ips;
    static const Shape<GatewayInfo>& shape();
};

struct Router {
    std::string id, project_id, name;
    bool admin_state_up = true;
    std::string status = "ACTIVE";
    std::optional<GatewayInfo> external_gateway_info;
    std::string gateway_port_id; ///< empty without gateway
    std::vector<Route> routes;
    std::vector<std::string> availability_zone_hints;
    std::string description;
    std::vector<std::string> tags;
    std::int64_t revision_number = 1;
    Time created_at, updated_at;
    static const Shape<Router>& shape();
};

struct FloatingIp {
    std::string id, project_id;
    std::string floating_network_id, floating_ip_address;
    std::string floating_port_id; ///< the port that holds the address on the external network
    std::optional<std::string> subnet_id; ///< only in requests: where to take the address from
    std::optional<std::string> router_id, port_id, fixed_ip_address;
    std::string status = "DOWN";
    Json port_details; ///< of the associated port, filled for views
    std::string description;
    std::vector<std::string> tags;
    std::int64_t revision_number = 1;
    Time created_at, updated_at;
    static const Shape<FloatingIp>& shape();
};

} // namespace nephele::neutron
