// SPDX-License-Identifier: Apache-2.0
// Which combinations of methods a user must log in with: the options multi_factor_auth_rules (any
// of these lists) and multi_factor_auth_enabled.
#pragma once
#include "platform/json/json.h"

#include <string>
#include <vector>

namespace nephele::keystone::logic {

/// A list of lists of names: no list empty, none twice, no name twice in a list.
bool are_multi_factor_rules(const Json& value);
/// The rules in force; none when there are none or they are switched off.
std::vector<std::vector<std::string>> multi_factor_rules(const Json& options);
/// True when one rule is met by the methods proved. Methods that are not enabled on this cloud are
/// left out of the rules, as upstream does: else switching one off would lock its users out.
bool meets_rules(const std::vector<std::vector<std::string>>& rules,
                 const std::vector<std::string>& proved, const std::vector<std::string>& enabled);

} // namespace nephele::keystone::logic
