// SPDX-License-Identifier: Apache-2.0
// The elastic thread pool of long transfers.
#include "platform/http/stream_pool.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <pthread.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace nephele::http {

namespace {
constexpr auto idle_thread_life = std::chrono::seconds(10);
}

struct StreamPool::Impl {
    std::mutex mutex;
    std::condition_variable ready; ///< a job or the end
    std::deque<std::function<void()>> jobs;
    std::map<std::thread::id, std::thread> threads;
    std::vector<std::thread> finished; ///< to be joined
    std::size_t limit = 0, idle = 0;
    bool stopping = false;

    void run() {
        std::unique_lock lock(mutex);
        for (;;) {
            ++idle;
            ready.wait_for(lock, idle_thread_life, [&] { return stopping || !jobs.empty(); });
            --idle;
            if (jobs.empty()) break;
            auto job = std::move(jobs.front());
            jobs.pop_front();
            lock.unlock();
            job();
            job = nullptr;
            lock.lock();
        }
        if (stopping) return; // `stop` took the map and joins.
        auto self = threads.find(std::this_thread::get_id());
        finished.push_back(std::move(self->second));
        threads.erase(self);
    }

    bool add_thread() {
        try {
            std::thread thread([this] { run(); });
            pthread_setname_np(thread.native_handle(), "http-stream");
            auto id = thread.get_id();
            threads.emplace(id, std::move(thread));
            return true;
        } catch (const std::system_error&) {
            return false; // The system has no thread left; the caller answers 503.
        }
    }
};

StreamPool::StreamPool(std::size_t limit) : impl_(std::make_unique<Impl>()) {
    impl_->limit = limit;
}

StreamPool::~StreamPool() { stop(); }

bool StreamPool::submit(std::function<void()> job) {
    std::vector<std::thread> finished;
    bool accepted = false;
    {
        std::lock_guard lock(impl_->mutex);
        finished.swap(impl_->finished);
        // Threads that are woken but have not taken their job yet still count as idle.
        bool free_thread = impl_->idle > impl_->jobs.size();
        accepted = !impl_->stopping &&
                   (free_thread || (impl_->threads.size() < impl_->limit && impl_->add_thread()));
        if (accepted) impl_->jobs.push_back(std::move(job));
    }
    if (accepted) impl_->ready.notify_one();
    for (auto& thread : finished) thread.join();
    return accepted;
}

void StreamPool::stop() {
    std::map<std::thread::id, std::thread> threads;
    std::vector<std::thread> finished;
    {
        std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
        threads.swap(impl_->threads);
        finished.swap(impl_->finished);
    }
    impl_->ready.notify_all();
    for (auto& [id, thread] : threads) thread.join();
    for (auto& thread : finished) thread.join();
}

} // namespace nephele::http
