// SPDX-License-Identifier: Apache-2.0
// What became of a change to an object, a container or an account.
#pragma once

namespace nephele::swift {

/// Failures of devices are thrown: Failure(unavailable) without a quorum or a working device,
/// Failure(insufficient_storage) when disks are full; nothing was acknowledged then.
enum class Outcome {
    created,
    updated,   ///< it was there before
    absent,    ///< nothing there to change or remove; a PUT whose container is gone meanwhile
    not_empty, ///< a container with objects, an account with containers
    stale,     ///< something newer is there already; nothing changed
    conflict,  ///< a container asked for in another storage policy than it has
};

} // namespace nephele::swift
