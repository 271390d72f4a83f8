// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/guest_snapshot.h"

namespace nephele::nova {
using shape::Shape;

const Shape<SnapshotSpec>& SnapshotSpec::shape() {
    static const auto s = Shape<SnapshotSpec>()
                              .field("server_id", &SnapshotSpec::server_id)
                              .field("image_id", &SnapshotSpec::image_id);
    return s;
}

const Shape<SnapshotStatus>& SnapshotStatus::shape() {
    static const auto s = Shape<SnapshotStatus>()
                              .field("path", &SnapshotStatus::path)
                              .field("format", &SnapshotStatus::format);
    return s;
}

} // namespace nephele::nova
