// SPDX-License-Identifier: Apache-2.0
// Makes and changes rings: devices come, go and change weight; a rebalance moves as little as it
// can, at most one replica of a partition at a time, so that two others always hold it meanwhile.
// Pure: time and seed are handed in.
#pragma once
#include "services/swift/ring/ring.h"

namespace nephele::swift {

class RingBuilder {
  public:
    /// Throws Failure(bad_request) when a value makes no ring.
    RingBuilder(int part_power, double replicas, int min_part_hours);
    explicit RingBuilder(Ring ring, std::vector<std::uint32_t> moved_hours = {},
                         int min_part_hours = 1, double overload = 0);

    DeviceId add(RingDevice device);
    /// Its partitions go with the next rebalance; so do those of a weight of 0.
    void remove(DeviceId id);
    void set_weight(DeviceId id, double weight);
    void set_overload(double overload);
    void set_replicas(double replicas);
    void set_min_part_hours(int hours) { min_part_hours_ = hours; }
    /// As if everything had moved long ago.
    void forget_moves();

    struct Report {
        std::uint64_t assigned = 0; ///< replicas that had no device
        std::uint64_t moved = 0;    ///< replicas taken from one device for another
        double balance = 0;    ///< most that a device holds above or below its share, in percent
        double dispersion = 0; ///< percent of replicas that are together where they could be apart
    };
    Report rebalance(std::uint32_t hour, std::uint64_t seed);
    Report report() const;

    const Ring& ring() const { return ring_; }
    const std::vector<std::uint32_t>& moved_hours() const { return moved_hours_; }
    int min_part_hours() const { return min_part_hours_; }
    double overload() const { return overload_; }

  private:
    class Rebalance;
    RingDevice& device(DeviceId id);

    Ring ring_;
    std::vector<std::uint32_t> moved_hours_; ///< by partition; 0: never
    int min_part_hours_;
    double overload_ = 0;
};

} // namespace nephele::swift
