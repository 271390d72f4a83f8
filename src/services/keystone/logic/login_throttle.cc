// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/login_throttle.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace nephele::keystone::logic {
namespace {

// How long a source that logged an account in is remembered.
constexpr std::int64_t known_seconds = 7 * 24 * 3600;

// An IPv6 client owns a whole /64: its addresses count as one.
std::string network_of(std::string_view source) {
    if (source.find(':') == source.npos) return std::string(source);
    const auto parts = split(source, ':');
    std::string network;
    for (std::size_t i = 0; i < parts.size() && i < 4 && !parts[i].empty(); ++i)
        network += parts[i] + ":";
    return network;
}

} // namespace

LoginThrottle::LoginThrottle(ThrottleLimits limits)
    : limits_(limits), hash_key_(crypto::random_bytes(32)) {}

// Short, and not to be chosen by who sends the text.
std::string LoginThrottle::key_of(std::string_view text) const {
    return crypto::hmac_sha256(hash_key_, text).substr(0, 12);
}

double LoginThrottle::level_of(const Levels& levels, const std::string& key, std::int64_t limit,
                               Time now) const {
    const auto found = levels.find(key);
    if (found == levels.end()) return 0;
    const double passed = static_cast<double>(now.us - found->second.at.us) / 1e6;
    const double rate = static_cast<double>(limit) /
                        static_cast<double>(std::max<std::int64_t>(limits_.window_seconds, 1));
    return std::max(0.0, found->second.failures - std::max(0.0, passed) * rate);
}

void LoginThrottle::make_room(Levels& levels, std::int64_t limit, Time now) const {
    if (levels.size() < limits_.most_entries) return;
    // Those with the fewest failures go: an attacker that makes up names cannot wash out the one
    // under attack.
    std::vector<std::pair<double, std::string>> ranked;
    ranked.reserve(levels.size());
    for (const auto& [key, level] : levels)
        ranked.emplace_back(level_of(levels, key, limit, now), key);
    const auto middle = ranked.begin() + static_cast<std::ptrdiff_t>(ranked.size() / 2);
    std::nth_element(ranked.begin(), middle, ranked.end());
    for (auto gone = ranked.begin(); gone != middle; ++gone) levels.erase(gone->second);
}

void LoginThrottle::add(Levels& levels, const std::string& key, std::int64_t limit, Time now) {
    if (limit <= 0) return;
    const double level = level_of(levels, key, limit, now);
    if (!levels.count(key)) make_room(levels, limit, now);
    levels[key] = {level + 1, now};
}

std::int64_t LoginThrottle::wait_seconds(std::string_view account, std::string_view source,
                                         Time now) {
    const std::string network = network_of(source);
    std::lock_guard lock(mutex_);
    const auto wait = [&](const Levels& levels, const std::string& key, std::int64_t limit) {
        if (limit <= 0) return std::int64_t(0);
        const double over = level_of(levels, key, limit, now) + 1 - static_cast<double>(limit);
        if (over <= 0) return std::int64_t(0);
        return static_cast<std::int64_t>(std::ceil(
            over * static_cast<double>(limits_.window_seconds) / static_cast<double>(limit)));
    };
    const auto by_source =
        network.empty() ? 0 : wait(sources_, key_of(network), limits_.source_failures);
    const auto known = known_.find(key_of(std::string(account) + "\n" + network));
    if (known != known_.end() && now < known->second.at.plus_seconds(known_seconds))
        return by_source;
    return std::max(by_source, wait(accounts_, key_of(account), limits_.account_failures));
}

void LoginThrottle::failed(std::string_view account, std::string_view source, Time now) {
    const std::string network = network_of(source);
    std::lock_guard lock(mutex_);
    add(accounts_, key_of(account), limits_.account_failures, now);
    if (!network.empty()) add(sources_, key_of(network), limits_.source_failures, now);
}

void LoginThrottle::succeeded(std::string_view account, std::string_view source, Time now) {
    if (limits_.account_failures <= 0) return;
    const std::string key = key_of(std::string(account) + "\n" + network_of(source));
    std::lock_guard lock(mutex_);
    if (!known_.count(key) && known_.size() >= limits_.most_entries) {
        std::vector<std::pair<Time, std::string>> ranked;
        for (const auto& [one, level] : known_) ranked.emplace_back(level.at, one);
        const auto middle = ranked.begin() + static_cast<std::ptrdiff_t>(ranked.size() / 2);
        std::nth_element(ranked.begin(), middle, ranked.end());
        for (auto gone = ranked.begin(); gone != middle; ++gone) known_.erase(gone->second);
    }
    known_[key] = {0, now};
}

std::size_t LoginThrottle::size() {
    std::lock_guard lock(mutex_);
    return accounts_.size() + sources_.size() + known_.size();
}

} // namespace nephele::keystone::logic
