// SPDX-License-Identifier: Apache-2.0
// The checksums S3 clients send beside the bytes: CRCs of 32 and 64 bits, SHA-1, SHA-256. Pure.
#pragma once
#include "platform/crypto/crypto.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nephele::swift::logic {

enum class ChecksumKind { crc32, crc32c, crc64nvme, sha1, sha256 };
/// "crc32c" as in x-amz-checksum-crc32c, any case; nothing for what we do not know.
std::optional<ChecksumKind> checksum_named(std::string_view name);
const char* name_of(ChecksumKind kind);
/// All of them, for looking through header fields.
inline constexpr std::array checksum_kinds = {ChecksumKind::crc32, ChecksumKind::crc32c,
                                              ChecksumKind::crc64nvme, ChecksumKind::sha1,
                                              ChecksumKind::sha256};

class Checksum {
  public:
    explicit Checksum(ChecksumKind kind);
    void update(std::string_view piece);
    /// The big-endian bytes in base64, as the headers have it.
    std::string base64() const;
    ChecksumKind kind() const { return kind_; }

  private:
    ChecksumKind kind_;
    std::uint64_t crc_ = ~0ull;
    std::optional<crypto::Hasher> hasher_;
};

} // namespace nephele::swift::logic
