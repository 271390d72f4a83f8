// SPDX-License-Identifier: Apache-2.0
// Security groups and rules changed and removed in the caller's transaction, for neutron's own API
// and for nova's old one.
#pragma once
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

/// A group that a client asked for: not the default one, within the quota.
SecurityGroup add_group(Context&, SecurityGroup wanted);
SecurityGroup change_group(Context&, const SecurityGroup& before, SecurityGroup after);
/// `may_drop_default`: administrators. Throws SecurityGroupInUse while ports have it.
void drop_group(Context&, const SecurityGroup&, bool may_drop_default);

/// In `group`, whose project it gets. Throws SecurityGroupRuleExists, OverQuota and what
/// normalize_rule refuses; `scope` must see the remote group.
SecurityGroupRule add_rule(Context&, const Scope& scope, const SecurityGroup& group,
                           SecurityGroupRule wanted);
void drop_rule(Context&, const SecurityGroupRule&);

} // namespace nephele::neutron
