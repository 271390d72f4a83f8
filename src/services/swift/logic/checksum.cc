// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/checksum.h"

#include "base/strings.h"

namespace nephele::swift::logic {
namespace {

// Eight bytes at a time: table k advances a byte by k further bytes.
struct Tables {
    std::uint64_t of[8][256];
};

constexpr Tables tables_for(std::uint64_t reflected_polynomial) {
    Tables tables{};
    for (unsigned i = 0; i < 256; ++i) {
        std::uint64_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = value & 1 ? (value >> 1) ^ reflected_polynomial : value >> 1;
        tables.of[0][i] = value;
    }
    for (int k = 1; k < 8; ++k)
        for (unsigned i = 0; i < 256; ++i)
            tables.of[k][i] = (tables.of[k - 1][i] >> 8) ^ tables.of[0][tables.of[k - 1][i] & 0xff];
    return tables;
}

constexpr Tables crc32_tables = tables_for(0xedb88320u);
constexpr Tables crc32c_tables = tables_for(0x82f63b78u);
constexpr Tables crc64nvme_tables = tables_for(0x9a6c9329ac4bc9b5ull);

const Tables& tables_of(ChecksumKind kind) {
    if (kind == ChecksumKind::crc32) return crc32_tables;
    return kind == ChecksumKind::crc32c ? crc32c_tables : crc64nvme_tables;
}

std::uint64_t advance(const Tables& t, std::uint64_t crc, std::string_view bytes) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        for (int i = 0; i < 8; ++i) word |= static_cast<std::uint64_t>(at[i]) << 8 * i;
        word ^= crc;
        crc = 0;
        for (int i = 0; i < 8; ++i) crc ^= t.of[7 - i][(word >> 8 * i) & 0xff];
    }
    for (; left > 0; --left, ++at) crc = (crc >> 8) ^ t.of[0][(crc ^ *at) & 0xff];
    return crc;
}

int bits_of(ChecksumKind kind) { return kind == ChecksumKind::crc64nvme ? 64 : 32; }
} // namespace

std::optional<ChecksumKind> checksum_named(std::string_view name) {
    for (auto kind : checksum_kinds)
        if (iequals(name, name_of(kind))) return kind;
    return std::nullopt;
}

const char* name_of(ChecksumKind kind) {
    switch (kind) {
    case ChecksumKind::crc32:
        return "crc32";
    case ChecksumKind::crc32c:
        return "crc32c";
    case ChecksumKind::crc64nvme:
        return "crc64nvme";
    case ChecksumKind::sha1:
        return "sha1";
    case ChecksumKind::sha256:
        return "sha256";
    }
    return "";
}

Checksum::Checksum(ChecksumKind kind) : kind_(kind) {
    if (kind == ChecksumKind::sha1) hasher_.emplace(crypto::Digest::sha1);
    if (kind == ChecksumKind::sha256) hasher_.emplace(crypto::Digest::sha256);
    if (bits_of(kind) == 32) crc_ = 0xffffffffu;
}

void Checksum::update(std::string_view piece) {
    if (hasher_)
        hasher_->update(piece);
    else
        crc_ = advance(tables_of(kind_), crc_, piece);
}

std::string Checksum::base64() const {
    if (hasher_) return base64_encode(hasher_->current());
    const std::uint64_t value = ~crc_;
    std::string bytes;
    for (int shift = bits_of(kind_) - 8; shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift);
    return base64_encode(bytes);
}

} // namespace nephele::swift::logic
