// SPDX-License-Identifier: Apache-2.0
// A bounded pool of connections, opened when first needed, the most recently used one first (its
// caches are warm, and idle ones stay unopened).
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace nephele::db {

template <class C> class ConnectionPool {
  public:
    ConnectionPool(int limit, std::function<std::unique_ptr<C>()> open)
        : limit_(limit < 1 ? 1 : limit), open_(std::move(open)) {}

    class Lease {
      public:
        Lease(ConnectionPool& pool, std::unique_ptr<C> connection)
            : pool_(&pool), connection_(std::move(connection)) {}
        Lease(Lease&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)),
              connection_(std::move(other.connection_)) {}
        ~Lease() {
            if (pool_) pool_->give_back(std::move(connection_));
        }
        C& operator*() const { return *connection_; }
        C* operator->() const { return connection_.get(); }
        /// Closes the connection instead of keeping it.
        void discard() { connection_.reset(); }

      private:
        ConnectionPool* pool_;
        std::unique_ptr<C> connection_;
    };

    /// Waits while all are taken.
    Lease acquire() {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [&] { return !idle_.empty() || open_count_ < limit_; });
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return Lease(*this, std::move(connection));
        }
        ++open_count_;
        lock.unlock();
        Opening opening{*this};
        return Lease(*this, opening.finish());
    }

  private:
    /// Gives the place back when opening throws.
    struct Opening {
        ConnectionPool& pool;
        bool finished = false;
        std::unique_ptr<C> finish() {
            auto connection = pool.open_();
            finished = true;
            return connection;
        }
        ~Opening() {
            if (!finished) pool.give_back(nullptr);
        }
    };

    void give_back(std::unique_ptr<C> connection) {
        {
            std::lock_guard lock(mutex_);
            if (connection) {
                idle_.push_back(std::move(connection));
            } else {
                --open_count_;
            }
        }
        freed_.notify_one();
    }

    int limit_;
    std::function<std::unique_ptr<C>()> open_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<C>> idle_;
    int open_count_ = 0;
};

} // namespace nephele::db
