// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/multi_factor.h"

#include <algorithm>

namespace nephele::keystone::logic {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
}

} // namespace

bool are_multi_factor_rules(const Json& value) {
    if (!value.is_array()) return false;
    std::vector<std::vector<std::string>> seen;
    for (const Json& list : value.as_array()) {
        if (!list.is_array() || list.size() == 0) return false;
        std::vector<std::string> names;
        for (const Json& name : list.as_array()) {
            if (!name.is_string() || contains(names, name.as_string())) return false;
            names.push_back(name.as_string());
        }
        if (std::find(seen.begin(), seen.end(), names) != seen.end()) return false;
        seen.push_back(std::move(names));
    }
    return true;
}

std::vector<std::vector<std::string>> multi_factor_rules(const Json& options) {
    std::vector<std::vector<std::string>> rules;
    const Json& enabled = options.get("multi_factor_auth_enabled");
    const Json& value = options.get("multi_factor_auth_rules");
    if ((enabled.is_bool() && !enabled.as_bool()) || !are_multi_factor_rules(value)) return rules;
    for (const Json& list : value.as_array()) {
        auto& rule = rules.emplace_back();
        for (const Json& name : list.as_array()) rule.push_back(name.as_string());
    }
    return rules;
}

bool meets_rules(const std::vector<std::vector<std::string>>& rules,
                 const std::vector<std::string>& proved, const std::vector<std::string>& enabled) {
    if (rules.empty()) return true;
    return std::any_of(rules.begin(), rules.end(), [&](const auto& rule) {
        return std::all_of(rule.begin(), rule.end(), [&](const std::string& name) {
            return contains(proved, name) || !contains(enabled, name);
        });
    });
}

} // namespace nephele::keystone::logic
