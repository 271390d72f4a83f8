// SPDX-License-Identifier: Apache-2.0
// /v2.0/routers
#include "services/neutron/ops/routers.h"

#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/logic/router_check.h"
#include "services/neutron/ops/ports.h"

namespace nephele::neutron {
namespace {
// {"external_gateway_info": {}} clears the gateway, as null does.
Json tidy(const Json& fields) {
    Json out = fields;
    if (Json* info = out.find("external_gateway_info"); info && info->is_object() && !info->size())
        *info = Json();
    return out;
}

void check_gateway(Call& call, const std::string& action, const Json& fields, const Router& router,
                   const policy::Target& target) {
    if (!router.external_gateway_info || !call.given("external_gateway_info")) return;
    auto& info = *router.external_gateway_info;
    need(call.tx, networks(), call.scope(), info.network_id);
    const Json& asked = fields.get("external_gateway_info");
    for (const char* part : {"enable_snat", "external_fixed_ips"})
        if (asked.has(part)) call.enforce(action + ":external_gateway_info:" + part, target);
}

Router make(Call& call, const Json& asked) {
    Json fields = tidy(asked);
    auto wanted = read_new<Router>(call, fields);
    auto target = target_of(wanted.project_id);
    Router defaults;
    enforce_fields(call, "create_router", Router::shape(), &wanted, &defaults, target);
    check_gateway(call, "create_router", fields, wanted, target);
    return make_router(call, std::move(wanted));
}
Reply create(Call& call, const Json& body) { return create_each<Router>(call, body, make); }

Router changeable(Call& call, const char* rule) {
    auto router = need(call.tx, routers(), call.scope(), call.path("router_id"));
    call.enforce(rule, target_of(router.project_id));
    check_revision(call, router.revision_number);
    return router;
}

Router update(Call& call, const Json& body) {
    Router before = changeable(call, "update_router"), after = before;
    Json fields = tidy(wrapped(body, "router"));
    read_edit(call, Json::object({{"router", fields}}), after);
    auto target = target_of(before.project_id);
    enforce_fields(call, "update_router", Router::shape(), &after, nullptr, target);
    check_gateway(call, "update_router", fields, after, target);
    return change_router(call, before, std::move(after), call.given("external_gateway_info"));
}

void remove(Call& call) { drop_router(call, changeable(call, "delete_router")); }
Router show(Call& call) { return need(call.tx, routers(), call.scope(), call.path("router_id")); }
Listed<Router> list(Call& call, Page& page) { return list_of(call, page, routers(), {}); }

Json described(const Router& router, const RouterInterface& made) {
    return Json::object({{"id", router.id},
                         {"tenant_id", router.project_id},
                         {"project_id", router.project_id},
                         {"port_id", made.port.id},
                         {"network_id", made.port.network_id},
                         {"subnet_id", made.subnet_id},
                         {"subnet_ids", made.subnet_ids}});
}

struct Meant {
    std::string port_id, subnet_id;
};
Meant interface_meant(const Json& body) {
    Meant meant{body.text("port_id"), body.text("subnet_id")};
    if (!body.is_object() || (meant.port_id.empty() && meant.subnet_id.empty()))
        throw bad_request("BadRequest",
                          "Bad router request: Either subnet_id or port_id must be specified.");
    return meant;
}

Json add_router_interface(Call& call, const Json& body) {
    auto router = changeable(call, "add_router_interface");
    auto meant = interface_meant(body);
    if (!meant.port_id.empty() && !is_uuid(meant.port_id))
        throw bad_request("HTTPBadRequest",
                          format("'{}' is not a valid UUID for port_id.", meant.port_id));
    if (!meant.port_id.empty() && !meant.subnet_id.empty())
        throw bad_request("BadRequest", "Bad router request: Cannot specify both subnet-id and "
                                        "port-id.");
    if (!meant.port_id.empty())
        return described(
            router,
            add_interface(call, router, need(call.tx, ports(), call.scope(), meant.port_id)));
    return described(
        router,
        add_interface(call, router, need(call.tx, subnets(), call.scope(), meant.subnet_id)));
}

Json remove_router_interface(Call& call, const Json& body) {
    auto router = changeable(call, "remove_router_interface");
    auto meant = interface_meant(body);
    return described(router, remove_interface(call, router, meant.port_id, meant.subnet_id));
}

std::vector<Route> routes_in(Call& call, const Json& body) {
    Router asked;
    call.reading.mode = Reading::Mode::update;
    Router::shape().read(wrapped(body, "router"), &asked, call.reading, "");
    return asked.routes;
}

Router add_extraroutes(Call& call, const Json& body) {
    auto before = changeable(call, "add_extraroutes"), after = before;
    after.routes = routes_added(before.routes, routes_in(call, body));
    return change_router(call, before, std::move(after), false);
}
Router remove_extraroutes(Call& call, const Json& body) {
    auto before = changeable(call, "remove_extraroutes"), after = before;
    after.routes = routes_removed(before.routes, routes_in(call, body));
    return change_router(call, before, std::move(after), false);
}
} // namespace

Resource routers_resource() {
    return Resource()
        .on("GET /v2.0/routers", "get_router", list)
        .on("POST /v2.0/routers", "create_router", create, created)
        .on("GET /v2.0/routers/{router_id}", "get_router", show)
        .on("PUT /v2.0/routers/{router_id}", "update_router", update)
        .on("DELETE /v2.0/routers/{router_id}", "delete_router", remove)
        .on("PUT /v2.0/routers/{router_id}/add_router_interface", "add_router_interface",
            add_router_interface)
        .on("PUT /v2.0/routers/{router_id}/remove_router_interface", "remove_router_interface",
            remove_router_interface)
        .on("PUT /v2.0/routers/{router_id}/add_extraroutes", "add_extraroutes", add_extraroutes)
        .on("PUT /v2.0/routers/{router_id}/remove_extraroutes", "remove_extraroutes",
            remove_extraroutes);
}

} // namespace nephele::neutron
