// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/token_answers.h"

namespace nephele::keystone {
namespace {
// Some five kilobytes each.
constexpr std::size_t most_entries = 2048;
} // namespace

std::shared_ptr<const std::string> TokenAnswers::find(const std::string& key, Time now) {
    std::lock_guard lock(mutex_);
    auto found = entries_.find(key);
    if (found == entries_.end() || found->second.epoch != epoch() || now >= found->second.until)
        return nullptr;
    return found->second.body;
}

void TokenAnswers::keep(const std::string& key, std::uint64_t epoch, Time until,
                        const std::string& body) {
    auto kept = std::make_shared<const std::string>(body);
    std::lock_guard lock(mutex_);
    if (entries_.size() >= most_entries) entries_.clear();
    entries_[key] = {epoch, until, std::move(kept)};
}

} // namespace nephele::keystone
