// SPDX-License-Identifier: Apache-2.0
// The index of a device: ordered tables of bytes in one LMDB file. It is not synced at each commit:
// it survives the death of the process, and after the death of the machine it is built anew from
// the volumes. LMDB stays inside index.cc.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace nephele::swift {

enum class Table {
    needles, ///< key of a name -> where its newest needles are
    names,   ///< accounts, containers, objects by their names, for listings
    facts,   ///< counters, volumes, position
    expiry,  ///< time and key -> name
    larges,  ///< file of a large object -> key
};
constexpr int table_count = 5;

class Index {
  public:
    /// The map is address space, not memory or disk; it grows when it must.
    Index(const std::string& directory, std::uint64_t map_bytes);
    ~Index();
    Index(const Index&) = delete;

    /// Doubles the map. No transaction of this thread may be open; waits for those of others.
    void grow();
    std::uint64_t map_bytes() const { return map_bytes_; }

  private:
    friend class Transaction;
    friend class Cursor;
    MDB_env* environment_ = nullptr;
    unsigned tables_[table_count] = {};
    std::uint64_t map_bytes_;
    std::shared_mutex map_mutex_; ///< exclusive while the map grows
    std::mutex readers_mutex_;
    std::vector<MDB_txn*> readers_; ///< reset, to be renewed: cheaper than a new one
};

/// Thrown by changes when the map is full: end the transaction, grow(), do it again.
struct IndexFull {};

/// What is seen does not change while it lives. Views of bytes hold until its end, in a write only
/// until the next change. Without commit a write leaves nothing.
class Transaction {
  public:
    enum class Kind { read, write };
    Transaction(Index& index, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;

    std::optional<std::string_view> get(Table table, std::string_view key) const;
    void put(Table table, std::string_view key, std::string_view value);
    void erase(Table table, std::string_view key); ///< fine when it is not there
    void commit();
    std::uint64_t count(Table table) const;

  private:
    friend class Cursor;
    Index& index_;
    Kind kind_;
    std::shared_lock<std::shared_mutex> map_lock_;
    MDB_txn* handle_ = nullptr;
};

/// A place in a table. Not to be used after a change of the table but by a new seek.
class Cursor {
  public:
    Cursor(const Transaction& transaction, Table table);
    ~Cursor();
    Cursor(const Cursor&) = delete;
    /// The first key that is not less. False: none.
    bool seek(std::string_view key);
    bool last();
    bool next();
    bool previous();
    std::string_view key() const { return key_; }
    std::string_view value() const { return value_; }

  private:
    bool move(int operation);
    MDB_cursor* handle_ = nullptr;
    std::string_view key_, value_;
};

} // namespace nephele::swift
