// SPDX-License-Identifier: Apache-2.0
#include "services/swift/ring/plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace nephele::swift {
namespace {

constexpr double hair = 1e-6; // what sums of shares may be off by

std::string path_of(const RingDevice& device, int level) {
    auto path = std::to_string(device.region);
    if (level >= 1) path += "/" + std::to_string(device.zone);
    if (level >= 2) path += "/" + device.address;
    if (level >= 3) path += "/" + std::to_string(device.id);
    return path;
}

struct Tree {
    std::vector<std::vector<int>> tier_of;            // [level][device]
    std::vector<std::vector<double>> weight, devices; // [level][tier]
    std::vector<std::vector<int>> parent;             // [level][tier], of the level above
};

Tree tree_of(const std::vector<RingDevice>& devices) {
    Tree tree;
    for (int level = 0; level < tier_levels; ++level) {
        std::map<std::string, int> numbers;
        std::vector<int> of;
        for (const auto& device : devices)
            of.push_back(
                numbers.try_emplace(path_of(device, level), static_cast<int>(numbers.size()))
                    .first->second);
        tree.weight.emplace_back(numbers.size());
        tree.devices.emplace_back(numbers.size());
        tree.parent.emplace_back(numbers.size(), 0);
        for (std::size_t i = 0; i < devices.size(); ++i) {
            auto tier = static_cast<std::size_t>(of[i]);
            tree.weight.back()[tier] += devices[i].weight;
            tree.devices.back()[tier] += 1;
            if (level > 0) tree.parent.back()[tier] = tree.tier_of.back()[i];
        }
        tree.tier_of.push_back(std::move(of));
    }
    return tree;
}

// From the top down; `even`: tiers of one parent differ by less than a replica where they can.
std::vector<std::vector<double>> shares(const Tree& tree, double replicas, bool even) {
    std::vector<std::vector<double>> out;
    for (int level = 0; level < tier_levels; ++level) {
        auto count = tree.weight[level].size();
        std::vector<double> mine(count);
        auto parents = level == 0 ? 1 : out.back().size();
        for (std::size_t parent = 0; parent < parents; ++parent) {
            auto total = level == 0 ? replicas : out.back()[parent];
            std::vector<std::size_t> children;
            std::vector<double> weights, least, most;
            for (std::size_t tier = 0; tier < count; ++tier) {
                if (level > 0 && tree.parent[level][tier] != static_cast<int>(parent)) continue;
                children.push_back(tier);
                weights.push_back(tree.weight[level][tier]);
                most.push_back(tree.devices[level][tier]);
            }
            least.assign(children.size(), 0);
            auto each = total / static_cast<double>(children.size());
            for (std::size_t i = 0; even && level + 1 < tier_levels && i < children.size(); ++i) {
                least[i] = std::min(most[i], std::floor(each + hair));
                most[i] = std::min(most[i], std::ceil(each - hair));
            }
            auto room = std::accumulate(most.begin(), most.end(), 0.0);
            if (room < total - hair) // uneven numbers of devices: as many as there are
                for (std::size_t i = 0; i < children.size(); ++i)
                    most[i] = tree.devices[level][children[i]];
            auto got = bounded_shares(total, weights, least, most);
            for (std::size_t i = 0; i < children.size(); ++i) mine[children[i]] = got[i];
        }
        out.push_back(std::move(mine));
    }
    return out;
}

} // namespace

int Plan::most(int level, int tier) const {
    auto share = wanted[static_cast<std::size_t>(level)][static_cast<std::size_t>(tier)];
    return static_cast<int>(std::ceil(share - hair));
}

std::vector<double> bounded_shares(double total, const std::vector<double>& weights,
                                   const std::vector<double>& least,
                                   const std::vector<double>& most) {
    auto at = [&](double factor) {
        std::vector<double> out(weights.size());
        for (std::size_t i = 0; i < weights.size(); ++i)
            out[i] = std::clamp(factor * weights[i], least[i], std::max(least[i], most[i]));
        return out;
    };
    auto sum = [](const std::vector<double>& v) {
        return std::accumulate(v.begin(), v.end(), 0.0);
    };
    double low = 0, high = 1;
    for (int i = 0; i < 200 && sum(at(high)) < total - hair; ++i) high *= 2;
    for (int i = 0; i < 100; ++i) {
        auto middle = (low + high) / 2;
        (sum(at(middle)) < total ? low : high) = middle;
    }
    return at(high);
}

Plan make_plan(const std::vector<RingDevice>& devices, double replicas, double overload) {
    auto tree = tree_of(devices);
    replicas = std::min(replicas, static_cast<double>(devices.size()));
    auto by_weight = shares(tree, replicas, false);
    auto even = shares(tree, replicas, true);
    double required = 0;
    const auto& light = by_weight.back();
    for (std::size_t i = 0; i < light.size(); ++i)
        required = std::max(required, even.back()[i] / light[i] - 1);
    auto part = required <= overload + hair ? 1.0 : overload / required;
    Plan plan{tree.tier_of, by_weight};
    for (std::size_t level = 0; level < by_weight.size(); ++level)
        for (std::size_t tier = 0; tier < by_weight[level].size(); ++tier)
            plan.wanted[level][tier] += part * (even[level][tier] - by_weight[level][tier]);
    return plan;
}

} // namespace nephele::swift
