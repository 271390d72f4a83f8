// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/commit.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"

#include <algorithm>
#include <cerrno>

namespace nephele::swift {
namespace {

// Bound how long the first of a group waits for the last, and what a torn end has to be read.
constexpr std::size_t group_jobs = 256;
constexpr std::uint64_t group_bytes = 8 << 20;
constexpr int room_uses = 64; // changes between two questions to the file system
constexpr char zeros[Needle::alignment] = {};

} // namespace

Batch::Batch(Transaction& transaction, const Volumes& volumes, std::uint64_t room)
    : volumes_(volumes), catalog_(transaction), room_(room) {}

Place Batch::append(Needle& needle, std::string_view payload) {
    needle.volume = volumes_.active();
    needle.synced_to = volumes_.tail();
    const auto& head = heads_.emplace_back(encode_head(needle, volumes_.seed()));
    Place place{needle.volume, volumes_.tail() + bytes_, static_cast<std::uint32_t>(head.size()),
                payload.size()};
    parts_.push_back({const_cast<char*>(head.data()), head.size()});
    if (!payload.empty()) parts_.push_back({const_cast<char*>(payload.data()), payload.size()});
    auto padding = needle.total_bytes() - head.size() - payload.size();
    if (padding) parts_.push_back({const_cast<char*>(zeros), padding});
    bytes_ += needle.total_bytes();
    return place;
}

void Batch::need_room(std::uint64_t bytes) const {
    if (bytes_ + bytes > room_) throw_device_failure("the device's reserve is reached", ENOSPC);
}

Committer::Committer(Files& files, Volumes& volumes, Index& index, std::string directory,
                     Limits limits, std::function<void(std::uint64_t)> removed)
    : files_(files), volumes_(volumes), index_(index), directory_(std::move(directory)),
      limits_(limits), removed_(std::move(removed)) {}

std::uint64_t Committer::room() {
    std::lock_guard lock(room_mutex_);
    if (room_uses_-- <= 0) {
        auto free = files_.free_bytes(directory_);
        room_ = free > limits_.reserve_bytes ? free - limits_.reserve_bytes : 0;
        // Near the end every change asks.
        room_uses_ = room_ > (std::uint64_t{room_uses} << 20) * 4 ? room_uses : 0;
    }
    return room_;
}

Outcome Committer::commit(const Change& change, std::uint64_t bytes) {
    Job job{&change, bytes, Outcome::absent, nullptr, false, {}};
    std::unique_lock lock(mutex_);
    queue_.push_back(&job);
    job.wake.wait(lock, [&] { return job.done || (!leading_ && queue_.front() == &job); });
    if (!job.done) {
        leading_ = true;
        auto group = take_group();
        std::vector<std::uint64_t> superfluous;
        lock.unlock();
        run(group, superfluous);
        lock.lock();
        leading_ = false;
        for (auto member : group) {
            member->done = true;
            if (member != &job) member->wake.notify_one();
        }
        if (!queue_.empty()) queue_.front()->wake.notify_one();
        lock.unlock();
        for (auto file : superfluous) removed_(file);
    }
    if (job.error) std::rethrow_exception(job.error);
    return job.outcome;
}

Committer::Group Committer::take_group() {
    Group group;
    std::uint64_t bytes = 0;
    while (!queue_.empty() && group.size() < group_jobs &&
           (group.empty() || bytes + queue_.front()->bytes <= group_bytes)) {
        bytes += queue_.front()->bytes;
        group.push_back(queue_.front());
        queue_.pop_front();
    }
    return group;
}

void Committer::run(const Group& group, std::vector<std::uint64_t>& superfluous) {
    try {
        while (true) {
            try {
                ensure_volume();
                superfluous = write(group);
                return;
            } catch (const IndexFull&) {
                volumes_.cut();
                index_.grow();
            }
        }
    } catch (const std::exception& error) {
        // Nothing of the group is there: each of it hears why.
        if (auto failure = dynamic_cast<const Failure*>(&error))
            log::error("a group of changes failed",
                       {{"changes", group.size()}, {"cause", failure->internals()}});
        for (auto job : group) job->error = std::current_exception();
    }
}

std::vector<std::uint64_t> Committer::write(const Group& group) {
    Transaction transaction(index_, Transaction::Kind::write);
    Batch batch(transaction, volumes_, room());
    auto& catalog = batch.catalog_;
    catalog.set_position({volumes_.active(), volumes_.tail()});
    for (auto job : group) {
        job->error = nullptr;
        auto before = batch.bytes_;
        try {
            job->outcome = (*job->change)(batch);
        } catch (const Failure&) {
            if (batch.bytes_ != before) throw; // half a change: nothing of the group may stay
            job->error = std::current_exception();
        }
    }
    if (batch.bytes_ > 0) catalog.set_position({volumes_.active(), volumes_.tail() + batch.bytes_});
    catalog.flush();
    if (batch.bytes_ > 0) volumes_.append(batch.parts_, batch.bytes_);
    try {
        transaction.commit();
    } catch (const Failure&) {
        volumes_.cut();
        throw;
    }
    volumes_.advance(batch.bytes_);
    ++groups_;
    return catalog.superfluous();
}

void Committer::ensure_volume() {
    if (volumes_.writable() && volumes_.tail() < limits_.volume_bytes) return;
    volumes_.start(next_volume_);
    ++next_volume_;
}

} // namespace nephele::swift
