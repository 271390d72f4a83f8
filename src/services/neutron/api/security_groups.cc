// SPDX-License-Identifier: Apache-2.0
// /v2.0/security-groups. A project's default group is made when it is first asked for.
#include "services/neutron/ops/security_groups.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/ops/default_group.h"

namespace nephele::neutron {
namespace {
SecurityGroup make(Call& call, const Json& fields) {
    auto group = read_new<SecurityGroup>(call, fields);
    return add_group(call, std::move(group));
}
Reply create(Call& call, const Json& body) { return create_each<SecurityGroup>(call, body, make); }

SecurityGroup changeable(Call& call, const char* rule) {
    auto group = need(call.tx, security_groups(), call.scope(), call.path("security_group_id"));
    call.enforce(rule, target_of(group.project_id));
    check_revision(call, group.revision_number);
    return group;
}

SecurityGroup with_rules(Call& call, SecurityGroup group) {
    std::vector<SecurityGroup> one{std::move(group)};
    load_rules(call.tx, one);
    one.front().shared = one.front().project_id != call.project() && !call.is_admin();
    return one.front();
}

SecurityGroup update(Call& call, const Json& body) {
    SecurityGroup before = changeable(call, "update_security_group"), after = before;
    read_edit(call, body, after);
    return with_rules(call, change_group(call, before, std::move(after)));
}

void remove(Call& call) {
    auto group = changeable(call, "delete_security_group");
    drop_group(call, group, call.is_admin());
}

SecurityGroup show(Call& call) {
    return with_rules(
        call, need(call.tx, security_groups(), call.scope(), call.path("security_group_id")));
}

Listed<SecurityGroup> list(Call& call, Page& page) {
    // Asking for a project's groups is asking for its default group too.
    std::string project = call.project();
    for (auto& filter : page.filters)
        if (filter.field == "project_id" && filter.op == Filter::Op::eq && call.is_admin())
            project = filter.values.front();
    if (auto tenants = page.extra.find("tenant_id"); tenants != page.extra.end() && call.is_admin())
        project = tenants->second;
    if (!project.empty()) ensure_default_group(call, project);
    auto out = list_of(call, page, security_groups(), {});
    load_rules(call.tx, out.items);
    for (auto& group : out.items)
        group.shared = group.project_id != call.project() && !call.is_admin();
    return out;
}
} // namespace

Resource security_groups_resource() {
    return Resource()
        .on("GET /v2.0/security-groups", "get_security_group", list, {.writes = true})
        .on("POST /v2.0/security-groups", "create_security_group", create, created)
        .on("GET /v2.0/security-groups/{security_group_id}", "get_security_group", show)
        .on("PUT /v2.0/security-groups/{security_group_id}", "update_security_group", update)
        .on("DELETE /v2.0/security-groups/{security_group_id}", "delete_security_group", remove);
}

} // namespace nephele::neutron
