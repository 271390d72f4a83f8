// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/digests.h"

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace nephele::glance {

// Piece number n lies in slot n % pieces. The writer may fill it once every hasher is past
// n - pieces; a hasher may read it once it was added.
struct Digests::Impl {
    struct Worker {
        explicit Worker(crypto::Digest algorithm) : hasher(algorithm) {}
        crypto::Hasher hasher;
        std::uint64_t done = 0; ///< pieces hashed
        std::thread thread;
    };
    struct Slot {
        std::string bytes;
        std::size_t size = 0;
    };

    std::mutex mutex;
    std::condition_variable added_one, hashed_one;
    std::array<Slot, pieces> slots;
    std::vector<std::unique_ptr<Worker>> workers;
    std::uint64_t added = 0;
    bool over = false;
    bool threaded = false;

    void start_threads() {
        threaded = true;
        for (auto& worker : workers)
            worker->thread = std::thread([this, w = worker.get()] { run(*w); });
    }

    void run(Worker& worker) {
        std::unique_lock lock(mutex);
        for (;;) {
            added_one.wait(lock, [&] { return over || worker.done < added; });
            if (worker.done == added) return;
            const Slot& slot = slots[worker.done % pieces];
            lock.unlock();
            worker.hasher.update(std::string_view(slot.bytes).substr(0, slot.size));
            lock.lock();
            ++worker.done;
            hashed_one.notify_one();
        }
    }

    bool all_past(std::uint64_t piece) const {
        for (auto& worker : workers)
            if (worker->done < piece) return false;
        return true;
    }

    void stop() {
        {
            std::lock_guard lock(mutex);
            over = true;
        }
        added_one.notify_all();
        for (auto& worker : workers)
            if (worker->thread.joinable()) worker->thread.join();
    }
};

Digests::Digests(const std::vector<crypto::Digest>& algorithms) : impl_(std::make_unique<Impl>()) {
    for (auto algorithm : algorithms)
        impl_->workers.push_back(std::make_unique<Impl::Worker>(algorithm));
}

Digests::~Digests() { impl_->stop(); }

std::string& Digests::next_piece() {
    std::unique_lock lock(impl_->mutex);
    if (impl_->added >= pieces)
        impl_->hashed_one.wait(lock, [&] { return impl_->all_past(impl_->added - pieces + 1); });
    auto& slot = impl_->slots[impl_->added % pieces];
    if (slot.bytes.empty()) slot.bytes.resize(piece_bytes);
    return slot.bytes;
}

void Digests::add(std::size_t size) {
    auto& slot = impl_->slots[impl_->added % pieces];
    slot.size = size;
    // A short stream is hashed where it stands.
    if (impl_->added == 0) {
        for (auto& worker : impl_->workers) {
            worker->hasher.update(std::string_view(slot.bytes).substr(0, size));
            worker->done = 1;
        }
        impl_->added = 1;
        return;
    }
    {
        std::lock_guard lock(impl_->mutex);
        ++impl_->added;
    }
    if (!impl_->threaded)
        impl_->start_threads();
    else
        impl_->added_one.notify_all();
}

std::vector<std::string> Digests::finish() {
    impl_->stop();
    std::vector<std::string> out;
    for (auto& worker : impl_->workers) out.push_back(worker->hasher.hex());
    return out;
}

} // namespace nephele::glance
