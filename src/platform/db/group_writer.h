// SPDX-License-Identifier: Apache-2.0
// One thread that runs write transactions in groups: many small jobs share one durable commit. It
// knows nothing of SQLite; the store behind it gives it transactions and savepoints.
#pragma once
#include "platform/db/internal.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace nephele::db {

/// What the writer needs from its connection. Called on the writer's thread only.
class GroupStore {
  public:
    virtual ~GroupStore() = default;
    virtual void begin() = 0;
    /// Runs the body inside a savepoint of its own and keeps its actions. When it throws, nothing
    /// of the body is left; in_transaction() tells whether the rest of the group still is.
    virtual void run(const Body& body, Actions& actions) = 0;
    virtual bool in_transaction() const = 0;
    virtual void commit() = 0;
    virtual void rollback() noexcept = 0;
};

class GroupWriter {
  public:
    explicit GroupWriter(GroupStore& store);
    /// Finishes what is queued.
    ~GroupWriter();
    GroupWriter(const GroupWriter&) = delete;

    /// Returns when the body's group is durable and its actions have run; throws what the body
    /// threw, or Unavailable when the group could not be committed.
    void write(const Body& body);
    /// The bodies in this order, with nothing between them, mostly under one commit. The first
    /// failure keeps the later ones from running and is thrown.
    void write_in_order(const std::vector<Body>& bodies);
    bool is_this_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

    std::uint64_t jobs() const { return jobs_; }
    std::uint64_t commits() const { return commits_; }

  private:
    struct Job {
        const Body* body = nullptr;
        const Job* after = nullptr; ///< not run when that one failed
        Actions actions;
        std::exception_ptr error;
        bool done = false;
        std::mutex mutex;
        std::condition_variable finished;
        void finish();
        void wait();
    };
    void loop();
    void run_group(std::deque<Job*>& group);
    std::optional<std::string> run_jobs(std::deque<Job*>& group);
    void run_job(Job& job);
    void take_more(std::deque<Job*>& group);
    void enqueue(const std::vector<Job*>& jobs);

    GroupStore& store_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job*> queue_;
    bool stopping_ = false;
    std::atomic<std::uint64_t> jobs_{0}, commits_{0};
    std::thread thread_; ///< last: it uses all of the above
};

} // namespace nephele::db
