// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/needle.h"

#include "base/crc32c.h"

namespace nephele::swift {
namespace {
constexpr std::string_view magic = "Ndl1";
constexpr std::size_t crc_from = 8; // what the head's crc covers: all behind it
} // namespace

std::string encode_head(const Needle& needle, std::uint32_t seed) {
    std::string head(Needle::fixed_bytes, '\0');
    head.replace(0, magic.size(), magic);
    put_little(&head[8], static_cast<std::uint32_t>(needle.head_bytes()));
    head[12] = static_cast<char>(needle.type);
    head[13] = needle.large ? 1 : 0;
    put_little(&head[16], needle.synced_to);
    put_little(&head[24], needle.payload_bytes);
    put_little(&head[32], needle.payload_crc);
    put_little(&head[36], needle.volume);
    head.replace(40, needle.key.size(), view(needle.key));
    put_little(&head[56], static_cast<std::uint64_t>(needle.timestamp.ticks));
    put_little(&head[64], needle.timestamp.offset);
    head += needle.record;
    put_little(&head[4], crc32c(std::string_view(head).substr(crc_from), seed));
    return head;
}

std::size_t head_bytes_of(std::string_view start) {
    if (start.size() < 16 || start.substr(0, magic.size()) != magic) return 0;
    auto bytes = get_little<std::uint32_t>(&start[8]);
    return bytes < Needle::fixed_bytes || bytes > Needle::max_head_bytes ? 0 : bytes;
}

std::optional<Needle> decode_head(std::string_view head, std::uint32_t seed) {
    auto bytes = head_bytes_of(head);
    if (bytes == 0 || bytes > head.size()) return std::nullopt;
    head = head.substr(0, bytes);
    if (get_little<std::uint32_t>(&head[4]) != crc32c(head.substr(crc_from), seed))
        return std::nullopt;
    Needle out;
    auto type = static_cast<std::uint8_t>(head[12]);
    if (type < 1 || type > static_cast<std::uint8_t>(NeedleType::account)) return std::nullopt;
    out.type = static_cast<NeedleType>(type);
    out.large = head[13] & 1;
    out.synced_to = get_little<std::uint64_t>(&head[16]);
    out.payload_bytes = get_little<std::uint64_t>(&head[24]);
    out.payload_crc = get_little<std::uint32_t>(&head[32]);
    out.volume = get_little<std::uint32_t>(&head[36]);
    std::memcpy(out.key.data(), &head[40], out.key.size());
    out.timestamp.ticks = static_cast<std::int64_t>(get_little<std::uint64_t>(&head[56]));
    out.timestamp.offset = get_little<std::uint64_t>(&head[64]);
    out.record = head.substr(Needle::fixed_bytes);
    return out;
}

} // namespace nephele::swift
