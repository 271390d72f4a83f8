// SPDX-License-Identifier: Apache-2.0
// Routers and floating IPs made, changed and removed in the caller's transaction.
#pragma once
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

Router make_router(Context&, Router wanted);
/// `gateway_given`: the request names external_gateway_info.
Router change_router(Context&, const Router& before, Router after, bool gateway_given);
void drop_router(Context&, const Router&);

struct RouterInterface {
    Port port;
    std::string subnet_id;
    std::vector<std::string> subnet_ids;
};
RouterInterface add_interface(Context&, const Router&, const Subnet&);
RouterInterface add_interface(Context&, const Router&, Port port);
/// By port, by subnet, or both (then they must agree).
RouterInterface remove_interface(Context&, const Router&, const std::string& port_id,
                                 const std::string& subnet_id);
std::vector<Port> interfaces_of(db::Tx&, const std::string& router_id);

FloatingIp make_floating_ip(Context&, const Network& external, FloatingIp wanted);
/// Associates as `after` says, or dissociates when it names no port.
FloatingIp change_floating_ip(Context&, const FloatingIp& before, FloatingIp after);
void drop_floating_ip(Context&, const FloatingIp&);

} // namespace nephele::neutron
