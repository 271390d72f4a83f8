// SPDX-License-Identifier: Apache-2.0
// /v2.0/floatingips
#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/ops/routers.h"

namespace nephele::neutron {
namespace {
// One query for the ports of all of them.
void load_port_details(db::Tx& tx, std::vector<FloatingIp>& found) {
    std::vector<std::string> ids;
    for (auto& floating : found)
        if (floating.port_id) ids.push_back(*floating.port_id);
    if (ids.empty()) return;
    std::map<std::string, Json> details;
    for (auto& port : select(tx, ports(), Scope::all(), any_of("id", ids)))
        details[port.id] = Json::object({{"name", port.name},
                                         {"network_id", port.network_id},
                                         {"mac_address", port.mac_address},
                                         {"admin_state_up", port.admin_state_up},
                                         {"status", port.status},
                                         {"device_id", port.device_id},
                                         {"device_owner", port.device_owner}});
    for (auto& floating : found)
        if (floating.port_id) floating.port_details = details[*floating.port_id];
}
FloatingIp with_details(Call& call, FloatingIp floating) {
    std::vector<FloatingIp> one{std::move(floating)};
    load_port_details(call.tx, one);
    return one.front();
}

FloatingIp make(Call& call, const Json& fields) {
    auto wanted = read_new<FloatingIp>(call, fields);
    auto target = target_of(wanted.project_id);
    FloatingIp defaults;
    enforce_fields(call, "create_floatingip", FloatingIp::shape(), &wanted, &defaults, target);
    auto network = need(call.tx, networks(), call.scope(), wanted.floating_network_id);
    return with_details(call, make_floating_ip(call, network, std::move(wanted)));
}
Reply create(Call& call, const Json& body) { return create_each<FloatingIp>(call, body, make); }

FloatingIp changeable(Call& call, const char* rule) {
    auto floating = need(call.tx, floating_ips(), call.scope(), call.path("floatingip_id"));
    call.enforce(rule, target_of(floating.project_id));
    check_revision(call, floating.revision_number);
    return floating;
}

// A network's owner sees the ports of others on it, but may not publish them.
void check_owner(Call& call, const FloatingIp& floating) {
    auto port = need(call.tx, ports(), call.scope(), *floating.port_id);
    if (port.project_id != floating.project_id)
        throw bad_request("BadRequest",
                          format("Bad floatingip request: Port {} is associated with a different "
                                 "tenant than Floating IP {} and therefore cannot be bound.",
                                 port.id, floating.id));
}

FloatingIp update(Call& call, const Json& body) {
    FloatingIp before = changeable(call, "update_floatingip"), after = before;
    read_edit(call, body, after);
    // Nothing at all means no association: once it was the only thing that could change.
    if (wrapped(body, "floatingip").size() == 0) {
        after.port_id.reset();
        after.fixed_ip_address.reset();
    }
    if (call.given("port_id") && after.port_id && !call.is_admin()) check_owner(call, after);
    if (call.given("port_id") && !after.port_id) after.fixed_ip_address.reset();
    return with_details(call, change_floating_ip(call, before, std::move(after)));
}
void remove(Call& call) { drop_floating_ip(call, changeable(call, "delete_floatingip")); }
FloatingIp show(Call& call) {
    return with_details(call,
                        need(call.tx, floating_ips(), call.scope(), call.path("floatingip_id")));
}
Listed<FloatingIp> list(Call& call, Page& page) {
    auto out = list_of(call, page, floating_ips(), {});
    load_port_details(call.tx, out.items);
    return out;
}
} // namespace

Resource floating_ips_resource() {
    return Resource()
        .on("GET /v2.0/floatingips", "get_floatingip", list)
        .on("POST /v2.0/floatingips", "create_floatingip", create, created)
        .on("GET /v2.0/floatingips/{floatingip_id}", "get_floatingip", show)
        .on("PUT /v2.0/floatingips/{floatingip_id}", "update_floatingip", update)
        .on("DELETE /v2.0/floatingips/{floatingip_id}", "delete_floatingip", remove);
}

} // namespace nephele::neutron
