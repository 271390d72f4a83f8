// SPDX-License-Identifier: Apache-2.0
// Checks of router interfaces and routes.
#include "services/neutron/logic/router_check.h"

#include "base/strings.h"
#include "services/neutron/model/address.h"

#include <algorithm>

namespace nephele::neutron {
namespace {
Failure invalid_routes(const Router& router, const std::string& why) {
    return bad_request("InvalidRoutes",
                       format("Invalid format for routes of router {}: {}.", router.id, why));
}
bool contains(const std::vector<Route>& routes, const Route& route) {
    return std::find(routes.begin(), routes.end(), route) != routes.end();
}
} // namespace

void check_interface_cidr(const Router& router, const Subnet& subnet,
                          const std::vector<Subnet>& present) {
    auto cidr = parse_cidr(subnet.cidr);
    for (auto& other : present) {
        if (other.id == subnet.id)
            throw bad_request(
                "BadRequest",
                format("Bad router request: Router already has a port on subnet {}.", subnet.id));
        if (parse_cidr(other.cidr)->overlaps(*cidr))
            throw bad_request("BadRequest",
                              format("Bad router request: Cidr {} of subnet {} overlaps with cidr "
                                     "{} of subnet {} on router {}.",
                                     subnet.cidr, subnet.id, other.cidr, other.id, router.id));
    }
}

void check_routes(const Router& router, const std::vector<Route>& routes,
                  const std::vector<Subnet>& connected, const std::vector<std::string>& own) {
    if (routes.size() > 30)
        throw bad_request("RoutesExhausted",
                          format("Unable to complete operation for {}. The number of routes "
                                 "exceeds the maximum 30.",
                                 router.id));
    for (std::size_t i = 0; i < routes.size(); ++i) {
        auto& route = routes[i];
        auto to = parse_cidr(route.destination);
        auto via = parse_address(route.nexthop);
        if (!to || !via || to->network.version != via->version)
            throw invalid_routes(router, "destination and nexthop are not of one family");
        for (std::size_t k = 0; k < i; ++k)
            if (routes[k] == route) throw invalid_routes(router, "a route is named twice");
        if (std::find(own.begin(), own.end(), via->text()) != own.end())
            throw invalid_routes(router, "the nexthop is used by router");
        bool reachable = std::any_of(connected.begin(), connected.end(), [&](const Subnet& s) {
            return parse_cidr(s.cidr)->holds(*via);
        });
        if (!reachable) throw invalid_routes(router, "the nexthop is not connected with router");
    }
}

void check_routes_survive(const Router& router, const Subnet& going) {
    auto cidr = parse_cidr(going.cidr);
    for (auto& route : router.routes)
        if (auto via = parse_address(route.nexthop); via && cidr->holds(*via))
            throw conflict("RouterInterfaceInUseByRoute",
                           format("Router interface for subnet {} on router {} cannot be deleted, "
                                  "as it is required by one or more routes.",
                                  going.id, router.id));
}

std::vector<Route> routes_added(const std::vector<Route>& have, const std::vector<Route>& more) {
    auto out = have;
    for (auto& route : more)
        if (!contains(out, route)) out.push_back(route);
    return out;
}

std::vector<Route> routes_removed(const std::vector<Route>& have, const std::vector<Route>& less) {
    std::vector<Route> out;
    for (auto& route : have)
        if (!contains(less, route)) out.push_back(route);
    return out;
}

} // namespace nephele::neutron
