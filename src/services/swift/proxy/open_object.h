// SPDX-License-Identifier: Apache-2.0
// Objects that stand for others, opened as what they stand for: symlinks followed, the segments of
// static large objects read as one.
#pragma once
#include "services/swift/proxy/backend.h"

namespace nephele::swift {

/// What a client gets to see of an object.
struct OpenedObject {
    std::unique_ptr<ObjectReader> reader; ///< its info is that of the target, with all its bytes
    ObjectName name;                      ///< where the symlinks ended
    bool large = false;                   ///< the bytes are those of segments
    std::vector<std::uint64_t> parts;     ///< bytes of each segment of a large object
};
/// Null reader when there is nothing, or a symlink leads nowhere (or in circles).
OpenedObject open_followed(Backend& backend, ObjectName name);
/// Symlinks are followed, segments are not looked at: what HEAD needs.
struct FoundObject {
    ObjectInfo info; ///< bytes and etag of a large object are those of the whole
    ObjectName name;
    bool large = false;
};
std::optional<FoundObject> head_followed(Backend& backend, ObjectName name);

} // namespace nephele::swift
