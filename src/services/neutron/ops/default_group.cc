// SPDX-License-Identifier: Apache-2.0
// Making of security groups.
#include "services/neutron/ops/default_group.h"

#include "services/neutron/logic/rule_check.h"

#include <unordered_map>

namespace nephele::neutron {
namespace {
std::string default_group_of(db::Tx& tx, const std::string& project_id) {
    std::string id;
    tx.first("SELECT id FROM neutron_security_groups WHERE project_id = ? AND is_default = 1",
             {project_id}, [&](const db::Row& row) { id = row.str(0); });
    return id;
}
} // namespace

bool has_default_group(db::Tx& tx, const std::string& project_id) {
    return !default_group_of(tx, project_id).empty();
}

SecurityGroup make_group(Context& context, SecurityGroup group) {
    group.id = context.new_uuid();
    group.created_at = group.updated_at = context.now;
    insert(context, security_groups(), group);
    for (auto& rule : starting_rules(group.is_default, group.id)) {
        rule.id = context.new_uuid();
        rule.project_id = group.project_id;
        rule.created_at = rule.updated_at = context.now;
        insert(context, security_group_rules(), rule);
        group.security_group_rules.push_back(rule);
    }
    return group;
}

std::string ensure_default_group(Context& context, const std::string& project_id) {
    auto id = default_group_of(context.tx, project_id);
    if (!id.empty() || project_id.empty()) return id;
    SecurityGroup group;
    group.project_id = project_id;
    group.name = "default";
    group.description = "Default security group";
    group.is_default = true;
    return make_group(context, group).id;
}

void load_rules(db::Tx& tx, std::vector<SecurityGroup>& groups) {
    if (groups.empty()) return;
    std::vector<std::string> ids;
    std::unordered_map<std::string, SecurityGroup*> by_id;
    for (auto& group : groups) {
        ids.push_back(group.id);
        by_id[group.id] = &group;
        group.security_group_rules.clear();
    }
    for (auto& rule : select(tx, security_group_rules(), Scope::all(),
                             any_of("security_group_id", ids), "ORDER BY created_at, id"))
        by_id[rule.security_group_id]->security_group_rules.push_back(rule);
}

} // namespace nephele::neutron
