// SPDX-License-Identifier: Apache-2.0
// The operations table, for the files of this folder. One column decides whether an operation is
// due: wake_at is NULL when it is finished, parked, or behind an older one with the same serialize
// key; else it is the time from which any runner may take it (for an outside step under way: the
// end of its lease).
#pragma once
#include "platform/operation/operation.h"

#include <vector>

namespace nephele::ops::store {

struct Stored : Record {
    std::int64_t revision = 0; ///< counted up by every write of the row
    std::string cancel_reason;
};

struct Due {
    std::string id;
    std::int64_t revision = 0;
};

std::optional<Stored> load(db::Tx& tx, const std::string& id);
/// Writes what may change, counting the revision up, also in `row`.
void save(db::Tx& tx, Stored& row);
/// Sets the final status. Returns true when an operation behind it may run now.
bool finish(db::Tx& tx, Stored& row, Status status, Time now);
/// Out of the way of those behind it. Returns true when one of them may run now.
bool park(db::Tx& tx, Stored& row, Time now);

std::vector<Due> due(db::Tx& tx, Time now, int limit);
/// The earliest time after `now` at which something becomes due; {0} when nothing will.
Time next_due(db::Tx& tx, Time now);
/// Waiting operations with what they wait for.
void each_waiting(db::Tx& tx,
                  const std::function<void(const std::string& id, const Json& waits)>& each);
bool cancel_requested(db::Tx& tx, const std::string& id);
/// Extends a lease; false when it was lost.
bool renew_lease(db::Tx& tx, const std::string& id, const std::string& owner, Time until);
/// Makes operations under leases of runners that are known to be gone due now.
std::int64_t release_leases(db::Tx& tx, const std::vector<std::string>& owners, Time now);
std::vector<std::string> lease_owners(db::Tx& tx);

Json json_of(const std::vector<Step::Wait>& waits);
/// What is kept of a failure, and back.
Json json_of(const Failure& failure, const std::string& step);
Failure failure_from(const Json& kept);

} // namespace nephele::ops::store
