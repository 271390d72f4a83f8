// SPDX-License-Identifier: Apache-2.0
// Which host a server goes to: hosts with room, filtered, then weighed. Explains itself: when
// nothing is left, the failure counts what each constraint removed.
#pragma once
#include "platform/fault/fault.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nephele::nova::logic {

/// A host with room, as placement and nova know it.
struct HostChoice {
    std::string provider, host, node, zone, architecture;
    bool enabled = true, up = true;
    std::map<std::string, std::int64_t> capacity, used; ///< of the resources asked for
    std::int64_t failed_builds = 0;
    std::int64_t group_members = 0; ///< servers of the same server group there
};

struct HostWish {
    std::string server_id; ///< spreads equal hosts
    std::optional<std::string> zone;
    std::string host;                                ///< this one only; empty: any
    bool past_scheduler = false;                     ///< do not ask whether it is enabled
    std::string architecture;                        ///< of the image; empty: any
    std::set<std::string> tried;                     ///< hosts that failed already
    std::optional<std::set<std::string>> only_hosts; ///< affinity, same_host
    std::set<std::string> not_hosts;                 ///< anti-affinity, different_host
    /// Hosts in aggregates with what the flavor asks for (aggregate_instance_extra_specs).
    std::optional<std::set<std::string>> aggregate_hosts;
    int gather = 0; ///< 1: soft affinity, -1: soft anti-affinity
};

/// What earlier constraints removed: in order, with how many hosts.
struct Removal {
    std::string constraint;
    std::int64_t hosts = 0;
};

/// The best host. Throws Failure(not_found, "NoValidHost") with the table in its message and its
/// details. `considered` and `removed` are what happened before `hosts` was made.
const HostChoice& choose_host(const std::vector<HostChoice>& hosts, const HostWish& wish,
                              std::int64_t considered, std::vector<Removal> removed);

/// Larger is better.
double weight_of(const HostChoice& host, int gather = 0);

} // namespace nephele::nova::logic
