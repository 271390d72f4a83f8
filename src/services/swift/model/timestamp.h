// SPDX-License-Identifier: Apache-2.0
// Swift's timestamp: when something was said, with an offset that orders what was said at once. The
// newest wins everywhere, on every replica.
#pragma once
#include "base/time.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nephele::swift {

struct Timestamp {
    std::int64_t ticks = 0; ///< units of 10 microseconds since 1970, as five decimals of a second
    std::uint64_t offset = 0;

    static Timestamp at(Time time);
    /// "1700000000.12345" or "1700000000.12345_00000000000000ff"; nothing when it is neither.
    static std::optional<Timestamp> parse(std::string_view text);
    std::string text() const;     ///< "1700000000.12345", for X-Timestamp
    std::string internal() const; ///< with the offset in 16 hexadecimal digits, when there is one
    std::string iso() const;      ///< "2023-11-14T22:13:20.123450", for listings
    Time time() const;
    auto operator<=>(const Timestamp&) const = default;
};

} // namespace nephele::swift
