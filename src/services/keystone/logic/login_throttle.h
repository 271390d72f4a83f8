// SPDX-License-Identifier: Apache-2.0
// Slows guessing of passwords down: failures of late, for each account name and each source
// address, in bounded memory. Both leak away with time. An account under attack stays open to
// sources it was logged in from before.
#pragma once
#include "base/time.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nephele::keystone::logic {

/// 0 switches a limit off.
struct ThrottleLimits {
    std::int64_t account_failures = 20;
    std::int64_t source_failures = 200;
    std::int64_t window_seconds = 60; ///< in which so many failures leak away
    std::size_t most_entries = 65'536;
};

/// An empty source is no one's: nothing is counted against it.
class LoginThrottle {
  public:
    explicit LoginThrottle(ThrottleLimits limits);
    /// How long to wait before the next attempt; 0: go on. The same for accounts that are there
    /// and that are not.
    std::int64_t wait_seconds(std::string_view account, std::string_view source, Time now);
    void failed(std::string_view account, std::string_view source, Time now);
    void succeeded(std::string_view account, std::string_view source, Time now);
    /// Entries held, for tests of the bound.
    std::size_t size();

  private:
    struct Level {
        double failures = 0;
        Time at;
    };
    using Levels = std::unordered_map<std::string, Level>;
    std::string key_of(std::string_view text) const;
    double level_of(const Levels& levels, const std::string& key, std::int64_t limit,
                    Time now) const;
    void add(Levels& levels, const std::string& key, std::int64_t limit, Time now);
    void make_room(Levels& levels, std::int64_t limit, Time now) const;

    ThrottleLimits limits_;
    std::string hash_key_;
    std::mutex mutex_;
    Levels accounts_, sources_;
    Levels known_; ///< account and source of logins that were right
};

} // namespace nephele::keystone::logic
