// SPDX-License-Identifier: Apache-2.0
// How many transfers of a kind run at once. Those over the bound are told to come back, before they
// cost memory or processor time.
#pragma once
#include "platform/fault/fault.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace nephele::glance {

class Admission {
  public:
    /// `what`: for the refusal ("uploads"); `limit`: 0 for none.
    Admission(std::string what, std::int64_t limit) : what_(std::move(what)), limit_(limit) {}

    /// Held as long as the transfer runs. Throws Failure(unavailable) with Retry-After.
    std::shared_ptr<void> enter();
    std::int64_t running() const { return *running_; }

  private:
    std::string what_;
    std::int64_t limit_;
    /// Shared: a transfer may outlive us by the moment the server takes to stop.
    std::shared_ptr<std::atomic<std::int64_t>> running_ =
        std::make_shared<std::atomic<std::int64_t>>(0);
};

} // namespace nephele::glance
