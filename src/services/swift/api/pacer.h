// SPDX-License-Identifier: Apache-2.0
// How often something may be done, told apart by name.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace nephele::swift {

class Pacer {
  public:
    /// False when `what` is more than a second ahead of its pace.
    bool allow(const std::string& what, double per_second, std::int64_t now_us);

  private:
    std::mutex mutex_;
    std::map<std::string, std::int64_t> used_until_;
};

} // namespace nephele::swift
