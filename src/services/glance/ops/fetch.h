// SPDX-License-Identifier: Apache-2.0
// Downloads what a tenant named into the staging store, only from where the site allows.
#pragma once
#include "services/glance/ops/state.h"

#include <functional>
#include <string>

namespace nephele::glance {

struct Download {
    std::string url;
    std::string token;   ///< of the caller, sent to another glance; empty: none
    bool tenants = true; ///< the URL is a tenant's: it passes the egress checks and the filter
    std::int64_t limit = INT64_MAX;
    std::function<bool()> cancelled;
};
/// Throws Failure (refused, too large, not there), EngineFailure (transient: worth another try) or
/// StoreError; nothing of the object is left then.
void download(State& state, const std::string& location, const Download& what);

} // namespace nephele::glance
