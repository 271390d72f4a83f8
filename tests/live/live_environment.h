// SPDX-License-Identifier: Apache-2.0
// What `tools/engines env` says, and waiting for something outside to happen.
#pragma once
#include "base/time.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <functional>
#include <poll.h>
#include <string>

namespace nephele::live {

inline std::string environment(const char* name) {
    const char* value = std::getenv(name);
    REQUIRE_MESSAGE(value != nullptr, name << " is not set: start this with tests/live/run");
    return value;
}

/// True when the condition came to hold in time. For things that nobody tells us about.
inline bool eventually(const std::function<bool()>& holds, int timeout_ms) {
    const std::int64_t deadline = system_clock().monotonic_ns() + timeout_ms * 1'000'000LL;
    while (!holds()) {
        if (system_clock().monotonic_ns() > deadline) return false;
        ::poll(nullptr, 0, 50);
    }
    return true;
}

} // namespace nephele::live
