// SPDX-License-Identifier: Apache-2.0
// A bounded pool of worker threads with a bounded queue.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace nephele {

class Pool {
  public:
    Pool(std::string name, std::size_t threads, std::size_t queue_limit);
    ~Pool();
    Pool(const Pool&) = delete;
    /// False (and the job is dropped) when the queue is full or the pool is stopping.
    bool submit(std::function<void()> job);
    /// Runs what is queued, then joins. Safe to call twice.
    void stop();
    std::size_t queued() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele
