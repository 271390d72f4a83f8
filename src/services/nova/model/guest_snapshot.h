// SPDX-License-Identifier: Apache-2.0
// What nova desires of a compute host to get a copy of a guest's disk: the spec of agent records of
// kind "guest_snapshot" (id: the server, which has one at a time), and the status the host reports.
#pragma once
#include "platform/shape/shape.h"

#include <string>

namespace nephele::nova {

inline constexpr const char* snapshot_kind = "guest_snapshot";

struct SnapshotSpec {
    std::string server_id;
    std::string image_id; ///< what it is for; another one is another copy
    static const shape::Shape<SnapshotSpec>& shape();
};

struct SnapshotStatus {
    std::string path;   ///< of the copy, on the host
    std::string format; ///< "qcow2" or "raw"
    static const shape::Shape<SnapshotStatus>& shape();
};

} // namespace nephele::nova
