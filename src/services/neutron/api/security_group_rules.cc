// SPDX-License-Identifier: Apache-2.0
// /v2.0/security-group-rules
#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/logic/rule_check.h"
#include "services/neutron/ops/default_group.h"
#include "services/neutron/ops/security_groups.h"

namespace nephele::neutron {
namespace {
// Numbers for protocols and any case for ethertypes are upstream's habit.
Json tidy(const Json& fields) {
    Json out = fields;
    if (Json* protocol = out.find("protocol"); protocol && protocol->is_integer())
        *protocol = std::to_string(protocol->as_int());
    if (Json* ethertype = out.find("ethertype"); ethertype && ethertype->is_string())
        for (const char* known : {"IPv4", "IPv6"})
            if (iequals(ethertype->as_string(), known)) *ethertype = known;
    return out;
}

SecurityGroupRule make(Call& call, const Json& fields) {
    auto rule = read_new<SecurityGroupRule>(call, tidy(fields));
    normalize_rule(rule);
    auto group = need(call.tx, security_groups(), call.scope(), rule.security_group_id);
    call.enforce("create_security_group_rule", target_of(group.project_id));
    return add_rule(call, call.scope(), group, std::move(rule));
}
Reply create(Call& call, const Json& body) {
    return create_each<SecurityGroupRule>(call, body, make);
}

SecurityGroupRule show(Call& call) {
    return need(call.tx, security_group_rules(), call.scope(), call.path("security_group_rule_id"));
}
void remove(Call& call) {
    auto rule = show(call);
    call.enforce("delete_security_group_rule", target_of(rule.project_id));
    check_revision(call, rule.revision_number);
    drop_rule(call, rule);
}
Listed<SecurityGroupRule> list(Call& call, Page& page) {
    if (!call.project().empty()) ensure_default_group(call, call.project());
    return list_of(call, page, security_group_rules(), {});
}
} // namespace

Resource security_group_rules_resource() {
    return Resource()
        .on("GET /v2.0/security-group-rules", "get_security_group_rules", list, {.writes = true})
        .on("POST /v2.0/security-group-rules", "create_security_group_rule", create, created)
        .on("GET /v2.0/security-group-rules/{security_group_rule_id}", "get_security_group_rule",
            show)
        .on("DELETE /v2.0/security-group-rules/{security_group_rule_id}",
            "delete_security_group_rule", remove);
}

} // namespace nephele::neutron
