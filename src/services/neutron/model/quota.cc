// SPDX-License-Identifier: Apache-2.0
// Shape of quota limits and the list of counted resources.
#include "services/neutron/model/quota.h"

namespace nephele::neutron {

const Shape<QuotaLimit>& QuotaLimit::shape() {
    static const auto s = Shape<QuotaLimit>("quota", "quotas")
                              .field("id", &QuotaLimit::id)
                              .field("project_id", &QuotaLimit::project_id)
                              .field("resource", &QuotaLimit::resource)
                              .field("limit", &QuotaLimit::limit, {column("max_count")});
    return s;
}

const std::vector<QuotaResource>& quota_resources() {
    static const std::vector<QuotaResource> all = {
        {"network", "neutron_networks", 100},
        {"subnet", "neutron_subnets", 100},
        {"subnetpool", "neutron_subnetpools", -1},
        {"port", "neutron_ports", 500},
        {"router", "neutron_routers", 10},
        {"floatingip", "neutron_floatingips", 50},
        {"security_group", "neutron_security_groups", 10},
        {"security_group_rule", "neutron_security_group_rules", 100},
        {"rbac_policy", "neutron_rbac_policies", 10},
    };
    return all;
}

} // namespace nephele::neutron
