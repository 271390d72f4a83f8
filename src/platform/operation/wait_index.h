// SPDX-License-Identifier: Apache-2.0
// Which operations of this runner wait for which journal entries. Only a hint: an operation that is
// missing here is asked again at its wake_at.
#pragma once
#include "platform/json/json.h"

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nephele::ops {

class WaitIndex {
  public:
    /// Replaces what the operation waits for: [[kind, id], ...], null for nothing. Call it inside
    /// the transaction that saves the wait, so that no entry committed later is missed.
    void set(const std::string& operation, const Json& waits);
    /// Operations waiting for such an entry; they stay listed.
    std::vector<std::string> waiting_for(std::string_view kind, std::string_view id) const;
    bool empty() const;

  private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::vector<std::string>> by_entry_;
    std::unordered_map<std::string, std::vector<std::string>> by_operation_;
};

} // namespace nephele::ops
