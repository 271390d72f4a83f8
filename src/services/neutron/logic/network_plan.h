// SPDX-License-Identifier: Apache-2.0
// What a network is to be on the wire: type, segment, MTU. Pure.
#pragma once
#include "services/neutron/model/network.h"

namespace nephele::neutron {

/// Bytes that an encapsulation takes from the MTU of the physical network.
std::int64_t overhead_of(const std::string& network_type);

/// Checks and completes the provider attributes; the segmentation id of a tunnel stays open when it
/// was not given. `tenant_type`: what projects get.
void plan_segment(Network& network, const std::string& tenant_type);
/// Sets the MTU when it was not given, checks it otherwise.
void plan_mtu(Network& network, bool given, std::int64_t physical_mtu);

} // namespace nephele::neutron
