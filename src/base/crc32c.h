// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), by the processor's instruction where it has one.
#pragma once
#include <cstdint>
#include <string_view>

namespace nephele {

/// Of `bytes` after what `before` is the checksum of; 0: of nothing.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);
/// The same by table, for processors without the instruction.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0);

} // namespace nephele
