// SPDX-License-Identifier: Apache-2.0
// What needles and the tables of the index say, and their bytes.
#pragma once
#include "services/swift/model/records.h"
#include "services/swift/storage/names.h"
#include "services/swift/storage/needle.h"

namespace nephele::swift {

// ---- in needles ----

/// Of data, meta (where bytes, etag and large do not count) and tombstones (where only name and
/// policy do).
struct ObjectRecord {
    ObjectName name;
    int policy = 0;
    ObjectInfo info; ///< but for its timestamps, which are the needle's
    std::uint64_t large = 0;
};
std::string encode(const ObjectRecord& record);
std::optional<ObjectRecord> decode_object(std::string_view bytes);

/// A header and when it was said; with an empty value, when it was taken away.
struct MetaItem {
    std::string value;
    Timestamp when;
};
using MetaItems = std::map<std::string, MetaItem>;

/// The newest of each header wins; what was taken away longer ago than `forget` goes.
void merge(MetaItems& items, const Metadata& change, Timestamp when, Timestamp forget);
Metadata current(const MetaItems& items);

/// Of a container or (with `container` empty) an account: its whole state, not a change.
struct HolderRecord {
    std::string account, container;
    bool exists = false;
    Timestamp put_timestamp; ///< made
    int policy = 0;
    MetaItems metadata;
};
std::string encode(const HolderRecord& record);
std::optional<HolderRecord> decode_holder(std::string_view bytes);

// ---- in the index ----

/// Where a needle is.
struct Place {
    std::uint32_t volume = 0;
    std::uint64_t offset = 0;
    std::uint32_t head_bytes = 0;
    std::uint64_t payload_bytes = 0;
    std::uint64_t total_bytes() const { return Needle::padded(head_bytes + payload_bytes); }
    bool operator==(const Place& other) const {
        return volume == other.volume && offset == other.offset;
    }
};

/// The newest of a name.
struct Entry {
    NeedleType type = NeedleType::data; ///< data, tombstone, container or account
    bool gone = false;                  ///< deleted
    bool quarantined = false;           ///< its bytes are damaged: as if absent
    Timestamp timestamp;                ///< of the needle
    Place place;
    std::uint64_t bytes = 0; ///< of the object
    std::uint64_t large = 0; ///< its file; 0: the bytes are in the needle
    std::optional<Timestamp> meta_timestamp;
    Place meta;
    std::uint64_t delete_at = 0; ///< seconds; 0: never
    /// Volumes that hold needles of this name that no longer count. A tombstone must stay until
    /// they are gone, or a rebuild would bring the dead back.
    std::vector<std::uint32_t> dead_in;

    bool readable() const { return type == NeedleType::data && !gone && !quarantined; }
    Timestamp newest() const { return std::max(timestamp, meta_timestamp.value_or(timestamp)); }
};
std::string encode(const Entry& entry);
Entry decode_entry(std::string_view bytes);

/// A container's or an account's row. Not `exists`: only things in it were seen (yet, or still).
struct HolderRow {
    TreeId id = 0; ///< the tree of what it holds
    bool exists = false;
    Timestamp put_timestamp;
    int policy = 0;
    MetaItems metadata;
};
std::string encode(const HolderRow& row);
HolderRow decode_holder_row(std::string_view bytes);

/// An object's row of its container's listing.
struct ObjectRow {
    Timestamp timestamp;
    std::uint64_t bytes = 0;
    std::string etag, content_type;
};
std::string encode(const ObjectRow& row);
ObjectRow decode_object_row(std::string_view bytes);

} // namespace nephele::swift
