// SPDX-License-Identifier: Apache-2.0
// Whether routers may be wired so. Pure.
#pragma once
#include "services/neutron/model/router.h"
#include "services/neutron/model/subnet.h"

namespace nephele::neutron {

/// A new interface on `subnet` must not overlap the subnets that the router has already.
void check_interface_cidr(const Router&, const Subnet& subnet, const std::vector<Subnet>& present);
/// Every next hop must be reachable through one of these subnets and be no address of the router.
void check_routes(const Router&, const std::vector<Route>& routes,
                  const std::vector<Subnet>& connected, const std::vector<std::string>& own);
/// No route may go through a subnet that is being taken away.
void check_routes_survive(const Router&, const Subnet& going);
/// Adds without duplicates; removes what is there.
std::vector<Route> routes_added(const std::vector<Route>& have, const std::vector<Route>& more);
std::vector<Route> routes_removed(const std::vector<Route>& have, const std::vector<Route>& less);

} // namespace nephele::neutron
