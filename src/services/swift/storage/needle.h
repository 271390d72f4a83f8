// SPDX-License-Identifier: Apache-2.0
// A needle: one fact in a volume. A head of 72 bytes, a record (names and metadata), then the bytes
// of a small object, then zeros up to the next multiple of 16. The needles of a device, read in
// order, give everything else it knows.
//
//      0  4  magic            16  8  synced_to       40 16  key
//      4  4  crc of the head  24  8  payload bytes   56  8  timestamp, ticks
//      8  4  head bytes       32  4  crc of those    64  8  timestamp, offset
//     12  1  type             36  4  volume          72  .  record
//     13  1  flags
//     14  2  zero
//
// `synced_to`: all of the volume before this offset was durable when the needle was written. What
// is damaged before some needle's synced_to was damaged after it was acknowledged; what is damaged
// behind all of them is the torn end of a group that never was.
#pragma once
#include "services/swift/storage/codec.h"

#include <array>
#include <optional>

namespace nephele::swift {

enum class NeedleType : std::uint8_t { data = 1, meta, tombstone, container, account };

/// MD5 of the name with the site's prefix and suffix, as the ring counts it.
using Key = std::array<char, 16>;
inline std::string_view view(const Key& key) { return {key.data(), key.size()}; }

struct Needle {
    NeedleType type = NeedleType::data;
    bool large = false; ///< the object's bytes are in a file of their own; there is no payload
    Key key{};
    Timestamp timestamp;
    std::string record;
    std::uint64_t payload_bytes = 0;
    std::uint32_t payload_crc = 0;
    // What the volume adds.
    std::uint32_t volume = 0;
    std::uint64_t synced_to = 0;

    std::size_t head_bytes() const { return fixed_bytes + record.size(); }
    /// With the payload and the padding.
    std::uint64_t total_bytes() const { return padded(head_bytes() + payload_bytes); }

    static constexpr std::size_t fixed_bytes = 72;
    static constexpr std::size_t max_head_bytes = 1 << 20;
    static constexpr std::uint64_t alignment = 16;
    static constexpr std::uint64_t padded(std::uint64_t bytes) {
        return (bytes + alignment - 1) / alignment * alignment;
    }
};

/// The head; sets its crc. `seed` is the device's own: bytes of a tenant that look like a needle
/// are none, even where a search behind damage comes upon them.
std::string encode_head(const Needle& needle, std::uint32_t seed);
/// Bytes of the head that starts here; 0 when none does. Needs 16 bytes.
std::size_t head_bytes_of(std::string_view start);
/// Nothing unless `head` starts with a whole, sound head.
std::optional<Needle> decode_head(std::string_view head, std::uint32_t seed);

} // namespace nephele::swift
