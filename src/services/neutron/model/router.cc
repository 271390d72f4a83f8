// SPDX-License-Identifier: Apache-2.0
// Shapes of routers and floating IPs.
#include "services/neutron/model/router.h"

namespace nephele::neutron {
namespace {
Shape<Router> router_shape() {
    auto s = Shape<Router>("router", "routers");
    s.field("id", &Router::id, {read_only})
        .field("name", &Router::name, {max_length(255)})
        .field("admin_state_up", &Router::admin_state_up)
        .field("status", &Router::status, {read_only})
        .field("external_gateway_info", &Router::external_gateway_info,
               {not_sortable, not_filterable})
        .field("gateway_port_id", &Router::gateway_port_id, {hidden, read_only})
        .field("routes", &Router::routes, {max_items(100), nullable, not_sortable, not_filterable})
        .computed("availability_zones",
                  [](const Router&, const View&) { return Json(Json::Array()); })
        .field("availability_zone_hints", &Router::availability_zone_hints,
               {create_only, max_length(255), max_items(10), not_sortable});
    with_standard_fields(s);
    return s;
}

Shape<FloatingIp> floating_ip_shape() {
    auto s = Shape<FloatingIp>("floatingip", "floatingips");
    s.field("id", &FloatingIp::id, {read_only})
        .field("floating_ip_address", &FloatingIp::floating_ip_address, {create_only, ip_address})
        .field("floating_network_id", &FloatingIp::floating_network_id,
               {required, create_only, uuid})
        .field("floating_port_id", &FloatingIp::floating_port_id, {hidden, read_only})
        .field("subnet_id", &FloatingIp::subnet_id,
               {create_only, hidden, not_stored, uuid, not_sortable, not_filterable})
        .field("router_id", &FloatingIp::router_id, {read_only})
        .field("port_id", &FloatingIp::port_id, {uuid})
        .field("fixed_ip_address", &FloatingIp::fixed_ip_address, {ip_address})
        .field("status", &FloatingIp::status, {read_only})
        .field("port_details", &FloatingIp::port_details,
               {read_only, not_stored, not_sortable, not_filterable});
    with_standard_fields(s);
    return s;
}
} // namespace

const Shape<GatewayInfo>& GatewayInfo::shape() {
    static const auto s =
        Shape<GatewayInfo>()
            .field("network_id", &GatewayInfo::network_id, {required, uuid})
            .field("enable_snat", &GatewayInfo::enable_snat)
            .field("external_fixed_ips", &GatewayInfo::external_fixed_ips, {max_items(20)});
    return s;
}

const Shape<Router>& Router::shape() {
    static const auto s = router_shape();
    return s;
}

const Shape<FloatingIp>& FloatingIp::shape() {
    static const auto s = floating_ip_shape();
    return s;
}

} // namespace nephele::neutron
