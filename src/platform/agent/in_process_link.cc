// SPDX-License-Identifier: Apache-2.0
// The link of an agent that lives in the control plane's process: straight to the database.
#include "platform/agent/control.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

namespace nephele::agent {
namespace {

class InProcessLink : public Link {
  public:
    explicit InProcessLink(Cloud& cloud) : cloud_(cloud) {}

    Delta pull(const std::string& host, std::int64_t since, int wait_ms) override {
        State& state = of(host);
        auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
        seen(host, state);
        while (true) {
            {
                std::lock_guard lock(mutex_);
                state.hinted = false; // Before reading: a commit from here on hints again.
            }
            Delta delta =
                cloud_.db().read([&](db::Tx& tx) { return control::changes(tx, host, since); });
            if (delta.change != since || !delta.records.empty()) return delta;
            std::unique_lock lock(mutex_);
            state.changed.wait_until(lock, until,
                                     [&] { return state.hinted || state.interrupted; });
            if (std::exchange(state.interrupted, false) || !state.hinted) return delta;
        }
    }

    void report(const std::string& host, const std::vector<Observed>& observed) override {
        write_as_cloud(cloud_, "",
                       [&](Context& context) { control::save_report(context, host, observed); });
        seen(host, of(host));
    }

    void hello(const std::string& host, const Json& facts) override {
        write_as_cloud(cloud_, "",
                       [&](Context& context) { control::save_hello(context, host, facts); });
        State& state = of(host);
        std::lock_guard lock(mutex_);
        state.seen_at = cloud_.now();
    }

    void interrupt(const std::string& host) override {
        State& state = of(host);
        {
            std::lock_guard lock(mutex_);
            state.interrupted = true;
        }
        state.changed.notify_all();
    }

  private:
    struct State {
        std::condition_variable changed;
        bool hinted = false, interrupted = false;
        Time seen_at;
        std::shared_ptr<void> listening;
    };

    State& of(const std::string& host) {
        std::unique_lock lock(mutex_);
        auto& state = hosts_[host];
        if (state) return *state;
        state = std::make_unique<State>();
        State& made = *state;
        lock.unlock();
        // Not under our lock: a hint takes the listeners' lock first, then ours.
        auto listening = cloud_.db().listen(control::channel(host), [this, &made] {
            {
                std::lock_guard inner(mutex_);
                made.hinted = true;
            }
            made.changed.notify_all();
        });
        lock.lock();
        made.listening = std::move(listening);
        made.hinted = true; // For what was committed before we listened.
        made.changed.notify_all();
        return made;
    }

    void seen(const std::string& host, State& state) {
        Time now = cloud_.now();
        {
            std::lock_guard lock(mutex_);
            if (state.seen_at.us && now < state.seen_at.plus_ms(control::seen_every_ms)) return;
            state.seen_at = now;
        }
        write_as_cloud(cloud_, "", [&](Context& context) { control::save_seen(context, host); });
    }

    Cloud& cloud_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<State>> hosts_;
};

} // namespace

std::unique_ptr<Link> in_process_link(Cloud& cloud) {
    return std::make_unique<InProcessLink>(cloud);
}

} // namespace nephele::agent
