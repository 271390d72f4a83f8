// SPDX-License-Identifier: Apache-2.0
// Copies of images of remote stores in a directory of this node. Bounded in size; of what is not in
// use the least recently used goes. A copy is made once for all who ask at the same time: they read
// what has come so far. What is there is what the directory holds, so that a crash loses nothing
// but unfinished copies and a few counted hits.
#pragma once
#include "base/pool.h"
#include "base/time.h"
#include "services/glance/drivers/store.h"
#include "services/glance/model/cached_copy.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nephele::glance {

/// A copy being made, as those who read it see it.
struct CacheFill {
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t available = 0; ///< bytes that may be read
    bool whole = false;
    std::exception_ptr failure;
};

class ImageCache {
  public:
    struct Options {
        std::string directory;
        std::uint64_t max_bytes = 0;
        int fills = 4; ///< at once
    };
    ImageCache(Options options, const Clock& clock);
    ~ImageCache();

    /// Writes the object's bytes to the writer and finishes it, or throws. `stopped`: the cache is
    /// going down.
    using Produce = std::function<void(ObjectWriter&, const std::function<bool()>& stopped)>;

    /// The whole copy; counted as a use.
    OpenObject open(const std::string& name);
    /// The copy, whole or as it comes: made by `produce` on a thread of the cache when there is
    /// none yet. `size` is what it will have. Not found() when there is no room, or too many are
    /// being made. Reading throws what `produce` threw.
    OpenObject open_or_fill(const std::string& name, std::uint64_t size, Produce produce);
    /// Has the copy made, if it is not there; false when it cannot be.
    bool begin(const std::string& name, std::uint64_t size, Produce produce);
    /// Path of the whole copy, which stays for `seconds` at least.
    std::optional<std::string> keep(const std::string& name, std::int64_t seconds);
    bool filling(const std::string& name) const;

    std::vector<CachedCopy> copies() const;
    /// Hits as they were counted before this process began.
    void restore(const CachedCopy& copy);
    /// Takes away the copies `unwanted` says; readers keep what they opened.
    int remove(const std::function<bool(const CachedCopy&)>& unwanted);
    /// Down to the bound again; bytes that went, and how many copies.
    std::pair<int, std::uint64_t> prune();
    /// Called on the cache's threads after a copy was made or failed.
    void on_change(std::function<void()> action) { changed_ = std::move(action); }
    /// Waits until no copy is being made.
    void settle();
    void stop();

  private:
    struct Entry {
        CachedCopy copy;
        Time kept_until;
        std::shared_ptr<CacheFill> fill; ///< while it is being made
    };
    class Writer;
    void load();
    std::string location(const std::string& name) const;
    std::shared_ptr<CacheFill> find_or_begin(const std::string& name, std::uint64_t size,
                                             Produce produce);
    OpenObject follow(const std::string& name, std::uint64_t size, std::shared_ptr<CacheFill> fill);
    bool make_room(std::uint64_t size);
    void run(const std::string& name, const std::shared_ptr<CacheFill>& fill,
             const Produce& produce);
    void tell() const;
    std::uint64_t bytes() const;

    Options options_;
    const Clock& clock_;
    std::unique_ptr<Store> files_;
    mutable std::mutex mutex_;
    std::condition_variable settled_;
    std::map<std::string, Entry> entries_;
    int running_ = 0; ///< copies being made, to the end of what follows
    std::function<void()> changed_;
    std::atomic<bool> stopping_{false};
    Pool pool_; // last: its threads use the others
};

} // namespace nephele::glance
