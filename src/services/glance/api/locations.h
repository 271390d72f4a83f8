// SPDX-License-Identifier: Apache-2.0
// Locations as one caller sees and changes them.
#pragma once
#include "platform/api/call.h"
#include "services/glance/logic/patch.h"

namespace nephele::glance {

/// Takes out the properties the caller may not read, adds locations and direct_url where the site
/// shows them and the caller may see them.
void present(api::Call& call, Image& image);
void present(api::Call& call, std::vector<Image>& images);

/// What the site lets a patch do to locations; asks the stores for those the patch names. Outside
/// any transaction.
logic::LocationRights location_rights(api::FreeCall& free,
                                      const std::vector<logic::Change>& changes);
/// The rules of policy for what a patch does to locations.
void enforce_locations(api::Call& call, const Image& image,
                       const std::vector<logic::Change>& changes);

} // namespace nephele::glance
