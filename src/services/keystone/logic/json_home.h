// SPDX-License-Identifier: Apache-2.0
// The JSON-home document: which resources there are and where, under upstream's relation names.
#pragma once
#include "platform/json/json.h"

#include <string>
#include <vector>

namespace nephele::keystone::logic {

/// "rel/user_groups" of "/users/{user_id}/groups", "ext/OS-TRUST/1.0/rel/trusts" of
/// "/OS-TRUST/trusts"; from the path where upstream's names follow from it, else from a table.
std::string relation_of(const std::string& path);

/// Paths as routes have them, without "/v3", put under `prefix` ("" or "/v3").
Json json_home(const std::vector<std::string>& paths, const std::string& prefix);

} // namespace nephele::keystone::logic
