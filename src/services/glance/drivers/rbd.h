// SPDX-License-Identifier: Apache-2.0
// Image data as block images of a Ceph pool: "<name>.part" while it is written, then "<name>" with
// a protected snapshot "snap" that clones of servers' disks may hang on.
#pragma once
#include "services/glance/drivers/store.h"

namespace nephele::ceph {
struct Access;
}
namespace nephele::glance {

/// Connects when it is first used, and again after a failure. `chunk_bytes`: a power of two.
std::unique_ptr<Store> rbd_store(const ceph::Access& access, std::uint64_t chunk_bytes);

} // namespace nephele::glance
