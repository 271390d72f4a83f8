// SPDX-License-Identifier: Apache-2.0
// Points in time and the clock handle. Nothing outside this file asks the system for the time, so
// that a simulation can run on virtual time.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nephele {

/// Microseconds since 1970-01-01T00:00:00Z. A strong type so that it has its own codec.
struct Time {
    std::int64_t us = 0;
    auto operator<=>(const Time&) const = default;
    Time plus_seconds(std::int64_t s) const { return {us + s * 1'000'000}; }
    Time plus_ms(std::int64_t ms) const { return {us + ms * 1'000}; }
    std::int64_t seconds() const { return us / 1'000'000; }
};

/// "2026-11-22T14:21:42.000000Z" with `decimals` fractional digits (0..6) and a trailing `suffix`.
std::string iso_time(Time t, int decimals = 0, std::string_view suffix = "Z");
/// Reads ISO 8601 with optional fraction and Z/offset (none = UTC), or a date alone.
std::optional<Time> parse_time(std::string_view text);
/// "Sun, 22 Nov 2026 14:21:42 GMT"
std::string http_date(Time t);

/// Where the time comes from.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    /// Monotonic nanoseconds, for measuring.
    virtual std::int64_t monotonic_ns() const = 0;
};
const Clock& system_clock();

/// A clock for tests and simulation: stands still until told to move.
class ManualClock : public Clock {
  public:
    explicit ManualClock(Time start = {1'700'000'000'000'000}) : now_(start) {}
    Time now() const override { return now_; }
    std::int64_t monotonic_ns() const override { return now_.us * 1000; }
    void advance_ms(std::int64_t ms) { now_.us += ms * 1000; }

  private:
    Time now_;
};

} // namespace nephele
