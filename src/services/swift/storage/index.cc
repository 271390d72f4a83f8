// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/index.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/swift/storage/files.h"

#include <cerrno>
#include <lmdb.h>
#include <utility>

namespace nephele::swift {
namespace {

constexpr unsigned max_readers = 2000;

void require(int error, const char* what) {
    if (error == MDB_SUCCESS) return;
    if (error == MDB_MAP_FULL) throw IndexFull();
    if (error > 0) throw_device_failure(format("index: {}", what), error);
    throw Failure(Fault::unavailable, "swift.index_damaged",
                  "The storage device's index does not work. Try again later.")
        .inside(format("index: {}: {}; rebuild it from the volumes", what, mdb_strerror(error)));
}

MDB_val value_of(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
std::string_view view(const MDB_val& value) {
    return {static_cast<const char*>(value.mv_data), value.mv_size};
}

} // namespace

Index::Index(const std::string& directory, std::uint64_t map_bytes) : map_bytes_(map_bytes) {
    require(mdb_env_create(&environment_), "create");
    // The destructor does not run when this constructor throws.
    std::unique_ptr<MDB_env, void (*)(MDB_env*)> guard(environment_, mdb_env_close);
    mdb_env_set_maxdbs(environment_, table_count);
    mdb_env_set_maxreaders(environment_, max_readers);
    require(mdb_env_set_mapsize(environment_, map_bytes), "map");
    // No write map: a full disk is then an error, not a signal.
    require(
        mdb_env_open(environment_, directory.c_str(), MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD, 0600),
        "open");
    MDB_envinfo info{};
    mdb_env_info(environment_, &info);
    map_bytes_ = info.me_mapsize; // what the file needs, when that is more
    MDB_txn* transaction = nullptr;
    require(mdb_txn_begin(environment_, nullptr, 0, &transaction), "begin");
    const char* names[table_count] = {"needles", "names", "facts", "expiry", "larges"};
    for (int i = 0; i < table_count; ++i) {
        int error = mdb_dbi_open(transaction, names[i], MDB_CREATE, &tables_[i]);
        if (error != MDB_SUCCESS) mdb_txn_abort(transaction);
        require(error, "open table");
    }
    require(mdb_txn_commit(transaction), "commit");
    guard.release();
}

Index::~Index() {
    for (auto reader : readers_) mdb_txn_abort(reader);
    mdb_env_close(environment_);
}

void Index::grow() {
    std::unique_lock lock(map_mutex_);
    require(mdb_env_set_mapsize(environment_, map_bytes_ * 2), "grow");
    map_bytes_ *= 2;
}

Transaction::Transaction(Index& index, Kind kind)
    : index_(index), kind_(kind), map_lock_(index.map_mutex_) {
    if (kind == Kind::write) {
        require(mdb_txn_begin(index.environment_, nullptr, 0, &handle_), "begin");
        return;
    }
    {
        std::lock_guard lock(index.readers_mutex_);
        if (!index.readers_.empty()) {
            handle_ = index.readers_.back();
            index.readers_.pop_back();
        }
    }
    if (handle_)
        require(mdb_txn_renew(handle_), "read again");
    else
        require(mdb_txn_begin(index.environment_, nullptr, MDB_RDONLY, &handle_), "read");
}

Transaction::~Transaction() {
    if (!handle_) return;
    if (kind_ == Kind::write) {
        mdb_txn_abort(handle_);
        return;
    }
    mdb_txn_reset(handle_);
    std::lock_guard lock(index_.readers_mutex_);
    index_.readers_.push_back(handle_);
}

std::optional<std::string_view> Transaction::get(Table table, std::string_view key) const {
    auto wanted = value_of(key);
    MDB_val found{};
    int error = mdb_get(handle_, index_.tables_[static_cast<int>(table)], &wanted, &found);
    if (error == MDB_NOTFOUND) return std::nullopt;
    require(error, "look up");
    return view(found);
}

void Transaction::put(Table table, std::string_view key, std::string_view value) {
    auto name = value_of(key), bytes = value_of(value);
    require(mdb_put(handle_, index_.tables_[static_cast<int>(table)], &name, &bytes, 0), "put");
}

void Transaction::erase(Table table, std::string_view key) {
    auto name = value_of(key);
    int error = mdb_del(handle_, index_.tables_[static_cast<int>(table)], &name, nullptr);
    if (error != MDB_NOTFOUND) require(error, "erase");
}

std::uint64_t Transaction::count(Table table) const {
    MDB_stat status{};
    require(mdb_stat(handle_, index_.tables_[static_cast<int>(table)], &status), "count");
    return status.ms_entries;
}

void Transaction::commit() {
    // Ends the transaction also when it fails.
    require(mdb_txn_commit(std::exchange(handle_, nullptr)), "commit");
}

Cursor::Cursor(const Transaction& transaction, Table table) {
    require(mdb_cursor_open(transaction.handle_,
                            transaction.index_.tables_[static_cast<int>(table)], &handle_),
            "cursor");
}

Cursor::~Cursor() { mdb_cursor_close(handle_); }

bool Cursor::move(int operation) {
    auto key = value_of(key_);
    MDB_val value{};
    int error = mdb_cursor_get(handle_, &key, &value, static_cast<MDB_cursor_op>(operation));
    if (error == MDB_NOTFOUND) return false;
    require(error, "move");
    key_ = view(key);
    value_ = view(value);
    return true;
}

bool Cursor::seek(std::string_view key) {
    if (key.empty()) return move(MDB_FIRST);
    key_ = key;
    return move(MDB_SET_RANGE);
}
bool Cursor::last() { return move(MDB_LAST); }
bool Cursor::next() { return move(MDB_NEXT); }
bool Cursor::previous() { return move(MDB_PREV); }

} // namespace nephele::swift
