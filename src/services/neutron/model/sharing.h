// SPDX-License-Identifier: Apache-2.0
// What lets projects use each other's networks and address ranges: RBAC policies, address scopes,
// subnet pools.
#pragma once
#include "services/neutron/model/standard.h"

namespace nephele::neutron {

struct RbacPolicy {
    std::string id, project_id;
    std::string object_type; ///< network, security_group, subnetpool, address_scope
    std::string object_id;
    std::string target_tenant; ///< a project, or "*"
    std::string action;        ///< access_as_shared, access_as_external
    Time created_at;
    static const Shape<RbacPolicy>& shape();
};

struct AddressScope {
    std::string id, project_id, name;
    std::int64_t ip_version = 4;
    bool shared = false;
    Time created_at;
    static const Shape<AddressScope>& shape();
};

struct SubnetPool {
    std::string id, project_id, name;
    std::vector<std::string> prefixes;
    std::int64_t ip_version = 4;
    std::optional<std::int64_t> default_prefixlen, min_prefixlen, max_prefixlen, default_quota;
    std::optional<std::string> address_scope_id;
    bool shared = false;
    bool is_default = false;
    std::string description;
    std::vector<std::string> tags;
    std::int64_t revision_number = 1;
    Time created_at, updated_at;
    static const Shape<SubnetPool>& shape();
};

} // namespace nephele::neutron
