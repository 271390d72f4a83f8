// SPDX-License-Identifier: Apache-2.0
// Security-group rules: normal form, validity and equality as upstream decides them. Pure.
#pragma once
#include "services/neutron/model/security_group.h"

namespace nephele::neutron {

/// Checks a new rule and brings protocol, ethertype and prefix to their normal form.
void normalize_rule(SecurityGroupRule& rule);
/// The same traffic: a second one is refused.
bool same_traffic(const SecurityGroupRule& a, const SecurityGroupRule& b);
/// The rules a new default group starts with (`group_id` is the group), or those of any other
/// group.
std::vector<SecurityGroupRule> starting_rules(bool default_group, const std::string& group_id);

} // namespace nephele::neutron
