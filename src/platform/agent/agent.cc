// SPDX-License-Identifier: Apache-2.0
// The agent: taking in what is desired, minding the time (retries, comparing with the engines,
// hello), starting and stopping.
#include "platform/agent/agent.h"

#include "platform/agent/agent_internal.h"
#include "platform/log/log.h"

#include <chrono>

namespace nephele::agent {
namespace {
constexpr int pull_wait_ms = 10'000;
constexpr std::int64_t hello_every_ms = 60'000;
constexpr std::int64_t link_retry_first_ms = 100, link_retry_last_ms = 10'000;
} // namespace

// ---- pulling ----

bool Agent::Impl::pause(int failures) {
    std::unique_lock lock(mutex);
    auto ms = doubled(link_retry_first_ms, failures - 1, link_retry_last_ms);
    return !stop_changed.wait_for(lock, std::chrono::milliseconds(ms), [&] { return stopping; });
}

bool Agent::Impl::is_stopping() {
    std::lock_guard lock(mutex);
    return stopping;
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
            if (is_stopping()) return;
            if (failures++ == 0)
                log::warning("agent: the control plane cannot be reached; going on as last told",
                             {{"host", options.host}, {"error", e.what()}});
            if (!pause(failures)) return;
        }
        if (is_stopping()) return;
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
