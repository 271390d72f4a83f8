// SPDX-License-Identifier: Apache-2.0
// The journal: one row for every change of a record, written in the same transaction. Watching,
// notifications, metering, search, audit and the waking of operations read it. A reader goes on
// from a cursor and never skips a row, whatever commits at the same time.
#pragma once
#include "base/time.h"
#include "platform/db/db.h"
#include "platform/json/json.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace nephele::journal {

/// What is written.
struct Entry {
    Time at;
    std::string actor; ///< user id; empty: the control plane
    std::string request_id;
    std::string service, kind, id, project_id;
    std::string change; ///< "create", "update", "delete"
    Json image;         ///< the record's stored fields after the change (before it, for a delete)
};

/// What is read.
struct Record {
    std::string cursor; ///< the place of this record; opaque
    Time at;
    std::string actor, request_id;
    std::string service, kind, id, project_id;
    std::string change;
    std::string image; ///< JSON text
};

/// Empty fields match everything.
struct Filter {
    std::string service, kind, id, project_id;
    bool matches(const Record& record) const;
};

struct Page {
    std::vector<Record> records;
    std::string cursor; ///< where to go on
    bool more = false;  ///< the page was full
    /// What followed the cursor was trimmed (or the database is an older copy): there are no
    /// records, `cursor` is the end. Read the things themselves in the same transaction, then go on
    /// from it.
    bool lost = false;
};

/// The text is no cursor of ours.
class BadCursor : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The channel of db::Tx::hint that append uses.
inline constexpr const char* channel = "journal";

/// Adds one entry; readers are hinted when the transaction commits.
void append(db::Tx& tx, const Entry& entry);

/// The records after the cursor ("" is the oldest kept), oldest first; changes of one record come
/// in the order they were committed. Meant for read transactions: in a write transaction on
/// PostgreSQL it would make every concurrent append a conflict.
Page read(db::Tx& tx, const std::string& after, int limit, const Filter& filter = {});
/// The cursor after everything that is readable now.
std::string end(db::Tx& tx);
/// True when `a` lies behind `b`; "" lies before all.
bool is_after(const std::string& a, const std::string& b);

/// Removes up to `limit` of the oldest entries, as long as they are older; returns how many. Call
/// again while it returns `limit`.
std::int64_t trim(db::Tx& tx, Time older_than, int limit = 1000);

/// On PostgreSQL the order rests on the server's transaction numbers, which start again in a new
/// server: entries that came from a dump are made old ones. Run at start; cheap when there are
/// none.
std::int64_t adopt_restored(db::Tx& tx);

const std::vector<db::Migration>& migrations();

} // namespace nephele::journal
