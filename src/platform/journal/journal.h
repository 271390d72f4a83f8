// SPDX-License-Identifier: Apache-2.0
// The journal: one row for every change of a record, written in the same transaction. Watching,
// notifications, metering, search, audit and the waking of operations read it.
#pragma once
#include "base/time.h"
#include "platform/db/db.h"
#include "platform/json/json.h"

#include <string>
#include <vector>

namespace nephele::journal {

struct Entry {
    std::int64_t seq = 0; ///< given by append
    Time at;
    std::string actor; ///< user id; empty: the control plane
    std::string request_id;
    std::string service, kind, id, project_id;
    std::string change; ///< "create", "update", "delete"
    Json image;         ///< the record's stored fields after the change (before it, for a delete)
};

/// Adds one entry; readers are hinted when the transaction commits.
void append(db::Tx& tx, const Entry& entry);
const std::vector<db::Migration>& migrations();

} // namespace nephele::journal
