// SPDX-License-Identifier: Apache-2.0
#include "services/swift/ring/ring.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

namespace nephele::swift {
namespace {

// An order of devices that differs from partition to partition, so that the load of a device that
// is away spreads over all others.
std::uint64_t shuffled(std::uint32_t partition, DeviceId device) {
    std::uint64_t x = (std::uint64_t{partition} << 16 | device) + 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

} // namespace

std::uint32_t Ring::partition_of(std::string_view digest) const {
    std::uint32_t first = 0;
    for (char c : digest.substr(0, 4)) first = first << 8 | static_cast<unsigned char>(c);
    return part_power == 0 ? 0 : first >> (32 - part_power);
}

std::vector<DeviceId> Ring::primaries(std::uint32_t partition) const {
    std::vector<DeviceId> out;
    for (const auto& row : table) {
        if (partition < row.size() && row[partition] != no_device) out.push_back(row[partition]);
    }
    return out;
}

std::vector<DeviceId> Ring::handoffs(std::uint32_t partition) const {
    std::set<int> regions;
    std::set<std::pair<int, int>> zones;
    std::set<std::string> nodes;
    auto use = [&](const RingDevice& device) {
        regions.insert(device.region);
        zones.insert({device.region, device.zone});
        nodes.insert(device.address);
    };
    auto taken = primaries(partition);
    for (auto id : taken) use(devices[id]);
    std::vector<const RingDevice*> left;
    for (const auto& device : devices) {
        bool usable = device.id != no_device && !device.removed && device.weight > 0;
        if (usable && std::find(taken.begin(), taken.end(), device.id) == taken.end())
            left.push_back(&device);
    }
    std::vector<DeviceId> out;
    while (!left.empty()) {
        auto rank = [&](const RingDevice* device) {
            return std::make_tuple(
                regions.contains(device->region), zones.contains({device->region, device->zone}),
                nodes.contains(device->address), shuffled(partition, device->id));
        };
        auto best = std::min_element(left.begin(), left.end(),
                                     [&](auto a, auto b) { return rank(a) < rank(b); });
        use(**best);
        out.push_back((*best)->id);
        left.erase(best);
    }
    return out;
}

std::uint32_t row_partitions(int part_power, double replicas, std::size_t row) {
    auto all = static_cast<double>(std::uint32_t{1} << part_power);
    auto share = std::clamp(replicas - static_cast<double>(row), 0.0, 1.0);
    return static_cast<std::uint32_t>(std::floor(all * share + 1e-9));
}

} // namespace nephele::swift
