// SPDX-License-Identifier: Apache-2.0
#include "services/swift/ring/builder.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/swift/ring/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>

namespace nephele::swift {
namespace {

constexpr int max_part_power = 24;
constexpr int passes = 4; // over all partitions, to even out

[[noreturn]] void refuse(const std::string& why) { throw bad_request("swift.ring", why); }

void require_replicas(double replicas) {
    if (!(replicas >= 1 && replicas <= 32)) refuse("a ring has 1 to 32 replicas");
}

bool takes_part(const RingDevice& device) {
    return device.id != no_device && !device.removed && device.weight > 0;
}

} // namespace

/// One rebalance: what each device should hold, what it holds, and the table being changed.
class RingBuilder::Rebalance {
  public:
    explicit Rebalance(RingBuilder& builder) : b_(builder), ring_(builder.ring_) {
        index_.assign(ring_.devices.size(), -1);
        for (const auto& device : ring_.devices) {
            if (!takes_part(device)) continue;
            index_[device.id] = static_cast<int>(devices_.size());
            devices_.push_back(device);
        }
        if (static_cast<double>(devices_.size()) < 1) refuse("the ring has no device with weight");
        plan_ = make_plan(devices_, ring_.replicas, b_.overload_);
        resize_table();
        set_targets();
    }

    Report run(std::uint32_t hour, std::uint64_t seed) {
        std::mt19937_64 random(seed);
        std::vector<std::uint32_t> order(ring_.partitions());
        std::iota(order.begin(), order.end(), 0);
        std::shuffle(order.begin(), order.end(), random);
        locked_.assign(ring_.partitions(), 0);
        for (auto part : order)
            locked_[part] =
                b_.moved_hours_[part] != 0 &&
                hour < b_.moved_hours_[part] + static_cast<std::uint32_t>(b_.min_part_hours_);
        Report done;
        fresh_.assign(ring_.partitions(), false);
        for (auto part : order) place_missing(part, hour, done);
        for (int pass = 0; pass < passes; ++pass) {
            auto before = done.moved + evened_;
            for (auto part : order) even_out(part, hour, done);
            if (done.moved + evened_ == before) break;
        }
        auto seen = measure();
        done.balance = seen.balance;
        done.dispersion = seen.dispersion;
        return done;
    }

    Report measure() const {
        Report out;
        for (std::size_t i = 0; i < devices_.size(); ++i) {
            auto share = plan_.wanted.back()[tier(tier_levels - 1, i)] * ring_.partitions();
            out.balance = std::max(out.balance, std::abs(held_[i] - share) / share * 100);
        }
        std::uint64_t together = 0, all = 0;
        for (std::uint32_t part = 0; part < ring_.partitions(); ++part) {
            auto holders = holders_of(part);
            all += holders.size();
            for (std::size_t n = 0; n < holders.size(); ++n) {
                auto before = std::vector<int>(holders.begin(),
                                               holders.begin() + static_cast<std::ptrdiff_t>(n));
                if (crowding(before, holders[n]) > 0) ++together;
            }
        }
        if (all) out.dispersion = 100.0 * static_cast<double>(together) / static_cast<double>(all);
        return out;
    }

  private:
    std::size_t tier(int level, std::size_t device) const {
        return static_cast<std::size_t>(plan_.tier_of[static_cast<std::size_t>(level)][device]);
    }

    void resize_table() {
        auto rows = static_cast<std::size_t>(std::ceil(ring_.replicas - 1e-9));
        ring_.table.resize(rows);
        for (std::size_t row = 0; row < rows; ++row)
            ring_.table[row].resize(row_partitions(ring_.part_power, ring_.replicas, row),
                                    no_device);
        b_.moved_hours_.resize(ring_.partitions(), 0);
        held_.assign(devices_.size(), 0);
        for (auto& row : ring_.table)
            for (auto& id : row) {
                bool there = id != no_device && id < index_.size() && index_[id] >= 0;
                if (there)
                    ++held_[static_cast<std::size_t>(index_[id])];
                else
                    id = no_device;
            }
    }

    // Whole numbers that add up, the largest rests rounded up.
    void set_targets() {
        std::uint64_t all = 0, given = 0;
        for (const auto& row : ring_.table) all += row.size();
        std::vector<std::pair<double, std::size_t>> rests;
        auto sum = std::accumulate(plan_.wanted.back().begin(), plan_.wanted.back().end(), 0.0);
        target_.resize(devices_.size());
        for (std::size_t i = 0; i < devices_.size(); ++i) {
            auto share =
                plan_.wanted.back()[tier(tier_levels - 1, i)] / sum * static_cast<double>(all);
            target_[i] = std::floor(share);
            given += static_cast<std::uint64_t>(target_[i]);
            rests.push_back({target_[i] - share, i});
        }
        std::sort(rests.begin(), rests.end());
        for (std::size_t i = 0; given < all; ++given, ++i)
            ++target_[rests[i % rests.size()].second];
    }

    std::vector<int> holders_of(std::uint32_t part) const {
        std::vector<int> out;
        for (const auto& row : ring_.table) {
            if (part < row.size() && row[part] != no_device) out.push_back(index_[row[part]]);
        }
        return out;
    }

    // How bad it is to put one more on this device: a full region weighs more than a full node.
    int crowding(const std::vector<int>& others, int device) const {
        int bad = 0;
        for (int level = 0; level < tier_levels; ++level) {
            auto mine = tier(level, static_cast<std::size_t>(device));
            int count = 1;
            for (auto other : others) count += tier(level, static_cast<std::size_t>(other)) == mine;
            if (count > plan_.most(level, static_cast<int>(mine))) bad += 8 >> level;
        }
        return bad;
    }

    double want(int device) const {
        auto i = static_cast<std::size_t>(device);
        return (target_[i] - held_[i]) / std::max(target_[i], 1.0);
    }

    // The device that wants most among those where it crowds least.
    int best_for(const std::vector<int>& others) const {
        int best = -1, best_bad = 0;
        double best_want = 0;
        for (int device = 0; device < static_cast<int>(devices_.size()); ++device) {
            if (std::find(others.begin(), others.end(), device) != others.end()) continue;
            int bad = crowding(others, device);
            double wanting = want(device);
            if (best >= 0 && (bad > best_bad || (bad == best_bad && wanting <= best_want)))
                continue;
            best = device;
            best_bad = bad;
            best_want = wanting;
        }
        return best;
    }

    void place_missing(std::uint32_t part, std::uint32_t hour, Report& done) {
        for (auto& row : ring_.table) {
            if (part >= row.size() || row[part] != no_device) continue;
            auto device = best_for(holders_of(part));
            if (device < 0) continue; // fewer devices than replicas
            row[part] = devices_[static_cast<std::size_t>(device)].id;
            ++held_[static_cast<std::size_t>(device)];
            ++done.assigned;
            if (b_.moved_hours_[part] != 0) locked_[part] = 1;
            fresh_[part] = true;
            b_.moved_hours_[part] = hour;
        }
    }

    // Moves one replica of the partition when that spreads it better, or takes it from a device
    // that holds too much to one that holds too little. What was placed a moment ago holds nothing
    // yet.
    void even_out(std::uint32_t part, std::uint32_t hour, Report& done) {
        if (locked_[part]) return;
        for (auto& row : ring_.table) {
            if (part >= row.size() || row[part] == no_device) continue;
            int from = index_[row[part]];
            auto others = holders_of(part);
            others.erase(std::find(others.begin(), others.end(), from));
            int to = best_for(others);
            int gain = to < 0 ? 0 : crowding(others, from) - crowding(others, to);
            auto source = static_cast<std::size_t>(from), target = static_cast<std::size_t>(to);
            bool evens = to >= 0 && gain >= 0 && held_[source] > target_[source] &&
                         held_[target] < target_[target];
            if (to < 0 || to == from || !(gain > 0 || evens)) continue;
            row[part] = devices_[target].id;
            --held_[source];
            ++held_[target];
            if (fresh_[part]) {
                ++evened_;
                continue;
            }
            ++done.moved;
            b_.moved_hours_[part] = hour;
            locked_[part] = 1;
            return;
        }
    }

    RingBuilder& b_;
    Ring& ring_;
    std::vector<RingDevice> devices_; ///< those that take part
    std::vector<int> index_;          ///< of a device's id among them
    Plan plan_;
    std::vector<double> target_, held_;
    std::vector<char> locked_;
    std::vector<bool> fresh_;
    std::uint64_t evened_ = 0;
};

RingBuilder::RingBuilder(int part_power, double replicas, int min_part_hours)
    : min_part_hours_(min_part_hours) {
    if (part_power < 0 || part_power > max_part_power)
        refuse(format("a ring has 2^0 to 2^{} partitions", max_part_power));
    require_replicas(replicas);
    ring_.part_power = part_power;
    ring_.replicas = replicas;
}

RingBuilder::RingBuilder(Ring ring, std::vector<std::uint32_t> moved_hours, int min_part_hours,
                         double overload)
    : ring_(std::move(ring)), moved_hours_(std::move(moved_hours)), min_part_hours_(min_part_hours),
      overload_(overload) {
    moved_hours_.resize(ring_.partitions(), 0);
}

RingDevice& RingBuilder::device(DeviceId id) {
    if (id >= ring_.devices.size() || ring_.devices[id].id == no_device ||
        ring_.devices[id].removed)
        refuse(format("the ring has no device {}", id));
    return ring_.devices[id];
}

DeviceId RingBuilder::add(RingDevice device) {
    if (!(device.weight >= 0)) refuse("a device's weight is 0 or more");
    if (device.address.empty() || device.name.empty()) refuse("a device has an address and a name");
    for (const auto& other : ring_.devices) {
        if (!other.removed && other.id != no_device && other.address == device.address &&
            other.port == device.port && other.name == device.name)
            refuse(
                format("the ring has {}:{}/{} already", device.address, device.port, device.name));
    }
    if (ring_.devices.size() >= no_device) refuse("the ring is full");
    device.id = static_cast<DeviceId>(ring_.devices.size());
    ring_.devices.push_back(device);
    return device.id;
}

void RingBuilder::remove(DeviceId id) { device(id).removed = true; }

void RingBuilder::set_weight(DeviceId id, double weight) {
    if (!(weight >= 0)) refuse("a device's weight is 0 or more");
    device(id).weight = weight;
}

void RingBuilder::set_overload(double overload) {
    if (!(overload >= 0)) refuse("the overload is 0 or more");
    overload_ = overload;
}

void RingBuilder::set_replicas(double replicas) {
    require_replicas(replicas);
    ring_.replicas = replicas;
}

void RingBuilder::forget_moves() { std::fill(moved_hours_.begin(), moved_hours_.end(), 0); }

RingBuilder::Report RingBuilder::rebalance(std::uint32_t hour, std::uint64_t seed) {
    return Rebalance(*this).run(std::max<std::uint32_t>(hour, 1), seed);
}

RingBuilder::Report RingBuilder::report() const {
    auto copy = *this;
    return Rebalance(copy).measure();
}

} // namespace nephele::swift
