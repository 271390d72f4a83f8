// SPDX-License-Identifier: Apache-2.0
// Placement's manners: error body, microversions; and its policy rules.
#pragma once
#include "platform/api/service.h"

namespace nephele::placement {
api::Manners manners();
std::vector<policy::Rule> policies();

// The resource files.
api::Resource root_resource();
api::Resource provider_resource();
api::Resource inventory_resource();
api::Resource trait_resource();
api::Resource allocation_resource();
api::Resource candidate_resource();
} // namespace nephele::placement
