// SPDX-License-Identifier: Apache-2.0
// Security groups and their rules: what traffic the ports of a group may receive and send.
#pragma once
#include "services/neutron/model/standard.h"

namespace nephele::neutron {

struct SecurityGroupRule {
    std::string id, project_id, security_group_id;
    std::string direction; ///< ingress, egress
    std::string ethertype = "IPv4";
    std::optional<std::string> protocol; ///< name or number; null: any
    std::optional<std::int64_t> port_range_min, port_range_max;
    std::optional<std::string> remote_ip_prefix, remote_group_id;
    std::string description;
    std::vector<std::string> tags;
    std::int64_t revision_number = 1;
    Time created_at, updated_at;
    static const Shape<SecurityGroupRule>& shape();
};

struct SecurityGroup {
    std::string id, project_id, name;
    bool stateful = true;
    bool is_default = false; ///< the group every project has; one a project
    bool shared = false;     ///< for this caller, by an RBAC policy
    std::vector<SecurityGroupRule> security_group_rules; ///< filled for views
    std::string description;
    std::vector<std::string> tags;
    std::int64_t revision_number = 1;
    Time created_at, updated_at;
    static const Shape<SecurityGroup>& shape();
};

} // namespace nephele::neutron
