// SPDX-License-Identifier: Apache-2.0
#include "services/neutron/ops/security_groups.h"

#include "base/strings.h"
#include "services/neutron/logic/rule_check.h"
#include "services/neutron/ops/default_group.h"
#include "services/neutron/ops/quotas.h"

namespace nephele::neutron {
namespace {
Failure default_exists() {
    return conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.");
}
bool in_use(db::Tx& tx, const SecurityGroup& group) {
    return tx.count("SELECT COUNT(*) FROM neutron_port_groups WHERE security_group_id = ?",
                    {group.id}) > 0;
}
Failure used(const SecurityGroup& group) {
    return conflict("SecurityGroupInUse", format("Security Group {} in use.", group.id));
}
void count_up(Context& context, const std::string& id) {
    auto group = need(context.tx, security_groups(), Scope::all(), id);
    update(context, security_groups(), group);
}
} // namespace

SecurityGroup add_group(Context& context, SecurityGroup group) {
    ensure_default_group(context, group.project_id);
    if (lower(group.name) == "default") throw default_exists();
    check_quota(context, group.project_id, "security_group");
    check_quota(context, group.project_id, "security_group_rule", 2);
    return make_group(context, std::move(group));
}

SecurityGroup change_group(Context& context, const SecurityGroup& before, SecurityGroup after) {
    if (before.is_default && after.name != before.name)
        throw conflict("SecurityGroupCannotUpdateDefault",
                       "Updating default security group not allowed.");
    if (!before.is_default && lower(after.name) == "default") throw default_exists();
    if (after.stateful != before.stateful && in_use(context.tx, before)) throw used(before);
    update(context, security_groups(), after);
    return after;
}

void drop_group(Context& context, const SecurityGroup& group, bool may_drop_default) {
    if (group.is_default && !may_drop_default)
        throw conflict("SecurityGroupCannotRemoveDefault",
                       "Insufficient rights for removing default security group.");
    if (in_use(context.tx, group)) throw used(group);
    // Rules of other groups that name this one go with it, as upstream's cascade does.
    for (auto& rule :
         select(context.tx, security_group_rules(), Scope::all(),
                {"security_group_id = ? OR remote_group_id = ?", {group.id, group.id}}))
        erase(context, security_group_rules(), rule);
    erase(context, security_groups(), group);
}

SecurityGroupRule add_rule(Context& context, const Scope& scope, const SecurityGroup& group,
                           SecurityGroupRule rule) {
    rule.security_group_id = group.id;
    rule.project_id = group.project_id;
    normalize_rule(rule);
    if (rule.remote_group_id) need(context.tx, security_groups(), scope, *rule.remote_group_id);
    for (auto& other : select(context.tx, security_group_rules(), Scope::all(),
                              {"security_group_id = ?", {group.id}}))
        if (same_traffic(rule, other))
            throw conflict("SecurityGroupRuleExists",
                           format("Security group rule already exists. Rule id is {}.", other.id));
    check_quota(context, rule.project_id, "security_group_rule");
    rule.id = context.new_uuid();
    rule.created_at = rule.updated_at = context.now;
    insert(context, security_group_rules(), rule);
    count_up(context, group.id);
    return rule;
}

void drop_rule(Context& context, const SecurityGroupRule& rule) {
    erase(context, security_group_rules(), rule);
    count_up(context, rule.security_group_id);
}

} // namespace nephele::neutron
