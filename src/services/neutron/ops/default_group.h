// SPDX-License-Identifier: Apache-2.0
// Security groups as they come into being: with their starting rules, the default one when a
// project first needs it.
#pragma once
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

/// Id of the project's default group, made when it is not there yet.
std::string ensure_default_group(Context&, const std::string& project_id);
bool has_default_group(db::Tx&, const std::string& project_id);
/// Writes the group and its starting rules.
SecurityGroup make_group(Context&, SecurityGroup group);
/// Fills `security_group_rules` of each with one query.
void load_rules(db::Tx&, std::vector<SecurityGroup>& groups);

} // namespace nephele::neutron
