// SPDX-License-Identifier: Apache-2.0
// The runner's threads: a dispatcher that learns what is due (hints, journal, time) and workers
// that carry it out. Hints make it fast, the table makes it right.
#include "base/check.h"
#include "base/pool.h"
#include "platform/context/node_instance.h"
#include "platform/journal/hub.h"
#include "platform/log/log.h"
#include "platform/operation/execution.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace nephele::ops {
namespace {

constexpr int scan_limit = 256;
constexpr std::int64_t prune_every_ms = 600'000;
constexpr std::int64_t trouble_ms = 1'000; ///< pause after the database refused

std::map<std::string, Operation> by_name(std::vector<Operation> operations) {
    std::map<std::string, Operation> out;
    for (auto& operation : operations) {
        std::string name = operation.name;
        std::set<std::string> steps;
        for (auto& step : operation.steps)
            NEPHELE_CHECK(!step.name.empty() && steps.insert(step.name).second);
        NEPHELE_CHECK(out.emplace(name, std::move(operation)).second);
    }
    return out;
}

} // namespace

struct Runner::Impl {
    Impl(Cloud& cloud_, std::vector<Operation> list, RunnerOptions options_)
        : cloud(cloud_), operations(by_name(std::move(list))), options(options_),
          owner(new_lease_owner(cloud)), execution(cloud, operations, options, owner, waits) {}

    struct Task {
        std::string id;
        bool hinted = false;
    };
    struct Busy {
        bool hinted = false;   ///< an entry it waits for appeared meanwhile
        std::int64_t seen = 0; ///< the highest revision at which it was seen to be due
        bool leased = false;   ///< an outside step is under way
    };

    void dispatch();
    void look();
    void renew_leases();
    void prune_finished();
    void work();
    void carry_out(const Task& task);
    void finish_outside(const std::string& id, const OutsideJob& job);
    void released(const std::string& id, const Outcome& outcome);
    void put_off(const std::string& id);
    void add(const Task& task, std::int64_t revision);
    void wake_by(Time at);
    void listen();
    void adopt();
    void heard(const journal::Page& page);
    bool take(Task& task);

    Cloud& cloud;
    std::map<std::string, Operation> operations;
    RunnerOptions options;
    std::string owner;
    WaitIndex waits;
    Execution execution;

    std::mutex mutex;
    std::condition_variable work_ready, look_needed;
    bool stopping = false, started = false, look_now = true;
    Time look_at, lease_at, prune_at;
    bool adopt_now = false; ///< ask all that wait: entries may have been missed
    std::deque<Task> queue;
    std::unordered_set<std::string> queued;
    std::unordered_map<std::string, Busy> busy;
    std::unique_ptr<journal::Hub> own_hub; ///< where the node has none for all
    journal::Hub* hub = nullptr;
    journal::Hub::Subscription journal;
    std::unique_ptr<Pool> outside_pool;
    std::vector<std::thread> threads;
};

// ---- learning what is due ----

void Runner::Impl::look() {
    bool missed = false;
    {
        std::lock_guard lock(mutex);
        missed = std::exchange(adopt_now, false);
    }
    if (missed) adopt();
    Time now = cloud.now(), next;
    std::vector<store::Due> due;
    cloud.db().read([&](db::Tx& tx) {
        due = store::due(tx, now, scan_limit);
        next = store::next_due(tx, now);
    });
    if (next.us) wake_by(next);
    std::lock_guard lock(mutex);
    for (auto& one : due) add({one.id, false}, one.revision);
    if (!queue.empty()) work_ready.notify_all();
}

/// With the lock held. One that is being worked on is remembered: whoever works on it looks again.
void Runner::Impl::add(const Task& task, std::int64_t revision) {
    if (auto at = busy.find(task.id); at != busy.end()) {
        at->second.hinted |= task.hinted;
        at->second.seen = std::max(at->second.seen, revision);
        return;
    }
    if (queued.insert(task.id).second)
        queue.push_back(task);
    else if (task.hinted)
        for (auto& other : queue)
            if (other.id == task.id) other.hinted = true;
}

void Runner::Impl::wake_by(Time at) {
    std::lock_guard lock(mutex);
    if (look_at.us && look_at <= at) return;
    look_at = at;
    look_needed.notify_one();
}

/// From here on every journal entry is heard; what happened before is found by asking.
void Runner::Impl::listen() {
    if (cloud.has_state<journal::Hub>())
        hub = &cloud.state<journal::Hub>();
    else
        own_hub = std::make_unique<journal::Hub>(cloud.db());
    if (own_hub) hub = own_hub.get();
    journal = hub->subscribe([this](const journal::Page& page) { heard(page); });
    adopt();
}

void Runner::Impl::adopt() {
    cloud.db().read([&](db::Tx& tx) {
        store::each_waiting(tx, [&](const std::string& id, const Json& waits_of) {
            waits.set(id, waits_of);
            std::lock_guard lock(mutex);
            add({id, true}, 0);
        });
    });
}

void Runner::Impl::heard(const journal::Page& page) {
    bool any = page.lost;
    for (auto& record : page.records)
        for (auto& id : waits.waiting_for(record.kind, record.id)) {
            std::lock_guard lock(mutex);
            add({id, true}, 0);
            any = true;
        }
    if (!any) return;
    std::lock_guard lock(mutex);
    if (page.lost) {
        adopt_now = look_now = true;
        look_needed.notify_one();
    }
    work_ready.notify_all();
}

void Runner::Impl::dispatch() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        Time now = cloud.now();
        Time next = now.plus_ms(options.poll_ms);
        if (look_at.us) next = std::min(next, look_at);
        next = std::min(next, lease_at);
        look_needed.wait_for(
            lock, std::chrono::microseconds(std::max<std::int64_t>(next.us - now.us, 0)),
            [&] { return stopping || look_now || (look_at.us && look_at < next); });
        if (stopping) return;
        if (!look_now && look_at.us && look_at < next && look_at > cloud.now()) continue;
        look_now = false;
        look_at = {};
        lock.unlock();
        try {
            look();
            renew_leases();
            prune_finished();
        } catch (const std::exception& e) {
            log::error("operations cannot be looked for", {{"error", e.what()}});
        }
        lock.lock();
    }
}

void Runner::Impl::renew_leases() {
    Time now = cloud.now();
    if (now < lease_at) return;
    lease_at = now.plus_ms(options.lease_ms / 3);
    std::vector<std::string> leased;
    {
        std::lock_guard lock(mutex);
        for (auto& [id, state] : busy)
            if (state.leased) leased.push_back(id);
    }
    if (leased.empty()) return;
    cloud.db().write([&](db::Tx& tx) {
        for (auto& id : leased)
            store::renew_lease(tx, id, owner, cloud.now().plus_ms(options.lease_ms));
    });
}

void Runner::Impl::prune_finished() {
    Time now = cloud.now();
    if (now < prune_at) return;
    int gone = write_as_cloud(cloud, "", [&](Context& context) {
        return prune(context, now.plus_ms(-options.keep_ms), options.keep_rows);
    });
    prune_at = now.plus_ms(gone >= 1000 ? 1'000 : prune_every_ms);
}

// ---- carrying it out ----

bool Runner::Impl::take(Task& task) {
    if (queue.empty()) return false;
    task = queue.front();
    queue.pop_front();
    queued.erase(task.id);
    busy[task.id] = {};
    return true;
}

void Runner::Impl::work() {
    std::unique_lock lock(mutex);
    while (true) {
        work_ready.wait(lock, [&] { return stopping || !queue.empty(); });
        if (stopping) return;
        Task task;
        take(task);
        lock.unlock();
        carry_out(task);
        lock.lock();
    }
}

/// All steps that can be run one after the other.
void Runner::Impl::carry_out(const Task& task) {
    Outcome outcome;
    bool trouble = false;
    try {
        outcome = execution.step(task.id, task.hinted);
        while (outcome.next == Outcome::Next::again) {
            {
                std::lock_guard lock(mutex);
                if (stopping) break;
            }
            outcome = execution.step(task.id, false);
        }
    } catch (const std::exception& e) {
        log::error("an operation cannot be carried out now",
                   {{"id", task.id}, {"error", e.what()}});
        trouble = true;
    }
    if (trouble) return put_off(task.id);
    if (outcome.next != Outcome::Next::outside) return released(task.id, outcome);
    auto run = [this, id = task.id, job = outcome.job] { finish_outside(id, *job); };
    {
        std::lock_guard lock(mutex);
        busy[task.id].leased = true;
    }
    if (!outside_pool->submit(run)) run();
}

void Runner::Impl::finish_outside(const std::string& id, const OutsideJob& job) {
    Outcome outcome;
    try {
        outcome = execution.outside(job);
    } catch (const std::exception& e) {
        log::error("the end of a step cannot be saved", {{"id", id}, {"error", e.what()}});
        return put_off(id); // The end of its lease brings it back.
    }
    released(id, outcome);
}

/// The database refused: nothing is done about it for a while.
void Runner::Impl::put_off(const std::string& id) {
    wake_by(cloud.now().plus_ms(trouble_ms));
    std::lock_guard lock(mutex);
    busy.erase(id);
}

void Runner::Impl::released(const std::string& id, const Outcome& outcome) {
    if (outcome.wake_at.us && outcome.next == Outcome::Next::rest) wake_by(outcome.wake_at);
    std::lock_guard lock(mutex);
    Busy state = busy[id];
    busy.erase(id);
    bool more = outcome.next == Outcome::Next::again || state.seen > outcome.revision;
    if (state.hinted || more) {
        add({id, state.hinted}, 0);
        work_ready.notify_one();
    }
    if (outcome.others_ready) {
        look_now = true;
        look_needed.notify_one();
    }
}

// ---- the public face ----

Runner::Runner(Cloud& cloud, std::vector<Operation> operations, RunnerOptions options)
    : impl_(std::make_unique<Impl>(cloud, std::move(operations), options)) {
    if (!cloud.runner) cloud.runner = this;
}

Runner::~Runner() {
    stop();
    impl_->journal.handle.reset();
    if (impl_->cloud.runner == this) impl_->cloud.runner = nullptr;
}

void Runner::start() {
    Impl& i = *impl_;
    if (i.started || i.options.threads <= 0) return;
    i.started = true;
    std::vector<std::string> dead;
    for (auto& owner : i.cloud.db().read([&](db::Tx& tx) { return store::lease_owners(tx); }))
        if (is_dead_lease_owner(i.cloud, owner)) dead.push_back(owner);
    if (!dead.empty())
        i.cloud.db().write(
            [&](db::Tx& tx) { return store::release_leases(tx, dead, i.cloud.now()); });
    if (!i.hub) i.listen();
    if (i.own_hub) i.own_hub->start();
    i.outside_pool = std::make_unique<Pool>(
        "ops-outside", static_cast<std::size_t>(std::max(1, i.options.outside_threads)), 1000);
    i.threads.emplace_back([&i] { i.dispatch(); });
    for (int n = 0; n < i.options.threads; ++n) i.threads.emplace_back([&i] { i.work(); });
}

void Runner::stop() {
    Impl& i = *impl_;
    if (!i.started) return;
    i.execution.stopping();
    {
        std::lock_guard lock(i.mutex);
        if (i.stopping) return;
        i.stopping = true;
        i.work_ready.notify_all();
        i.look_needed.notify_all();
    }
    i.journal.handle.reset();
    for (auto& thread : i.threads) thread.join();
    i.threads.clear();
    i.outside_pool->stop();
}

void Runner::wake() {
    std::lock_guard lock(impl_->mutex);
    impl_->look_now = true;
    impl_->look_needed.notify_one();
}

bool Runner::run_one() {
    Impl& i = *impl_;
    if (!i.hub) i.listen();
    i.hub->pump();
    i.look();
    while (true) {
        Impl::Task task;
        {
            std::lock_guard lock(i.mutex);
            if (!i.take(task)) return false;
            i.busy.clear();
        }
        Outcome outcome = i.execution.step(task.id, task.hinted);
        if (outcome.next == Outcome::Next::outside) outcome = i.execution.outside(*outcome.job);
        if (outcome.worked) return true;
    }
}

void Runner::run_ready() {
    while (run_one()) {
    }
}

const Operation* Runner::find(const std::string& name) const {
    auto found = impl_->operations.find(name);
    return found == impl_->operations.end() ? nullptr : &found->second;
}

} // namespace nephele::ops
