// SPDX-License-Identifier: Apache-2.0
// Neutron's policy rules under upstream's names, with upstream's defaults.
#pragma once
#include "platform/policy/policy.h"

namespace nephele::neutron {
std::vector<policy::Rule> policies();
}
