// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <vector>

namespace nephele {

struct Pool::Impl {
    std::mutex mutex;
    std::condition_variable ready;
    std::deque<std::function<void()>> queue;
    std::size_t limit = 0;
    bool stopping = false;
    std::vector<std::thread> threads;

    void run() {
        for (;;) {
            std::function<void()> job;
            {
                std::unique_lock lock(mutex);
                ready.wait(lock, [&] { return stopping || !queue.empty(); });
                if (queue.empty()) return;
                job = std::move(queue.front());
                queue.pop_front();
            }
            job();
        }
    }
};

Pool::Pool(std::string name, std::size_t threads, std::size_t queue_limit)
    : impl_(std::make_unique<Impl>()) {
    impl_->limit = queue_limit;
    for (std::size_t i = 0; i < threads; ++i) {
        impl_->threads.emplace_back([this] { impl_->run(); });
        pthread_setname_np(impl_->threads.back().native_handle(), name.substr(0, 15).c_str());
    }
}

Pool::~Pool() { stop(); }

bool Pool::submit(std::function<void()> job) {
    {
        std::lock_guard lock(impl_->mutex);
        if (impl_->stopping || impl_->queue.size() >= impl_->limit) return false;
        impl_->queue.push_back(std::move(job));
    }
    impl_->ready.notify_one();
    return true;
}

void Pool::stop() {
    {
        std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->ready.notify_all();
    for (auto& thread : impl_->threads)
        if (thread.joinable()) thread.join();
}

std::size_t Pool::queued() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->queue.size();
}

} // namespace nephele
