// SPDX-License-Identifier: Apache-2.0
// Shapes of RBAC policies, address scopes and subnet pools.
#include "services/neutron/model/sharing.h"

namespace nephele::neutron {
namespace {
Shape<SubnetPool> subnetpool_shape() {
    auto s = Shape<SubnetPool>("subnetpool", "subnetpools");
    s.field("id", &SubnetPool::id, {read_only})
        .field("name", &SubnetPool::name, {required, max_length(255)})
        .field("prefixes", &SubnetPool::prefixes,
               {required, max_items(1000), cidr, not_sortable, not_filterable})
        .field("ip_version", &SubnetPool::ip_version, {read_only})
        .field("default_prefixlen", &SubnetPool::default_prefixlen,
               {between(0, 128), shown_as_text})
        .field("min_prefixlen", &SubnetPool::min_prefixlen, {between(0, 128), shown_as_text})
        .field("max_prefixlen", &SubnetPool::max_prefixlen, {between(0, 128), shown_as_text})
        .field("default_quota", &SubnetPool::default_quota, {at_least(0)})
        .field("address_scope_id", &SubnetPool::address_scope_id, {uuid})
        .field("shared", &SubnetPool::shared, {create_only})
        .field("is_default", &SubnetPool::is_default);
    with_standard_fields(s);
    return s;
}
Json tenant_of_rbac(const RbacPolicy& policy, const View&) { return policy.project_id; }
Json tenant_of_scope(const AddressScope& scope, const View&) { return scope.project_id; }
} // namespace

const Shape<RbacPolicy>& RbacPolicy::shape() {
    static const auto s =
        Shape<RbacPolicy>("rbac_policy", "rbac_policies")
            .field("id", &RbacPolicy::id, {read_only})
            .field("project_id", &RbacPolicy::project_id, {create_only, max_length(255)})
            .computed("tenant_id", tenant_of_rbac)
            .field("object_type", &RbacPolicy::object_type,
                   {required, create_only,
                    one_of({"network", "security_group", "subnetpool", "address_scope"})})
            .field("object_id", &RbacPolicy::object_id, {required, create_only, uuid})
            .field("target_tenant", &RbacPolicy::target_tenant,
                   {required, not_blank, max_length(255), column("target_project")})
            .field("action", &RbacPolicy::action,
                   {required, create_only, one_of({"access_as_shared", "access_as_external"})})
            .field("created_at", &RbacPolicy::created_at, {hidden, read_only});
    return s;
}

const Shape<AddressScope>& AddressScope::shape() {
    static const auto s =
        Shape<AddressScope>("address_scope", "address_scopes")
            .field("id", &AddressScope::id, {read_only})
            .field("name", &AddressScope::name, {max_length(255)})
            .field("project_id", &AddressScope::project_id, {create_only, max_length(255)})
            .computed("tenant_id", tenant_of_scope)
            .field("ip_version", &AddressScope::ip_version, {required, create_only, between(4, 6)})
            .field("shared", &AddressScope::shared)
            .field("created_at", &AddressScope::created_at, {hidden, read_only});
    return s;
}

const Shape<SubnetPool>& SubnetPool::shape() {
    static const auto s = subnetpool_shape();
    return s;
}

} // namespace nephele::neutron
