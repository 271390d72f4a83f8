// SPDX-License-Identifier: Apache-2.0
// Locations that clients name: asked for before they are believed.
#pragma once
#include "services/glance/logic/locations.h"
#include "services/glance/ops/state.h"

namespace nephele::glance {

/// The store that reads the address, and how long the data is. Throws Failure(bad_request) when no
/// store of others' data takes it, the site's egress refuses it, or there is nothing.
logic::LocationRights::External find_external(State& state, const std::string& url);

/// An address whose data is to become an image's.
NamedStore& store_of_external(State& state, const std::string& url);

} // namespace nephele::glance
