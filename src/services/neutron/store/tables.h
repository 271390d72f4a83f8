// SPDX-License-Identifier: Apache-2.0
// Where neutron's records are kept: tables with their visibility, and migrations.
#pragma once
#include "platform/shape/table.h"
#include "services/neutron/model/network.h"
#include "services/neutron/model/port.h"
#include "services/neutron/model/quota.h"
#include "services/neutron/model/router.h"
#include "services/neutron/model/security_group.h"
#include "services/neutron/model/sharing.h"
#include "services/neutron/model/subnet.h"

namespace nephele::neutron {

const Table<Network>& networks();
const Table<Subnet>& subnets();
const Table<Port>& ports();
const Table<Router>& routers();
const Table<FloatingIp>& floating_ips();
const Table<SecurityGroup>& security_groups();
const Table<SecurityGroupRule>& security_group_rules();
const Table<RbacPolicy>& rbac_policies();
const Table<AddressScope>& address_scopes();
const Table<SubnetPool>& subnet_pools();
const Table<QuotaLimit>& quota_limits();

std::vector<const TableBase*> tables();
std::vector<db::Migration> migrations();

/// "?, ?, ?" for `count` parameters.
std::string marks(std::size_t count);
/// "column IN (?, ?)" with its parameters; matches nothing when there are no values.
Where any_of(const std::string& column, const std::vector<std::string>& values);

} // namespace nephele::neutron
