// SPDX-License-Identifier: Apache-2.0
// The agent's inside, shared by its two files: agent.cc (what is to be done and when) and
// agent_work.cc (doing it and reporting it). One lock guards the table of things; nothing slow is
// done under it.
#pragma once
#include "platform/agent/agent.h"
#include "platform/agent/local_copy.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace nephele::agent {
using Key = std::pair<std::string, std::string>; // kind, id

/// What the agent knows of one thing.
struct Item {
    enum class Why {
        desired,
        stray,     ///< on its way out
        forgotten, ///< not asked for any more, and still with a worker
    };
    Why why = Why::desired;
    Desired desired;
    bool queued = false, busy = false;
    bool again = false; ///< something changed while it was worked on
    int failures = 0;
    std::int64_t settled = 0; ///< generation that was made so before
    bool gave_up = false;     ///< failed for good in this generation
    Time retry_at;            ///< {0}: nothing to retry
};

/// `first`, doubled so many times, at most `limit`.
inline std::int64_t doubled(std::int64_t first, int times, std::int64_t limit) {
    for (int i = 0; i < times && first < limit; ++i) first *= 2;
    return std::min(first, limit);
}

struct Agent::Impl {
    Impl(AgentOptions o, Link& l, std::map<std::string, std::shared_ptr<Maker>> m, const Clock& c,
         std::function<Json()> f)
        : options(std::move(o)), link(l), makers(std::move(m)), clock(c), facts(std::move(f)),
          copy(options.directory) {}

    // pulling
    void pull_loop();
    void take_in(const Link::Delta& delta, bool full);
    void forget_all_but(const std::set<Key>& kept);
    // working
    void work_loop();
    void work_on(const Key& key, const Desired& desired, bool was_settled);
    void remove_stray(const Key& key);
    Observed make(const Desired& desired, bool was_settled);
    void finished(const Key& key, const Desired& worked, const Observed& result);
    void enqueue(const Key& key, Item& item);
    // reporting
    void report_loop();
    void report(Observed observed);
    void delivered(const std::vector<Observed>& observed);
    // minding the time
    void mind_loop();
    void queue_retries(Time now);
    Time next_retry() const;
    void resync();
    void compare(const std::string& kind, const std::set<std::string>& present);
    void hello();
    bool is_stopping();
    /// Sleeps after the link failed for the n-th time in a row; false when stopping.
    bool pause(int failures);

    AgentOptions options;
    Link& link;
    std::map<std::string, std::shared_ptr<Maker>> makers;
    const Clock& clock;
    std::function<Json()> facts;
    LocalCopy copy;

    mutable std::mutex mutex;
    std::condition_variable work_ready, report_ready, time_changed, stop_changed;
    bool stopping = false, started = false;
    bool pulled_all = false; ///< a full pull has succeeded since the start
    std::map<Key, Item> items;
    std::deque<Key> queue;
    std::map<Key, Observed> outbox; ///< the newest word on each
    std::set<Key> sighted;          ///< strays seen at the last comparison
    std::vector<std::thread> threads;
};

} // namespace nephele::agent
