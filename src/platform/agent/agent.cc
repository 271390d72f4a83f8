// SPDX-License-Identifier: Apache-2.0
// The agent's threads: one pulls desired records, some make them so, one reports, one minds the
// time (retries, comparing with the engines, hello). One lock guards the table of things; nothing
// slow is done under it.
#include "platform/agent/agent.h"

#include "base/strings.h"
#include "platform/agent/local_copy.h"
#include "platform/log/log.h"
#include "platform/metrics/metrics.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace nephele::agent {
namespace {

constexpr int pull_wait_ms = 10'000;
constexpr std::int64_t hello_every_ms = 60'000;
constexpr std::int64_t retry_limit_ms = 60'000;
constexpr std::int64_t link_retry_first_ms = 100, link_retry_last_ms = 10'000;
constexpr std::size_t report_batch = 200;

using Key = std::pair<std::string, std::string>; // kind, id

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
    bool gave_up = false; ///< failed for good in this generation
    Time retry_at;        ///< {0}: nothing to retry
};

std::int64_t doubled(std::int64_t first, int times, std::int64_t limit) {
    for (int i = 0; i < times && first < limit; ++i) first *= 2;
    return std::min(first, limit);
}

} // namespace

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
    void work_on(const Key& key, const Desired& desired);
    void remove_stray(const Key& key);
    Observed make(const Desired& desired);
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

// ---- pulling ----

bool Agent::Impl::pause(int failures) {
    std::unique_lock lock(mutex);
    auto ms = doubled(link_retry_first_ms, failures - 1, link_retry_last_ms);
    return !stop_changed.wait_for(lock, std::chrono::milliseconds(ms), [&] { return stopping; });
}

void Agent::Impl::pull_loop() {
    std::int64_t since = 0;
    int failures = 0;
    while (true) {
        try {
            auto delta = link.pull(options.host, since, pull_wait_ms);
            // The control plane is an older copy of itself: start over.
            bool restored = delta.change < since;
            if (restored) delta = link.pull(options.host, 0, 0);
            take_in(delta, since == 0 || restored);
            since = delta.change;
            if (failures > 0)
                log::info("agent: the control plane is back", {{"host", options.host}});
            failures = 0;
        } catch (const std::exception& e) {
            if (failures++ == 0)
                log::warning("agent: the control plane cannot be reached; going on as last told",
                             {{"host", options.host}, {"error", e.what()}});
            if (!pause(failures)) return;
        }
        std::lock_guard lock(mutex);
        if (stopping) return;
    }
}

void Agent::Impl::take_in(const Link::Delta& delta, bool full) {
    std::vector<Desired> news;
    std::set<Key> kept;
    {
        std::lock_guard lock(mutex);
        for (auto& record : delta.records) {
            Key key{record.kind, record.id};
            kept.insert(key);
            auto found = items.find(key);
            if (found == items.end() || found->second.why != Item::Why::desired ||
                found->second.desired.generation != record.generation)
                news.push_back(record);
        }
    }
    copy.write(news); // Before anything is done about it.
    if (full) forget_all_but(kept);
    std::lock_guard lock(mutex);
    for (auto& record : news) {
        Key key{record.kind, record.id};
        Item& item = items[key];
        item.desired = record;
        item.why = Item::Why::desired;
        item.failures = 0;
        item.gave_up = false;
        item.retry_at = {};
        enqueue(key, item);
    }
    if (full) pulled_all = true;
}

/// Records that are gone from the control plane: their things, if any are left, become strays.
void Agent::Impl::forget_all_but(const std::set<Key>& kept) {
    std::vector<Key> gone;
    {
        std::lock_guard lock(mutex);
        for (auto& [key, item] : items)
            if (item.why == Item::Why::desired && !kept.count(key)) gone.push_back(key);
        for (auto& key : gone) {
            Item& item = items[key];
            item.why = Item::Why::forgotten;
            item.retry_at = {};
            if (!item.busy) items.erase(key);
        }
    }
    for (auto& [kind, id] : gone) copy.remove(kind, id);
}

// ---- working ----

/// With the lock held.
void Agent::Impl::enqueue(const Key& key, Item& item) {
    if (item.busy) {
        item.again = true;
        return;
    }
    if (item.queued) return;
    item.queued = true;
    queue.push_back(key);
    work_ready.notify_one();
}

void Agent::Impl::work_loop() {
    std::unique_lock lock(mutex);
    while (true) {
        work_ready.wait(lock, [&] { return stopping || !queue.empty(); });
        if (stopping) return;
        Key key = queue.front();
        queue.pop_front();
        auto found = items.find(key);
        if (found == items.end()) continue;
        Item& item = found->second;
        item.queued = false;
        item.busy = true;
        item.again = false;
        item.retry_at = {};
        bool stray = item.why == Item::Why::stray;
        Desired desired = item.desired;
        lock.unlock();
        if (stray)
            remove_stray(key);
        else
            work_on(key, desired);
        lock.lock();
    }
}

/// Never throws: what went wrong is in the observation.
Observed Agent::Impl::make(const Desired& desired) {
    Observed out;
    auto maker = makers.find(desired.kind);
    try {
        if (maker == makers.end())
            throw EngineFailure(
                EngineFailure::Kind::permanent,
                format("Host {} has nothing that makes a {}. Enable the engine for it in the "
                       "agent's configuration, or choose another host.",
                       options.host, desired.kind));
        out = maker->second->ensure(desired, [&](const Observed& progress) {
            Observed o = progress;
            o.kind = desired.kind;
            o.id = desired.id;
            o.generation = desired.generation;
            report(std::move(o));
        });
    } catch (const EngineFailure& e) {
        out.phase = Phase::failed;
        out.error = e.what();
        out.permanent = e.kind == EngineFailure::Kind::permanent;
    } catch (const Failure& e) {
        out.phase = Phase::failed;
        out.error = e.what();
        out.permanent = e.status() < 500;
    } catch (const std::exception& e) {
        out.phase = Phase::failed;
        out.error = e.what();
    }
    out.kind = desired.kind;
    out.id = desired.id;
    out.generation = desired.generation;
    return out;
}

void Agent::Impl::work_on(const Key& key, const Desired& desired) {
    std::int64_t began = clock.monotonic_ns();
    Observed result = make(desired);
    metrics::observe("nephele_agent_ensure_seconds", {{"kind", desired.kind}},
                     static_cast<double>(clock.monotonic_ns() - began) / 1e9);
    if (result.phase == Phase::failed)
        log::warning("agent: cannot make it so", {{"host", options.host},
                                                  {"kind", desired.kind},
                                                  {"id", desired.id},
                                                  {"generation", desired.generation},
                                                  {"permanent", result.permanent},
                                                  {"error", result.error}});
    finished(key, desired, result);
}

void Agent::Impl::finished(const Key& key, const Desired& worked, const Observed& result) {
    std::lock_guard lock(mutex);
    Item& item = items[key];
    item.busy = false;
    if (item.why == Item::Why::forgotten) { // What is left of it is a stray now.
        items.erase(key);
        return;
    }
    // Before somebody else begins with it: its words must come after these.
    outbox[key] = result;
    report_ready.notify_one();
    bool newest = item.desired.generation == worked.generation;
    bool settled = result.phase == (worked.absent ? Phase::absent : Phase::ready);
    if (newest && settled) item.failures = 0;
    if (newest && !settled) {
        item.gave_up = result.permanent;
        if (!item.gave_up) {
            item.retry_at =
                clock.now().plus_ms(doubled(options.retry_ms, item.failures++, retry_limit_ms));
            time_changed.notify_one();
        }
    }
    if (item.again || !newest) enqueue(key, item);
}

void Agent::Impl::remove_stray(const Key& key) {
    Observed result;
    result.kind = key.first;
    result.id = key.second;
    result.phase = Phase::absent;
    try {
        makers.at(key.first)->remove_stray(key.second);
        log::warning("agent: removed what nobody asked for",
                     {{"host", options.host}, {"kind", key.first}, {"id", key.second}});
    } catch (const std::exception& e) { // The next comparison tries again.
        result.phase = Phase::failed;
        result.error = e.what();
        log::warning("agent: cannot remove what nobody asked for",
                     {{"kind", key.first}, {"id", key.second}, {"error", e.what()}});
    }
    std::lock_guard lock(mutex);
    Item& item = items[key];
    item.busy = false;
    if (item.why == Item::Why::desired) return enqueue(key, item); // Asked for meanwhile.
    items.erase(key);
    outbox[key] = std::move(result);
    report_ready.notify_one();
}

// ---- reporting ----

void Agent::Impl::report(Observed observed) {
    std::lock_guard lock(mutex);
    Key key{observed.kind, observed.id};
    outbox[key] = std::move(observed);
    report_ready.notify_one();
}

void Agent::Impl::report_loop() {
    int failures = 0;
    while (true) {
        std::vector<Observed> batch;
        {
            std::unique_lock lock(mutex);
            report_ready.wait(lock, [&] { return stopping || !outbox.empty(); });
            if (stopping && (outbox.empty() || failures > 0)) return;
            while (!outbox.empty() && batch.size() < report_batch)
                batch.push_back(std::move(outbox.extract(outbox.begin()).mapped()));
        }
        try {
            link.report(options.host, batch);
            failures = 0;
            delivered(batch);
        } catch (const std::exception& e) {
            if (failures++ == 0)
                log::warning("agent: reports wait for the control plane",
                             {{"host", options.host}, {"error", e.what()}});
            {
                std::lock_guard lock(mutex);
                for (auto& o : batch) outbox.try_emplace({o.kind, o.id}, o); // Newer words win.
            }
            if (!pause(failures)) return;
        }
    }
}

/// What was told to be absent and is known to be so is forgotten here as well.
void Agent::Impl::delivered(const std::vector<Observed>& observed) {
    for (auto& o : observed) {
        if (o.phase != Phase::absent || o.generation == 0) continue;
        {
            std::lock_guard lock(mutex);
            auto found = items.find({o.kind, o.id});
            if (found == items.end() || !found->second.desired.absent ||
                found->second.desired.generation != o.generation || found->second.busy ||
                found->second.queued)
                continue;
            items.erase(found);
        }
        try {
            copy.remove(o.kind, o.id);
        } catch (const EngineFailure& e) { // The next full pull drops it.
            log::warning("agent: a desired record stays on disk", {{"error", e.what()}});
        }
    }
}

// ---- minding the time ----

void Agent::Impl::queue_retries(Time now) {
    for (auto& [key, item] : items)
        if (item.retry_at.us && item.retry_at <= now) {
            item.retry_at = {};
            enqueue(key, item);
        }
}

Time Agent::Impl::next_retry() const {
    Time next;
    for (auto& [key, item] : items)
        if (item.retry_at.us && (!next.us || item.retry_at < next)) next = item.retry_at;
    return next;
}

void Agent::Impl::mind_loop() {
    Time hello_at = clock.now();
    Time resync_at = hello_at.plus_ms(options.resync_ms);
    std::unique_lock lock(mutex);
    while (!stopping) {
        Time now = clock.now();
        queue_retries(now);
        bool hello_due = now >= hello_at, resync_due = now >= resync_at;
        if (hello_due || resync_due) {
            lock.unlock();
            if (hello_due) hello();
            if (resync_due) resync();
            now = clock.now();
            if (hello_due) hello_at = now.plus_ms(hello_every_ms);
            if (resync_due) resync_at = now.plus_ms(options.resync_ms);
            lock.lock();
            continue;
        }
        Time next = std::min(hello_at, resync_at);
        if (Time retry = next_retry(); retry.us) next = std::min(next, retry);
        time_changed.wait_for(lock, std::chrono::microseconds(next.us - now.us));
    }
}

void Agent::Impl::hello() {
    try {
        link.hello(options.host, facts());
    } catch (const std::exception& e) { // Said again in a minute; pulling shows that we live.
        log::warning("agent: cannot say hello", {{"host", options.host}, {"error", e.what()}});
    }
}

void Agent::Impl::resync() {
    for (auto& [kind, maker] : makers) {
        try {
            auto ids = maker->present();
            compare(kind, {ids.begin(), ids.end()});
        } catch (const std::exception& e) {
            log::warning("agent: cannot list what is there",
                         {{"host", options.host}, {"kind", kind}, {"error", e.what()}});
        }
    }
}

void Agent::Impl::compare(const std::string& kind, const std::set<std::string>& present) {
    std::vector<Key> first_seen;
    {
        std::lock_guard lock(mutex);
        for (auto& [key, item] : items)
            if (key.first == kind && item.why == Item::Why::desired && !item.gave_up &&
                !item.retry_at.us)
                enqueue(key, item);
        for (auto it = sighted.begin(); it != sighted.end();)
            it = it->first == kind && !present.count(it->second) ? sighted.erase(it) : ++it;
        if (!pulled_all) return; // We may not have been told of it yet.
        for (auto& id : present) {
            Key key{kind, id};
            if (items.count(key)) {
                sighted.erase(key);
                continue;
            }
            // Twice in a row: it may have been on its way out, or just not yet on its way in.
            if (sighted.insert(key).second) {
                first_seen.push_back(key);
                continue;
            }
            sighted.erase(key);
            Item& item = items[key];
            item.why = Item::Why::stray;
            enqueue(key, item);
        }
    }
    for (auto& [kind_of, id] : first_seen) {
        Observed stray;
        stray.kind = kind_of;
        stray.id = id;
        stray.phase = Phase::ready;
        stray.error = "Nobody asked for it; it is removed when it is still there next time.";
        report(std::move(stray));
    }
}

// ---- the public face ----

Agent::Agent(AgentOptions options, Link& link, std::map<std::string, std::shared_ptr<Maker>> makers,
             const Clock& clock, std::function<Json()> facts)
    : impl_(std::make_unique<Impl>(std::move(options), link, std::move(makers), clock,
                                   std::move(facts))) {}

Agent::~Agent() { stop(); }

void Agent::start() {
    Impl& i = *impl_;
    if (std::exchange(i.started, true)) return;
    {
        // With or without a control plane: the host becomes what it was last told to be.
        std::lock_guard lock(i.mutex);
        for (auto& record : i.copy.load()) {
            Key key{record.kind, record.id};
            Item& item = i.items[key];
            item.desired = std::move(record);
            i.enqueue(key, item);
        }
    }
    i.threads.emplace_back([&i] { i.pull_loop(); });
    i.threads.emplace_back([&i] { i.report_loop(); });
    i.threads.emplace_back([&i] { i.mind_loop(); });
    for (int n = 0; n < std::max(1, i.options.workers); ++n)
        i.threads.emplace_back([&i] { i.work_loop(); });
}

void Agent::stop() {
    Impl& i = *impl_;
    {
        std::lock_guard lock(i.mutex);
        if (!i.started || std::exchange(i.stopping, true)) return;
        i.work_ready.notify_all();
        i.report_ready.notify_all();
        i.time_changed.notify_all();
        i.stop_changed.notify_all();
    }
    i.link.interrupt(i.options.host);
    for (auto& thread : i.threads) thread.join();
}

void Agent::look_again(const std::string& kind, const std::string& id) {
    std::lock_guard lock(impl_->mutex);
    auto found = impl_->items.find({kind, id});
    if (found == impl_->items.end() || found->second.why != Item::Why::desired) return;
    found->second.gave_up = false;
    impl_->enqueue(found->first, found->second);
}

} // namespace nephele::agent
