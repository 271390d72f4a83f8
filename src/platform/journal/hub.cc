// SPDX-License-Identifier: Apache-2.0
// The hub's thread and its two locks: `pumping` while a batch is read and told, `mutex` for the
// short moments in which state changes. A waiter only ever takes the second.
#include "platform/journal/hub.h"

#include "platform/log/log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace nephele::journal {

namespace {
constexpr int first_pause_ms = 5;
}

struct Hub::Impl {
    db::Database& database;
    HubOptions options;
    std::mutex pumping;
    struct Subscriber {
        std::uint64_t number;
        Heard heard;
    };
    std::vector<Subscriber> subscribers; ///< under `pumping`
    std::uint64_t last_number = 0;       ///< under `pumping`

    mutable std::mutex mutex;
    std::condition_variable hinted, moved;
    bool hint = false, stopping = false;
    std::string position;
    std::string newest; ///< the last record told, at first the position
    int pause_ms;
    std::shared_ptr<void> listening;
    std::thread thread;

    Impl(db::Database& d, HubOptions o) : database(d), options(o), pause_ms(o.poll_ms) {}

    void notify() {
        {
            std::lock_guard lock(mutex);
            hint = true;
        }
        hinted.notify_one();
    }

    /// One batch; true when there is more to read.
    bool pump_once(std::size_t& count) {
        std::lock_guard pump(pumping);
        // Only this function moves the position, so it may be read once.
        std::string after = read_position();
        Page page = database.read([&](db::Tx& tx) { return read(tx, after, options.batch); });
        if (page.lost) log::warning("journal: the hub fell behind the retention and starts anew");
        if (page.lost || !page.records.empty()) {
            for (const Subscriber& s : subscribers) s.heard(page);
        }
        count += page.records.size();
        {
            std::lock_guard lock(mutex);
            position = page.cursor;
            if (page.lost) newest = page.cursor;
            if (!page.records.empty()) newest = page.records.back().cursor;
        }
        if (page.lost || !page.records.empty()) moved.notify_all();
        return page.more;
    }

    std::string read_position() const {
        std::lock_guard lock(mutex);
        return position;
    }

    /// True when the thread shall go on.
    bool sleep() {
        std::unique_lock lock(mutex);
        hinted.wait_for(lock, std::chrono::milliseconds(pause_ms),
                        [&] { return hint || stopping; });
        // On PostgreSQL an entry stays unreadable while an older transaction runs, and nobody hints
        // at that one's end: look again soon after a hint, then ever less often.
        pause_ms = hint ? std::min(first_pause_ms, options.poll_ms)
                        : std::min(pause_ms * 2, options.poll_ms);
        hint = false;
        return !stopping;
    }

    void loop() {
        bool away = false;
        while (sleep()) {
            try {
                std::size_t count = 0;
                while (pump_once(count) && !is_stopping()) {
                }
                if (away) log::info("journal: can be read again");
                away = false;
            } catch (const std::exception& e) { // Runner loop: the next round may succeed.
                if (!away) log::warning("journal: cannot be read", {{"error", e.what()}});
                away = true;
            }
        }
    }

    bool is_stopping() const {
        std::lock_guard lock(mutex);
        return stopping;
    }

    void remove(std::uint64_t number) {
        std::lock_guard pump(pumping);
        std::erase_if(subscribers, [&](const Subscriber& s) { return s.number == number; });
    }
};

Hub::Hub(db::Database& database, HubOptions options)
    : impl_(std::make_shared<Impl>(database, options)) {
    impl_->position = database.read([](db::Tx& tx) { return end(tx); });
    impl_->newest = impl_->position;
    impl_->listening = database.listen(channel, [impl = impl_.get()] { impl->notify(); });
}

Hub::~Hub() {
    impl_->listening.reset();
    stop();
}

void Hub::start() {
    if (!impl_->thread.joinable())
        impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
}

void Hub::stop() {
    {
        std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->hinted.notify_all();
    impl_->moved.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

std::size_t Hub::pump() {
    std::size_t count = 0;
    while (impl_->pump_once(count)) {
    }
    return count;
}

std::string Hub::position() const { return impl_->read_position(); }

Hub::Subscription Hub::subscribe(Heard heard) {
    struct Handle {
        std::shared_ptr<Impl> impl;
        std::uint64_t number;
        ~Handle() { impl->remove(number); }
    };
    std::lock_guard pump(impl_->pumping);
    std::uint64_t number = ++impl_->last_number;
    impl_->subscribers.push_back({number, std::move(heard)});
    return {impl_->read_position(), std::shared_ptr<Handle>(new Handle{impl_, number})};
}

bool Hub::stopped() const { return impl_->is_stopping(); }

bool Hub::wait(const std::string& cursor, int timeout_ms) {
    std::unique_lock lock(impl_->mutex);
    auto reached = [&] { return impl_->stopping || is_after(impl_->newest, cursor); };
    bool ended = impl_->moved.wait_for(lock, std::chrono::milliseconds(timeout_ms), reached);
    return ended && !impl_->stopping;
}

void Hub::notify() { impl_->notify(); }

} // namespace nephele::journal
