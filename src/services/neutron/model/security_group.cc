// SPDX-License-Identifier: Apache-2.0
// Shapes of security groups and rules.
#include "services/neutron/model/security_group.h"

#include "services/neutron/model/address.h"

namespace nephele::neutron {
namespace {
// Numbers are accepted where a protocol is written as text.
Json normalized_cidr(const SecurityGroupRule& rule, const View&) {
    if (!rule.remote_ip_prefix) return Json();
    auto range = parse_cidr(*rule.remote_ip_prefix);
    return range ? Json(range->text()) : Json();
}

Shape<SecurityGroupRule> rule_shape() {
    auto s = Shape<SecurityGroupRule>("security_group_rule", "security_group_rules");
    s.field("id", &SecurityGroupRule::id, {read_only})
        .field("security_group_id", &SecurityGroupRule::security_group_id,
               {required, create_only, uuid})
        .field("ethertype", &SecurityGroupRule::ethertype,
               {create_only, nullable, one_of({"IPv4", "IPv6"})})
        .field("direction", &SecurityGroupRule::direction,
               {required, create_only, one_of({"ingress", "egress"})})
        .field("protocol", &SecurityGroupRule::protocol, {create_only, max_length(40)})
        .field("port_range_min", &SecurityGroupRule::port_range_min, {create_only})
        .field("port_range_max", &SecurityGroupRule::port_range_max, {create_only})
        .field("remote_ip_prefix", &SecurityGroupRule::remote_ip_prefix,
               {create_only, max_length(64)})
        .field("remote_group_id", &SecurityGroupRule::remote_group_id,
               {create_only, max_length(255)})
        .computed("normalized_cidr", normalized_cidr);
    with_standard_fields(s);
    return s;
}

Shape<SecurityGroup> group_shape() {
    auto s = Shape<SecurityGroup>("security_group", "security_groups");
    s.field("id", &SecurityGroup::id, {read_only})
        .field("name", &SecurityGroup::name, {max_length(255)})
        .field("stateful", &SecurityGroup::stateful)
        .field("is_default", &SecurityGroup::is_default, {read_only, hidden})
        .field("shared", &SecurityGroup::shared,
               {read_only, not_stored, not_sortable, not_filterable})
        .field("security_group_rules", &SecurityGroup::security_group_rules,
               {read_only, not_stored, not_sortable, not_filterable});
    with_standard_fields(s);
    return s;
}
} // namespace

const Shape<SecurityGroupRule>& SecurityGroupRule::shape() {
    static const auto s = rule_shape();
    return s;
}

const Shape<SecurityGroup>& SecurityGroup::shape() {
    static const auto s = group_shape();
    return s;
}

} // namespace nephele::neutron
