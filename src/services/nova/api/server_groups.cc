// SPDX-License-Identifier: Apache-2.0
// Server groups: made, listed, shown, removed. Servers join one when they are created (hint
// "group").
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/store/groups.h"
#include "services/nova/store/quotas.h"

namespace nephele::nova {
using namespace api;
namespace {

Failure invalid(const std::string& what) {
    return bad_request("ValidationError", "Invalid input for field/attribute " + what);
}

Json group_json(const Call& call, const ServerGroup& group,
                const std::vector<std::string>& members) {
    Json out = Json::object({{"id", group.id}, {"name", group.name}});
    if (call.version >= Version{2, 64}) {
        out["policy"] = group.policy;
        Json rules = Json::object();
        if (group.max_server_per_host) rules["max_server_per_host"] = *group.max_server_per_host;
        out["rules"] = std::move(rules);
    } else {
        out["policies"] = Json::array({group.policy});
        out["metadata"] = Json::object();
    }
    out["members"] = Json(members);
    if (call.version >= Version{2, 13}) {
        out["project_id"] = group.project_id;
        out["user_id"] = group.user_id;
    }
    return out;
}

Json list(Call& call, Page& page) {
    Scope scope = Scope::project(call.project());
    if (auto all = page.take("all_projects");
        all && call.allowed(rule("os-server-groups:index:all_projects")))
        scope = Scope::all();
    auto offset_text = page.take("offset");
    auto offset = offset_text ? to_int(*offset_text) : std::optional<std::int64_t>(0);
    if (!offset || *offset < 0) throw invalid("offset. It is a number from 0.");
    std::int64_t limit = page.limit.value_or(1000);
    auto found = shape::select(call.tx, server_groups(), scope, {},
                               "ORDER BY created_at, id LIMIT " + std::to_string(limit) +
                                   " OFFSET " + std::to_string(*offset));
    std::vector<std::string> ids;
    for (auto& group : found) ids.push_back(group.id);
    auto members = store::members_of(call.tx, ids);
    Json out = Json::array();
    for (auto& group : found) out.push_back(group_json(call, group, members[group.id]));
    return Json::object({{"server_groups", std::move(out)}});
}

ServerGroup group_of(Call& call) {
    return shape::need(call.tx, server_groups(), call.scope(), call.path("server_group_id"));
}

Json wrapped(Call& call, const ServerGroup& group) {
    auto members = store::members_of(call.tx, {group.id});
    return Json::object({{"server_group", group_json(call, group, members[group.id])}});
}

Json show(Call& call) { return wrapped(call, group_of(call)); }

void check_policy(const Call& call, const std::string& policy) {
    bool soft = call.version >= Version{2, 15};
    if (policy == "affinity" || policy == "anti-affinity") return;
    if (soft && (policy == "soft-affinity" || policy == "soft-anti-affinity")) return;
    throw invalid(format("policy. Value: {}. It is affinity or anti-affinity{}.",
                         policy.substr(0, 100),
                         soft ? ", or either with soft- before it (2.15)" : ""));
}

void read_rules(const Json& rules, ServerGroup& group) {
    if (rules.is_null()) return;
    if (!rules.is_object()) throw invalid("rules.");
    for (auto& [key, value] : rules.as_object()) {
        if (key != "max_server_per_host")
            throw bad_request("ValidationError",
                              format("Additional properties are not allowed ('{}' was unexpected)",
                                     key.substr(0, 100)));
        auto number = value.is_string()    ? to_int(value.as_string())
                      : value.is_integer() ? std::optional(value.as_int())
                                           : std::nullopt;
        if (!number || *number < 1) throw invalid("max_server_per_host. It is a number from 1.");
        if (group.policy != "anti-affinity")
            throw bad_request("ValidationError",
                              "Only anti-affinity policy supports rule max_server_per_host.");
        group.max_server_per_host = *number;
    }
}

ServerGroup read(Call& call, const Json& body) {
    const Json& wanted = only_member(body, "server_group");
    if (!wanted.is_object()) throw invalid("server_group.");
    bool with_rules = call.version >= Version{2, 64};
    for (auto& [key, value] : wanted.as_object())
        if (key != "name" && key != (with_rules ? "policy" : "policies") &&
            !(with_rules && key == "rules"))
            throw bad_request("ValidationError",
                              format("Additional properties are not allowed ('{}' was unexpected)",
                                     key.substr(0, 100)));
    ServerGroup group;
    group.name = wanted.text("name");
    if (trim(group.name).empty() || trim(group.name).size() != group.name.size() ||
        utf8_length(group.name) > 255)
        throw invalid("name. It is a text of 1 to 255 characters.");
    if (with_rules) {
        group.policy = wanted.text("policy");
    } else {
        const Json& policies = wanted.get("policies");
        if (!policies.is_array() || policies.size() != 1 || !policies.as_array()[0].is_string())
            throw invalid("policies. It is a list of one policy.");
        group.policy = policies.as_array()[0].as_string();
    }
    check_policy(call, group.policy);
    read_rules(wanted.get("rules"), group);
    return group;
}

Json create(Call& call, const Json& body) {
    ServerGroup group = read(call, body);
    std::int64_t limit = store::limit_of(call.tx, call.project(), "server_groups");
    std::int64_t used = shape::count(call.tx, server_groups(), Scope::project(call.project()), {});
    if (limit >= 0 && used >= limit)
        throw forbidden("ServerGroupLimitExceeded", "Quota exceeded, too many server groups.");
    group.id = call.new_uuid();
    group.project_id = call.project();
    group.user_id = call.who.user_id;
    group.created_at = call.now;
    shape::insert(call, server_groups(), group);
    return wrapped(call, group);
}

// Its servers stay where they are.
void remove(Call& call) {
    ServerGroup group = group_of(call);
    call.tx.exec("DELETE FROM nova_server_group_members WHERE group_id = ?", db::Params{group.id});
    shape::erase(call, server_groups(), group);
}
} // namespace

Resource server_groups_resource() {
    return Resource()
        .on("GET /v2.1/os-server-groups", rule("os-server-groups:index"), list,
            {.tolerant_query = true})
        .on("POST /v2.1/os-server-groups", rule("os-server-groups:create"), create)
        .on("GET /v2.1/os-server-groups/{server_group_id}", rule("os-server-groups:show"), show)
        .on("DELETE /v2.1/os-server-groups/{server_group_id}", rule("os-server-groups:delete"),
            remove);
}

} // namespace nephele::nova
