// SPDX-License-Identifier: Apache-2.0
// Private to this folder. Threads for transfers that block for long: made when needed, kept for a
// while, never more than the limit. There is no queue: waiting behind a day-long stream helps
// nobody.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>

namespace nephele::http {

class StreamPool {
  public:
    explicit StreamPool(std::size_t limit);
    ~StreamPool();
    StreamPool(const StreamPool&) = delete;
    /// False when every thread is busy or the pool is stopping.
    bool submit(std::function<void()> job);
    /// Waits for the jobs under way. Safe to call twice.
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::http
