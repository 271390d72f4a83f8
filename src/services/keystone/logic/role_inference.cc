// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/role_inference.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace nephele::keystone::logic {

std::vector<std::string> with_implied(const std::vector<std::string>& role_ids,
                                      const std::vector<Implication>& implications) {
    std::unordered_map<std::string_view, std::vector<std::string_view>> follows;
    for (const auto& rule : implications) follows[rule.prior_id].push_back(rule.implied_id);
    std::vector<std::string> found;
    std::unordered_set<std::string> seen;
    for (const auto& id : role_ids)
        if (seen.insert(id).second) found.push_back(id);
    for (std::size_t at = 0; at < found.size(); ++at) {
        const auto next = follows.find(found[at]);
        if (next == follows.end()) continue;
        for (const auto id : next->second)
            if (seen.emplace(id).second) found.emplace_back(id);
    }
    return found;
}

std::vector<std::string> narrowed(const std::vector<std::string>& granted,
                                  const std::vector<std::string>& held) {
    std::vector<std::string> both;
    for (const auto& role : granted)
        if (std::find(held.begin(), held.end(), role) != held.end()) both.push_back(role);
    return both;
}

bool closes_circle(const std::string& prior, const std::string& implied,
                   const std::vector<Implication>& implications) {
    const auto reached = with_implied({implied}, implications);
    return std::find(reached.begin(), reached.end(), prior) != reached.end();
}

} // namespace nephele::keystone::logic
