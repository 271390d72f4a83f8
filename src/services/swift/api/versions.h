// SPDX-License-Identifier: Apache-2.0
// What the two ways of keeping versions share.
#pragma once
#include "services/swift/api/exchange.h"

namespace nephele::swift {

inline constexpr const char* deleted_type = "application/x-deleted;swift_versions_deleted=1";

/// Stores an object once more under another name, with all that belongs to it. False: there is
/// none.
bool store_again(Request& request, const ObjectName& from, const ObjectName& to, Timestamp when);
/// An empty object of this type.
void store_marker(Request& request, const ObjectName& name, const std::string& type,
                  Timestamp when);

/// X-Versions-Location and X-History-Location: former states go to a container that everybody sees.
Answer versions_elsewhere(Request& request, const Next& next);
/// X-Versions-Enabled: states with ids, in a container of the system's.
Answer versions_with_ids(Request& request, const Next& next);

} // namespace nephele::swift
