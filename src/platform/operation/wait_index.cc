// SPDX-License-Identifier: Apache-2.0
#include "platform/operation/wait_index.h"

#include <algorithm>

namespace nephele::ops {
namespace {
std::string entry_key(std::string_view kind, std::string_view id) {
    std::string key;
    key.reserve(kind.size() + id.size() + 1);
    key.append(kind).append(1, '\0').append(id);
    return key;
}
} // namespace

void WaitIndex::set(const std::string& operation, const Json& waits) {
    std::lock_guard lock(mutex_);
    if (auto old = by_operation_.find(operation); old != by_operation_.end()) {
        for (auto& key : old->second) {
            auto entry = by_entry_.find(key);
            if (entry == by_entry_.end()) continue;
            std::erase(entry->second, operation);
            if (entry->second.empty()) by_entry_.erase(entry);
        }
        by_operation_.erase(old);
    }
    if (!waits.is_array() || waits.size() == 0) return;
    auto& keys = by_operation_[operation];
    for (auto& wait : waits.as_array()) {
        keys.push_back(
            entry_key(wait.as_array().at(0).as_string(), wait.as_array().at(1).as_string()));
        by_entry_[keys.back()].push_back(operation);
    }
}

std::vector<std::string> WaitIndex::waiting_for(std::string_view kind, std::string_view id) const {
    std::lock_guard lock(mutex_);
    auto found = by_entry_.find(entry_key(kind, id));
    return found == by_entry_.end() ? std::vector<std::string>{} : found->second;
}

bool WaitIndex::empty() const {
    std::lock_guard lock(mutex_);
    return by_entry_.empty();
}

} // namespace nephele::ops
