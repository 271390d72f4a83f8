// SPDX-License-Identifier: Apache-2.0
// Group commit: changes that come while a group is being made durable are the next group. Whoever
// comes when none is under way leads: decides each change in order against the index, writes all
// needles, syncs the volume once, commits the index, and only then anybody hears of it. So a change
// alone waits for nobody, and sixty-four share one sync.
#pragma once
#include "services/swift/model/outcome.h"
#include "services/swift/storage/catalog.h"
#include "services/swift/storage/volumes.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>

namespace nephele::swift {

/// What a change of a group may do.
class Batch {
  public:
    Batch(Transaction& transaction, const Volumes& volumes, std::uint64_t room);

    Catalog& catalog() { return catalog_; }
    /// The needle's place when the group is written. `payload` must live until then.
    Place append(Needle& needle, std::string_view payload);
    /// Throws Failure(insufficient_storage) when so many bytes would touch the device's reserve.
    /// Called before anything is changed; what makes room (deletes, moves) does not ask.
    void need_room(std::uint64_t bytes) const;

  private:
    friend class Committer;
    const Volumes& volumes_;
    Catalog catalog_;
    std::uint64_t room_;
    std::deque<std::string> heads_;
    std::vector<iovec> parts_;
    std::uint64_t bytes_ = 0;
};

/// May run again from the start; throws Failure only before it has changed anything.
using Change = std::function<Outcome(Batch&)>;

class Committer {
  public:
    struct Limits {
        std::uint64_t volume_bytes, reserve_bytes;
    };
    /// `removed`: called after a commit for each file of a large object that is no longer needed.
    Committer(Files& files, Volumes& volumes, Index& index, std::string directory, Limits limits,
              std::function<void(std::uint64_t)> removed);

    /// Durable when it returns. `bytes`: about what the change will write.
    Outcome commit(const Change& change, std::uint64_t bytes);
    /// The volume after the last.
    void set_next_volume(std::uint32_t id) { next_volume_ = id; }
    /// Bytes that may still be written before the reserve.
    std::uint64_t room();
    std::uint64_t groups() const { return groups_; }

  private:
    struct Job {
        const Change* change;
        std::uint64_t bytes;
        Outcome outcome = Outcome::absent;
        std::exception_ptr error;
        bool done = false;
        std::condition_variable wake;
    };
    using Group = std::vector<Job*>;
    Group take_group();
    void run(const Group& group, std::vector<std::uint64_t>& superfluous);
    std::vector<std::uint64_t> write(const Group& group);
    void ensure_volume();

    Files& files_;
    Volumes& volumes_;
    Index& index_;
    const std::string directory_;
    const Limits limits_;
    const std::function<void(std::uint64_t)> removed_;
    std::uint32_t next_volume_ = 1;
    std::atomic<std::uint64_t> groups_{0};

    std::mutex mutex_;
    std::deque<Job*> queue_;
    bool leading_ = false;

    std::mutex room_mutex_;
    std::uint64_t room_ = 0;
    int room_uses_ = 0; ///< until the file system is asked again
};

} // namespace nephele::swift
