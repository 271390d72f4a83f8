// SPDX-License-Identifier: Apache-2.0
// Placement for other services: providers, inventories and claims in the caller's transaction.
#pragma once
#include "platform/context/context.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nephele::placement {

/// "VCPU" -> 2, "MEMORY_MB" -> 512, "DISK_GB" -> 1
using Resources = std::map<std::string, std::int64_t>;

struct Inventory {
    std::int64_t total = 0, reserved = 0, min_unit = 1, max_unit = INT32_MAX, step_size = 1;
    double allocation_ratio = 1.0;
};

/// Makes the provider (name is unique) and sets its inventories and traits; idempotent. Returns its
/// uuid.
std::string ensure_provider(Context&, const std::string& name,
                            const std::map<std::string, Inventory>& inventories,
                            const std::vector<std::string>& traits);

struct Candidate {
    std::string provider, name;
    Resources capacity, used; ///< of the resource classes asked for
    std::vector<std::string> traits;
};
/// How many providers each constraint removed, in the order they were applied.
struct Removed {
    std::string constraint;
    std::int64_t providers = 0;
};
struct Candidates {
    std::vector<Candidate> fitting;
    std::int64_t considered = 0;
    std::vector<Removed> removed;
};
Candidates candidates(db::Tx&, const Resources& wanted,
                      const std::vector<std::string>& required_traits,
                      const std::vector<std::string>& forbidden_traits);

/// Replaces the consumer's allocations by this one. Throws Failure(conflict, "placement.capacity")
/// when it does not fit.
void claim(Context&, const std::string& provider, const std::string& consumer,
           const Resources& resources, const std::string& project_id, const std::string& user_id);
/// Removes all allocations of the consumer; nothing when there are none.
void release(Context&, const std::string& consumer);
/// Provider -> resources of one consumer.
std::map<std::string, Resources> allocations_of(db::Tx&, const std::string& consumer);

/// Whether the provider is in the aggregate (any uuid); nothing happens when it is so already.
void join_aggregate(Context&, const std::string& provider, const std::string& aggregate);
void leave_aggregate(Context&, const std::string& provider, const std::string& aggregate);

} // namespace nephele::placement
