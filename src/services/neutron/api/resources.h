// SPDX-License-Identifier: Apache-2.0
// The resources of the network API; each is declared in the file of its name.
#pragma once
#include "platform/api/route.h"

namespace nephele::neutron {
api::Resource discovery_resource();
api::Resource networks_resource();
api::Resource subnets_resource();
api::Resource ports_resource();
api::Resource routers_resource();
api::Resource floating_ips_resource();
api::Resource security_groups_resource();
api::Resource security_group_rules_resource();
api::Resource quotas_resource();
api::Resource agents_resource();
api::Resource tags_resource();
api::Resource subnet_pools_resource();
api::Resource address_scopes_resource();
api::Resource rbac_policies_resource();
api::Resource ip_availability_resource();
} // namespace nephele::neutron
