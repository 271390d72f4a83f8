// SPDX-License-Identifier: Apache-2.0
// Bodies of GET /v3/auth/tokens from memory, whenever nothing of the identity service changed
// since: services outside of this program ask for the same tokens again and again.
#pragma once
#include "platform/context/context.h"
#include "services/keystone/store/changes.h"

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace nephele::keystone {

class TokenAnswers {
  public:
    explicit TokenAnswers(const store::Epoch& epoch) : epoch_(epoch) {}
    /// To be read before the transaction that makes an answer: a change in between makes the answer
    /// stale, never wrong.
    std::uint64_t epoch() const { return epoch_.value.load(); }
    /// Null when there is none of this epoch.
    std::shared_ptr<const std::string> find(const std::string& key, Time now);
    void keep(const std::string& key, std::uint64_t epoch, Time until, const std::string& body);

  private:
    struct Entry {
        std::uint64_t epoch;
        Time until;
        std::shared_ptr<const std::string> body;
    };
    const store::Epoch& epoch_;
    std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;
};

} // namespace nephele::keystone
