// SPDX-License-Identifier: Apache-2.0
// What a subnet is to look like: gateway, allocation pools and their checks, as upstream decides
// them. Pure.
#pragma once
#include "services/neutron/model/address.h"
#include "services/neutron/model/subnet.h"

namespace nephele::neutron {

/// Fills in defaults and checks a new subnet against itself and the CIDRs of its network's other
/// subnets. `gateway_given`, `pools_given`: the request named them.
void plan_subnet(Subnet& subnet, bool gateway_given, bool pools_given,
                 const std::vector<std::string>& sibling_cidrs);
/// Checks a changed subnet.
void check_subnet(const Subnet& subnet);

/// The pools of a subnet as ranges.
std::vector<Range> pool_ranges(const Subnet& subnet);
/// All usable addresses but the gateway, as pools.
std::vector<AllocationPool> default_pools(const Cidr& cidr,
                                          const std::optional<std::string>& gateway);
/// The first prefix of this length in the pool's prefixes that overlaps no used one.
std::optional<Cidr> free_prefix(const std::vector<std::string>& prefixes, int length,
                                const std::vector<std::string>& used);

} // namespace nephele::neutron
