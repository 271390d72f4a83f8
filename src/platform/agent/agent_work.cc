// SPDX-License-Identifier: Apache-2.0
// The agent's workers and its reports.
#include "platform/agent/agent_internal.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "platform/metrics/metrics.h"

namespace nephele::agent {
namespace {
constexpr std::int64_t retry_limit_ms = 60'000;
constexpr std::size_t report_batch = 200;
} // namespace

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
        bool was_settled = item.settled == desired.generation;
        lock.unlock();
        if (stray)
            remove_stray(key);
        else
            work_on(key, desired, was_settled);
        lock.lock();
    }
}

/// Never throws: what went wrong is in the observation.
Observed Agent::Impl::make(const Desired& desired, bool was_settled) {
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
            // Looking again at what is ready does not make it unready meanwhile.
            if (was_settled) return;
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

void Agent::Impl::work_on(const Key& key, const Desired& desired, bool was_settled) {
    std::int64_t began = clock.monotonic_ns();
    Observed result = make(desired, was_settled);
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
    item.settled = settled ? worked.generation : 0;
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
            if (failures++ == 0 && !is_stopping())
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

} // namespace nephele::agent
