// SPDX-License-Identifier: Apache-2.0
// Checks and normal form of subnet pools. Pure.
#pragma once
#include "services/neutron/model/sharing.h"

namespace nephele::neutron {

/// Normal, merged prefixes; family and prefix lengths filled in. Throws when they do not fit.
void normalize_pool(SubnetPool&);
/// Prefixes without overlaps and with neighbours joined, in order.
std::vector<std::string> merged_prefixes(const std::vector<std::string>& prefixes);

} // namespace nephele::neutron
