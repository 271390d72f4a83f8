// SPDX-License-Identifier: Apache-2.0
// The index's tables as accounts, containers, objects and volumes, in one transaction. Every needle
// is applied here, when it is written and when volumes are read again: the newest wins, and the
// order of needles of different names does not matter. So a rebuilt index says the same.
#pragma once
#include "services/swift/storage/record.h"

namespace nephele::swift {

/// Of one storage policy of an account or container.
struct Counters {
    std::int64_t containers = 0, objects = 0, bytes = 0;
};

struct VolumeFacts {
    std::uint64_t bytes = 0; ///< up to where needles are known
    std::uint64_t dead = 0;  ///< bytes of needles that no longer count
    bool removed = false;    ///< nothing in it counts; its file may be there yet
};

/// Where the next needle goes; all before it is in the index.
struct Position {
    std::uint32_t volume = 0;
    std::uint64_t offset = 0;
};

class Catalog {
  public:
    explicit Catalog(Transaction& transaction) : transaction_(transaction), names_(transaction) {}

    // ---- looking ----
    std::optional<Entry> entry(const Key& key) const;
    std::optional<HolderRow> account(std::string_view account) const;
    /// Also one that does not exist (any more) but holds objects: look at `exists`.
    std::optional<HolderRow> container(std::string_view account, std::string_view container) const;
    std::optional<ObjectRow> object(TreeId container, std::string_view object) const;
    Counters counters(TreeId id, int policy) const;
    /// By policy.
    std::map<int, Counters> counters(TreeId id) const;
    VolumeFacts volume(std::uint32_t id) const;
    std::map<std::uint32_t, VolumeFacts> volumes() const;
    Position position() const;
    /// The latest time that any needle bears.
    std::int64_t latest_ticks() const { return static_cast<std::int64_t>(fact("latest")); }
    std::optional<Key> owner_of_large(std::uint64_t file) const;
    std::uint64_t fact(std::string_view name) const;

    // ---- changing; flush() before the transaction's commit ----
    void set_fact(std::string_view name, std::uint64_t value);
    void set_position(Position position);
    void set_volume(std::uint32_t id, const VolumeFacts& facts);
    void forget_volume(std::uint32_t id);
    void apply_object(const Needle& needle, const ObjectRecord& record, const Place& place);
    void apply_holder(const Needle& needle, const HolderRecord& record, const Place& place);
    /// Either of these, from the bytes. False: its record cannot be read.
    bool apply(const Needle& needle, const Place& place);
    /// The same needle is elsewhere now. False: it no longer counted.
    bool move(const Key& key, const Place& from, const Place& to);
    /// Its bytes are damaged. False: it no longer counted.
    bool quarantine(const Key& key, const Place& place);
    /// A tombstone that nothing needs any more goes, and its needle with it.
    void drop(const Key& key, const Entry& entry);
    void flush();

    /// Files of large objects that this transaction made superfluous; removed after its commit.
    const std::vector<std::uint64_t>& superfluous() const { return superfluous_; }

  private:
    struct Holders {
        HolderRow account, container;
    };
    void apply_data(const Needle& needle, const ObjectRecord& record, Entry next);
    void apply_meta(const Needle& needle, const ObjectRecord& record, const Place& place);
    /// True when it is older than what is there or the same; notes what died.
    bool superseded(const Needle& needle, const std::optional<Entry>& old, const Place& place);
    void inherit(Entry& next, const std::optional<Entry>& old);
    void save(const Key& key, const Entry& entry);
    void note_dead(const Place& place, Entry& entry);
    void set_expiry(const Key& key, Entry& entry, std::uint64_t delete_at, const ObjectName& name);
    HolderRow ensure_account(const std::string& account);
    Holders ensure_container(const ObjectName& name, int policy);
    void set_row(const ObjectName& name, int policy, const ObjectRow& row);
    void erase_row(const ObjectName& name);
    void count(TreeId id, int policy, const Counters& change);
    void save_account(const std::string& account, const HolderRow& row);
    void save_container(TreeId account, const std::string& container, const HolderRow& row);
    void apply_container(const HolderRecord& record);
    void apply_account(const HolderRecord& record);
    TreeId next_id();

    Transaction& transaction_;
    Names names_;
    // Written once at flush(), however often a group changes them.
    std::map<std::pair<TreeId, int>, Counters> counters_;
    std::map<std::uint32_t, VolumeFacts> volumes_;
    std::int64_t latest_ = 0;
    std::vector<std::uint64_t> superfluous_;
};

} // namespace nephele::swift
