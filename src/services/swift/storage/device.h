// SPDX-License-Identifier: Apache-2.0
// One storage device: a directory with everything in it. Safe to use from many threads; one process
// has it open.
//
//   format      what this is, and the device's id
//   state       how the index was left
//   volumes/    needles: small objects, and what is said of all others (volumes.h)
//   large/      files of large objects (large.h); incoming/ while they come
//   quarantine/ what the auditor found damaged
//   index/      where things are and what contains what; can be built from the above (recovery.cc)
#pragma once
#include "base/time.h"
#include "services/swift/storage/commit.h"
#include "services/swift/storage/large.h"

#include <set>

namespace nephele::swift {

struct DeviceOptions {
    std::string directory;
    std::string hash_prefix, hash_suffix; ///< of the site, as the ring's
    std::uint64_t volume_bytes = 1 << 30;
    std::uint64_t inline_bytes = 512 << 10;  ///< larger objects get a file of their own
    std::uint64_t reserve_bytes = 256 << 20; ///< kept free: for deletes, the index, reclaim
    std::uint64_t map_bytes = std::uint64_t{64} << 30;
    std::size_t open_volumes = 256;
    std::int64_t reclaim_age_seconds = 7 * 86400; ///< so long deletions are remembered
    /// Which run of the machine this is; empty: ask the system. What an index was left as by
    /// another run is not trusted.
    std::string boot;
    bool rebuild = false; ///< the index is built anew, whatever its state
};

/// An object as it was when opened.
struct StoredObject {
    ObjectInfo info;
    std::string bytes; ///< of a small one, checked
    FilePointer file;  ///< of a large one
};

class Device {
  public:
    explicit Device(DeviceOptions options, Calls& calls = system_calls(),
                    const Clock& clock = system_clock());
    ~Device();

    std::optional<ObjectInfo> head(const ObjectName& name);
    std::optional<StoredObject> open(const ObjectName& name);
    std::size_t read(const StoredObject& object, std::uint64_t offset, char* into,
                     std::size_t size);
    Outcome save_metadata(const ObjectName& name, const ObjectInfo& info);
    Outcome remove(const ObjectName& name, Timestamp when);

    /// An upload. Destroyed without commit it leaves nothing.
    class Upload {
      public:
        Upload(Device& device, ObjectName name, int policy, std::optional<std::uint64_t> expected);
        void write(std::string_view bytes);
        /// `info` with bytes and etag set.
        Outcome commit(ObjectInfo info);

      private:
        void spill();
        Device& device_;
        const ObjectName name_;
        const int policy_;
        const std::optional<std::uint64_t> expected_;
        std::string bytes_;
        std::unique_ptr<LargeFiles::Writer> file_;
        std::uint64_t written_ = 0, asked_ = 0;
    };

    std::optional<AccountInfo> account(const std::string& account);
    Outcome save_account(const std::string& account, const Metadata& change, Timestamp when);
    Outcome delete_account(const std::string& account, Timestamp when);
    std::vector<ListedContainer> containers(const std::string& account, const ListQuery& query);
    std::optional<ContainerInfo> container(const std::string& account,
                                           const std::string& container);
    Outcome save_container(const std::string& account, const std::string& container,
                           const Metadata& change, std::optional<int> policy, bool create,
                           Timestamp when);
    Outcome delete_container(const std::string& account, const std::string& container,
                             Timestamp when);
    std::vector<ListedObject> objects(const std::string& account, const std::string& container,
                                      const ListQuery& query);

    /// Later than any it gave before, and than any change it holds; also after a restart, whatever
    /// the clock says.
    Timestamp now();

    // ---- care ----

    struct Expired {
        ObjectName name;
        std::uint64_t delete_at = 0;
        Timestamp timestamp; ///< of what was last said of it
    };
    /// Objects whose X-Delete-At is not after `until`, the longest overdue first.
    std::vector<Expired> expired(Time until, std::size_t limit);

    struct Reclaimed {
        std::uint64_t volumes = 0, bytes = 0, moved = 0, tombstones = 0;
    };
    /// Rewrites volumes of which more than `dead_share` is dead; at most `volumes` of them.
    Reclaimed reclaim(double dead_share = 0.5, std::size_t volumes = SIZE_MAX);

    struct Audited {
        std::uint64_t needles = 0, bytes = 0, damaged = 0;
        bool finished = false; ///< came to the end of the device; begins anew the next time
    };
    /// Goes on where it stopped, for about so many bytes. What is damaged is quarantined: reading
    /// it fails, writing or deleting it helps.
    Audited audit(std::uint64_t bytes);

    struct Statistics {
        std::uint64_t objects = 0, volumes = 0, volume_bytes = 0, dead_bytes = 0, free_bytes = 0,
                      groups = 0;
    };
    Statistics statistics();
    /// Large files that no needle names, left by crashes. Returns how many went.
    std::uint64_t sweep_large();
    const std::string& id() const { return id_; }

  private:
    struct Arriving;
    struct Fetched {
        Needle needle;
        ObjectRecord record;
        std::string payload;
    };
    Key key_of(std::string_view account, std::string_view container = {},
               std::string_view object = {}) const;
    Key key_of(const ObjectName& name) const;
    std::optional<StoredObject> look_up(const ObjectName& name, bool with_bytes);
    /// Nothing when the volume is gone: look it up again.
    std::optional<Fetched> fetch(const Key& key, const Place& place, bool with_payload);
    void remember(Timestamp when);
    [[noreturn]] void damaged(const Key& key, const Place& place, const std::string& why);
    Outcome change_holder(Batch& batch, HolderRecord record, Timestamp when);
    // recovery.cc
    void prepare();
    void lock();
    bool index_is_sound() const;
    void open_index();
    void recover();
    bool replay();
    void scan_from(std::uint32_t id, std::uint64_t offset, bool last);
    void apply(const std::vector<std::pair<Needle, Place>>& needles, Position position);
    // reclaim.cc
    bool reclaim_volume(std::uint32_t id, Reclaimed& out);
    Outcome move_needle(Batch& batch, const Needle& needle, const std::string& payload,
                        const Place& from, Reclaimed& out);
    bool needed(const Catalog& catalog, const Entry& tombstone) const;
    // audit.cc
    bool sound(const Needle& needle, const Place& place, Audited& out);
    void quarantine(const Needle& needle, const Place& place, Audited& out);

    const DeviceOptions options_;
    const Clock& clock_;
    Files files_;
    std::string id_, boot_;
    FilePointer lock_;
    std::unique_ptr<Index> index_;
    std::unique_ptr<Volumes> volumes_;
    LargeFiles large_;
    std::unique_ptr<Committer> committer_;
    std::atomic<std::int64_t> latest_ticks_{0};
    std::mutex care_mutex_; ///< one of reclaim and audit at a time
    std::mutex large_mutex_;
    std::set<std::uint64_t> arriving_; ///< large files in place whose needle is under way
};

} // namespace nephele::swift
