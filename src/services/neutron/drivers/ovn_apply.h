// SPDX-License-Identifier: Apache-2.0
// What both backends do alike over the engine's interface.
#pragma once
#include "engines/ovn/northbound.h"
#include "services/neutron/drivers/northbound.h"

namespace nephele::neutron {

int apply_wiring(ovn::Northbound&, const Wiring&, const Part&);
std::vector<std::string> wiring_differences(const ovn::Northbound&, const Wiring&);
/// Ports of records among the rows; localnet ports and the like are left out.
std::vector<PortUp> record_ports(const std::vector<ovn::PortState>&);

} // namespace nephele::neutron
