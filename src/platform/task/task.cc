// SPDX-License-Identifier: Apache-2.0
// A few workers take whichever task is due first. Of a one-node task the node that got its lease
// keeps it as long as it lives; the others look again when the lease would end.
#include "platform/task/task.h"

#include "base/check.h"
#include "platform/context/node_instance.h"
#include "platform/journal/hub.h"
#include "platform/log/log.h"
#include "platform/metrics/metrics.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace nephele::task {
namespace {

constexpr int workers = 3;
constexpr std::int64_t gather_ms = 2; ///< nudges within become one run
constexpr std::int64_t lease_ms = 30'000, renew_ms = 10'000;
constexpr std::int64_t back_off_first_ms = 1'000;

struct State {
    Task task;
    Time next;
    bool running = false;
    Time nudged; ///< while it was running
    int failures = 0;
};

bool is_nudged_by(const Task& task, const journal::Record& record) {
    for (auto& pattern : task.nudged_by) {
        auto slash = pattern.find('/');
        if (pattern.substr(0, slash) != record.service) continue;
        std::string_view kind = std::string_view(pattern).substr(slash + 1);
        if (kind == "*" || kind == record.kind) return true;
    }
    return false;
}

} // namespace

struct Tasks::Impl {
    Impl(Cloud& c, std::vector<Task> list) : cloud(c), owner(new_lease_owner(c)) {
        for (auto& task : list) {
            NEPHELE_CHECK(task.run && task.every_ms > 0 && !find(task.name));
            for (auto& pattern : task.nudged_by) NEPHELE_CHECK(pattern.find('/') != pattern.npos);
            states.push_back({std::move(task), {}, false, {}, 0});
        }
    }

    State* find(const std::string& name);
    State* due(Time now, Time& next);
    void work();
    void carry_out(State& state);
    bool run(const Task& task);
    void heard(const journal::Page& page);
    void nudge(State& state, Time at);
    Time lease(const Task& task);
    void renew();

    Cloud& cloud;
    std::string owner;
    std::vector<State> states; ///< never resized after the start
    std::mutex mutex;
    std::condition_variable changed, stopped;
    bool stopping = false, started = false;
    std::unique_ptr<journal::Hub> own_hub;
    journal::Hub::Subscription journal;
    std::vector<std::thread> threads;
};

State* Tasks::Impl::find(const std::string& name) {
    for (auto& state : states)
        if (state.task.name == name) return &state;
    return nullptr;
}

/// With the lock held: the one to run now, or when to look again.
State* Tasks::Impl::due(Time now, Time& next) {
    State* first = nullptr;
    next = now.plus_ms(60'000);
    for (auto& state : states) {
        if (state.running) continue;
        next = std::min(next, state.next);
        if (state.next <= now && (!first || state.next < first->next)) first = &state;
    }
    return first;
}

void Tasks::Impl::nudge(State& state, Time at) {
    if (state.running)
        state.nudged = at;
    else if (at < state.next)
        state.next = at;
    else
        return;
    changed.notify_one();
}

void Tasks::Impl::heard(const journal::Page& page) {
    Time at = cloud.now().plus_ms(gather_ms);
    std::lock_guard lock(mutex);
    for (auto& state : states) {
        bool hit = page.lost && !state.task.nudged_by.empty();
        for (auto& record : page.records) hit = hit || is_nudged_by(state.task, record);
        if (hit) nudge(state, at);
    }
}

void Tasks::Impl::work() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        Time now = cloud.now(), next;
        State* state = due(now, next);
        if (!state) {
            changed.wait_for(lock, std::chrono::microseconds(next.us - now.us));
            continue;
        }
        state->running = true;
        state->nudged = {};
        lock.unlock();
        carry_out(*state);
        lock.lock();
        state->running = false;
        if (state->nudged.us) state->next = std::min(state->next, state->nudged);
        changed.notify_one();
    }
}

/// Runs it if this node may, and sets when to do so next.
void Tasks::Impl::carry_out(State& state) {
    Time next = cloud.now().plus_ms(state.task.every_ms);
    bool ok = true;
    try {
        Time others = state.task.one_node ? lease(state.task) : Time{};
        if (others.us)
            next = std::min(next, others);
        else
            ok = run(state.task);
    } catch (const std::exception& e) {
        log::error("a task cannot take its lease",
                   {{"task", state.task.name}, {"error", e.what()}});
        ok = false;
    }
    std::lock_guard lock(mutex);
    state.failures = ok ? 0 : state.failures + 1;
    std::int64_t wait = back_off_first_ms;
    for (int i = 1; i < state.failures && wait < state.task.every_ms; ++i) wait *= 2;
    state.next = ok ? next : std::min(next, cloud.now().plus_ms(wait));
}

bool Tasks::Impl::run(const Task& task) {
    log::RequestScope scope("task-" + task.name);
    std::int64_t began = cloud.clock().monotonic_ns();
    bool ok = true;
    try {
        task.run(cloud);
    } catch (const std::exception& e) {
        log::error("a task failed and will be tried again",
                   {{"task", task.name}, {"error", e.what()}});
        ok = false;
    }
    metrics::observe("nephele_task_seconds", {{"name", task.name}},
                     static_cast<double>(cloud.clock().monotonic_ns() - began) / 1e9);
    metrics::add("nephele_task_runs_total",
                 {{"name", task.name}, {"result", ok ? "done" : "failed"}});
    return ok;
}

/// {0} when the task's lease is ours now, else when to ask again.
Time Tasks::Impl::lease(const Task& task) {
    return cloud.db().write([&](db::Tx& tx) {
        Time now = cloud.now();
        std::string holder;
        Time until;
        bool known = tx.first("SELECT owner, lease_until FROM task_leases WHERE name = ?",
                              {task.name}, [&](const db::Row& row) {
                                  holder = row.str(0);
                                  until = {row.integer(1)};
                              });
        if (holder == owner && until > now) return Time{};
        bool free = holder == owner || until <= now || is_dead_lease_owner(cloud, holder);
        if (!free) return until;
        tx.exec(known ? "UPDATE task_leases SET owner = ?, lease_until = ? WHERE name = ?"
                      : "INSERT INTO task_leases (owner, lease_until, name) VALUES (?, ?, ?)",
                db::Params{owner, now.plus_ms(lease_ms).us, task.name});
        return Time{};
    });
}

void Tasks::Impl::renew() {
    std::unique_lock lock(mutex);
    while (!stopped.wait_for(lock, std::chrono::milliseconds(renew_ms), [&] { return stopping; })) {
        lock.unlock();
        try {
            cloud.db().write([&](db::Tx& tx) {
                Time now = cloud.now();
                return tx.exec("UPDATE task_leases SET lease_until = ? WHERE owner = ? AND "
                               "lease_until > ?",
                               db::Params{now.plus_ms(lease_ms).us, owner, now.us});
            });
        } catch (const std::exception& e) {
            log::error("task leases cannot be renewed", {{"error", e.what()}});
        }
        lock.lock();
    }
}

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> list{
        {"platform.task.001_leases",
         {"CREATE TABLE task_leases (name TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, "
          "lease_until BIGINT NOT NULL)"},
         {},
         {}}};
    return list;
}

Tasks::Tasks(Cloud& cloud, std::vector<Task> tasks)
    : impl_(std::make_unique<Impl>(cloud, std::move(tasks))) {}

Tasks::~Tasks() { stop(); }

void Tasks::start() {
    Impl& i = *impl_;
    if (std::exchange(i.started, true)) return;
    for (auto& state : i.states) state.next = i.cloud.now();
    if (!i.cloud.has_state<journal::Hub>())
        i.own_hub = std::make_unique<journal::Hub>(i.cloud.db());
    auto& hub = i.own_hub ? *i.own_hub : i.cloud.state<journal::Hub>();
    // The first run follows the subscription: nothing between them is missed.
    i.journal = hub.subscribe([&i](const journal::Page& page) { i.heard(page); });
    if (i.own_hub) i.own_hub->start();
    for (int n = 0; n < workers; ++n) i.threads.emplace_back([&i] { i.work(); });
    i.threads.emplace_back([&i] { i.renew(); });
}

void Tasks::stop() {
    Impl& i = *impl_;
    {
        std::lock_guard lock(i.mutex);
        if (!i.started || std::exchange(i.stopping, true)) return;
        i.changed.notify_all();
        i.stopped.notify_all();
    }
    i.journal.handle.reset();
    for (auto& thread : i.threads) thread.join();
    try {
        i.cloud.db().write([&](db::Tx& tx) {
            return tx.exec("UPDATE task_leases SET lease_until = 0 WHERE owner = ?",
                           db::Params{i.owner});
        });
    } catch (const std::exception& e) { // They end by themselves.
        log::warning("task leases cannot be given back", {{"error", e.what()}});
    }
}

void Tasks::run(const std::string& name) {
    State* state = impl_->find(name);
    NEPHELE_CHECK(state);
    log::RequestScope scope("task-" + name);
    state->task.run(impl_->cloud);
}

std::vector<std::string> Tasks::names() const {
    std::vector<std::string> out;
    for (auto& state : impl_->states) out.push_back(state.task.name);
    return out;
}

void Tasks::run_all() {
    std::exception_ptr first;
    for (auto& name : names()) {
        try {
            run(name);
        } catch (const std::exception&) { // The others run all the same; the caller gets it.
            if (!first) first = std::current_exception();
        }
    }
    if (first) std::rethrow_exception(first);
}

void Tasks::nudge(const std::string& name) {
    std::lock_guard lock(impl_->mutex);
    if (State* state = impl_->find(name)) impl_->nudge(*state, impl_->cloud.now());
}

} // namespace nephele::task
