// SPDX-License-Identifier: Apache-2.0
// The Range header of a download.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace nephele::glance::logic {

struct ByteRange {
    std::uint64_t offset = 0, length = 0;
    bool whole = true; ///< no (usable) range was asked for
};
/// Throws Failure(range_not_satisfiable) when no byte of the range is there. Other units and
/// several ranges at once are answered with everything, as HTTP allows.
ByteRange read_range(std::string_view header, std::uint64_t size);

} // namespace nephele::glance::logic
