// SPDX-License-Identifier: Apache-2.0
// What the object store keeps: accounts hold containers, containers hold objects.
#pragma once
#include "services/swift/model/timestamp.h"

#include <map>
#include <utility>
#include <vector>

namespace nephele::swift {

/// Header names in title case ("X-Object-Meta-Colour") with their values, bytes as received.
using Metadata = std::map<std::string, std::string>;

struct ObjectName {
    std::string account, container, object; ///< decoded; UTF-8
};

struct ObjectInfo {
    Timestamp data_timestamp; ///< of the PUT
    Timestamp timestamp;      ///< of the newest PUT or POST
    std::uint64_t bytes = 0;
    std::string etag; ///< MD5 of the bytes in lower-case hexadecimal
    std::string content_type;
    /// User and system metadata and the headers that are kept (Content-Encoding, X-Delete-At, ...).
    Metadata metadata;
    /// What the container's listing says where that is not what the object says (large objects,
    /// encryption); empty or nothing: the same.
    std::string listed_etag;
    std::optional<std::uint64_t> listed_bytes;
};

struct ContainerInfo {
    Timestamp put_timestamp;
    std::uint64_t objects = 0, bytes = 0;
    int policy = 0; ///< index of the storage policy
    Metadata metadata;
};

struct AccountInfo {
    Timestamp put_timestamp;
    std::uint64_t containers = 0, objects = 0, bytes = 0;
    struct OfPolicy {
        std::uint64_t containers = 0, objects = 0, bytes = 0;
    };
    std::map<int, OfPolicy> policies;
    Metadata metadata;
};

/// Order is that of the bytes of the names. Markers are exclusive. `path` lists one level only, as
/// the old parameter did, and excludes prefix and delimiter.
struct ListQuery {
    std::string prefix, delimiter, marker, end_marker;
    std::optional<std::string> path;
    bool reverse = false;
    std::uint64_t limit = 10000;
};

/// A row of a container's listing; with `subdir`, only the name (ending in the delimiter) counts.
struct ListedObject {
    std::string name;
    bool subdir = false;
    Timestamp timestamp; ///< last modified
    std::uint64_t bytes = 0;
    std::string etag, content_type;
};

/// A row of an account's listing.
struct ListedContainer {
    std::string name;
    bool subdir = false;
    Timestamp timestamp;
    std::uint64_t objects = 0, bytes = 0;
};

} // namespace nephele::swift
