// SPDX-License-Identifier: Apache-2.0
// Shape of networks.
#include "services/neutron/model/network.h"

namespace nephele::neutron {

const Shape<Route>& Route::shape() {
    static const auto s = Shape<Route>()
                              .field("destination", &Route::destination, {required, cidr})
                              .field("nexthop", &Route::nexthop, {required, ip_address});
    return s;
}

namespace {
Shape<Network> network_shape() {
    auto s = Shape<Network>("network", "networks");
    s.field("id", &Network::id, {read_only})
        .field("name", &Network::name, {max_length(255)})
        .field("admin_state_up", &Network::admin_state_up)
        .field("mtu", &Network::mtu, {between(0, 2147483647)})
        .field("status", &Network::status, {read_only})
        .field("subnets", &Network::subnets, {read_only, not_sortable, not_filterable})
        .field("shared", &Network::shared)
        .field("availability_zone_hints", &Network::availability_zone_hints,
               {create_only, max_length(255), max_items(10), not_sortable})
        .computed("availability_zones",
                  [](const Network&, const View&) { return Json(Json::Array()); })
        .field("ipv4_address_scope", &Network::ipv4_address_scope, {read_only})
        .field("ipv6_address_scope", &Network::ipv6_address_scope, {read_only})
        .field("router:external", &Network::router_external)
        .field("port_security_enabled", &Network::port_security_enabled)
        .field("is_default", &Network::is_default)
        .field("provider:network_type", &Network::provider_network_type,
               {create_only, max_length(32), shown_if("get_network:provider:network_type")})
        .field("provider:physical_network", &Network::provider_physical_network,
               {create_only, max_length(64), shown_if("get_network:provider:physical_network")})
        .field(
            "provider:segmentation_id", &Network::provider_segmentation_id,
            {create_only, between(0, 16777215), shown_if("get_network:provider:segmentation_id")});
    with_standard_fields(s);
    return s;
}
} // namespace

const Shape<Network>& Network::shape() {
    static const auto s = network_shape();
    return s;
}

} // namespace nephele::neutron
