// SPDX-License-Identifier: Apache-2.0
// A ring: which devices hold the replicas of which part of all names. The first bits of the MD5 of
// a name, with the site's prefix and suffix, say its partition; a table says the rest.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::swift {

using DeviceId = std::uint16_t;
constexpr DeviceId no_device = UINT16_MAX;

struct RingDevice {
    DeviceId id = no_device; ///< its place in the ring's list; a removed one leaves a hole
    int region = 1, zone = 1;
    std::string address; ///< of the node
    int port = 0;
    std::string name; ///< of the device on the node
    double weight = 0;
    bool removed = false;
    std::string meta; ///< for people
};

struct Ring {
    int part_power = 0;
    double replicas = 0; ///< 2.5: half of the partitions have a third one
    std::vector<RingDevice> devices;
    /// [replica][partition]; the last row is shorter when the count of replicas has a fraction.
    std::vector<std::vector<DeviceId>> table;

    std::uint32_t partitions() const { return std::uint32_t{1} << part_power; }
    /// Of a name's MD5, 16 raw bytes.
    std::uint32_t partition_of(std::string_view digest) const;
    /// Where its replicas belong; in the order of replicas.
    std::vector<DeviceId> primaries(std::uint32_t partition) const;
    /// Where else to look, or to put it while a primary is away: all other devices, those first
    /// that share no region, zone or node with what came before. The same on every node.
    std::vector<DeviceId> handoffs(std::uint32_t partition) const;
};

/// How many partitions a row of the table has.
std::uint32_t row_partitions(int part_power, double replicas, std::size_t row);

} // namespace nephele::swift
