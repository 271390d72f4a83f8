// SPDX-License-Identifier: Apache-2.0
// Invariants over neutron's tables and the northbound database, for `nephele check`.
#pragma once
#include "platform/api/service.h"

namespace nephele::neutron {
std::vector<api::Check> checks();
}
