// SPDX-License-Identifier: Apache-2.0
// How many replicas of a partition each device, node, zone and region should hold on average: by
// weight, moved towards an even spread as far as the overload allows.
#pragma once
#include "services/swift/ring/ring.h"

namespace nephele::swift {

constexpr int tier_levels = 4; ///< region, zone, node, device

struct Plan {
    /// [level][device's index]: which tier of that level the device is in.
    std::vector<std::vector<int>> tier_of;
    /// [level][tier]: replicas of a partition, on average.
    std::vector<std::vector<double>> wanted;
    /// [level][tier]: never more than this many of one partition.
    int most(int level, int tier) const;
};

/// `devices` that take part: not removed, with weight.
Plan make_plan(const std::vector<RingDevice>& devices, double replicas, double overload);

/// Shares that add up to `total`, in proportion to `weights` within the bounds.
std::vector<double> bounded_shares(double total, const std::vector<double>& weights,
                                   const std::vector<double>& least,
                                   const std::vector<double>& most);

} // namespace nephele::swift
