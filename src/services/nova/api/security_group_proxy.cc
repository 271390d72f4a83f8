// SPDX-License-Identifier: Apache-2.0
// /os-security-groups and /os-security-group-rules (2.1 to 2.35): neutron's under nova's old names,
// of which only the rules for what comes in are shown; and the groups of a server, in any version.
#include "base/ids.h"
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"

namespace nephele::nova {
using namespace api;
namespace {
using neutron::SecurityGroup;
using neutron::SecurityGroupRule;

// ---- as nova shows them ----

// No ports mean all of them: nova's words for that depend on the protocol.
void write_ports(const SecurityGroupRule& rule, Json& out) {
    out["from_port"] = Json(rule.port_range_min);
    out["to_port"] = Json(rule.port_range_max);
    if (!rule.protocol || rule.port_range_min || rule.port_range_max) return;
    bool has_ports = iequals(*rule.protocol, "tcp") || iequals(*rule.protocol, "udp");
    out["from_port"] = has_ports ? 1 : -1;
    out["to_port"] = has_ports ? 65535 : -1;
}

Json rule_json(Call& call, const SecurityGroupRule& rule) {
    Json out = Json::object({{"id", rule.id},
                             {"parent_group_id", rule.security_group_id},
                             {"ip_protocol", Json(rule.protocol)}});
    write_ports(rule, out);
    out["group"] = Json::object();
    out["ip_range"] = Json::object();
    if (rule.remote_group_id) {
        auto group = neutron::find_security_group(call.tx, Scope::all(), *rule.remote_group_id);
        if (group)
            out["group"] = Json::object({{"name", group->name}, {"tenant_id", group->project_id}});
    } else {
        const char* everywhere = rule.ethertype == "IPv6" ? "::/0" : "0.0.0.0/0";
        out["ip_range"] = Json::object({{"cidr", rule.remote_ip_prefix.value_or(everywhere)}});
    }
    return out;
}

Json group_json(Call& call, const SecurityGroup& group) {
    Json rules = Json::array();
    for (auto& rule : group.security_group_rules)
        if (rule.direction == "ingress") rules.push_back(rule_json(call, rule));
    return Json::object({{"id", group.id},
                         {"name", group.name},
                         {"description", group.description},
                         {"tenant_id", group.project_id},
                         {"rules", std::move(rules)}});
}

Json groups_json(Call& call, const std::vector<SecurityGroup>& groups) {
    Json out = Json::array();
    for (auto& group : groups) out.push_back(group_json(call, group));
    return Json::object({{"security_groups", std::move(out)}});
}

// ---- groups ----

void check_id(const std::string& id) {
    if (!is_uuid(id)) throw bad_request("Invalid", "Security group id should be a UUID.");
}

SecurityGroup need_group(Call& call, const std::string& id) {
    check_id(id);
    auto group = neutron::find_security_group(call.tx, call.scope(), id);
    if (!group)
        throw not_found("SecurityGroupNotFound", format("Security group {} not found.", id));
    return *group;
}

std::string text_in(const Json& group, const char* member) {
    const Json& given = group.get(member);
    if (!given.is_string())
        throw bad_request("Invalid",
                          format("Security group {} is not a string or unicode", member));
    if (trim(given.as_string()).empty())
        throw bad_request("Invalid", format("Security group {} cannot be empty.", member));
    if (utf8_length(given.as_string()) > 255)
        throw bad_request("Invalid", format("Security group {} should not be greater than 255 "
                                            "characters.",
                                            member));
    return given.as_string();
}

const Json& object_in(const Json& body, const char* name) {
    const Json& inner = body.get(name);
    if (!body.is_object() || !inner.is_object())
        throw bad_request("ValidationError", format("The request body contains no '{}'.", name));
    return inner;
}

// Neutron's refusals in the words and statuses nova's clients know.
[[noreturn]] void translate(const Failure& failure) {
    if (failure.code() == "OverQuota")
        throw forbidden("SecurityGroupLimitExceeded",
                        "Quota exceeded, too many security groups or rules.");
    if (failure.code() == "SecurityGroupInUse" || failure.code() == "SecurityGroupRuleExists" ||
        failure.code() == "SecurityGroupCannotRemoveDefault" ||
        failure.code() == "SecurityGroupCannotUpdateDefault" ||
        failure.code() == "SecurityGroupDefaultAlreadyExists")
        throw bad_request(failure.code(), failure.what());
    throw failure;
}

// Some of them: limit and offset.
Json list(Call& call, Page& page) {
    auto groups = neutron::security_groups_of_project(call, call.project());
    auto offset = to_int(page.take("offset").value_or("0")).value_or(0);
    if (offset < 0) throw bad_request("Invalid", "offset is a number of at least 0.");
    auto skipped = std::min<std::size_t>(static_cast<std::size_t>(offset), groups.size());
    groups.erase(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(skipped));
    if (page.limit && static_cast<std::size_t>(*page.limit) < groups.size())
        groups.resize(static_cast<std::size_t>(*page.limit));
    return groups_json(call, groups);
}

Json show(Call& call) {
    return Json::object(
        {{"security_group", group_json(call, need_group(call, call.path("security_group_id")))}});
}

Json create(Call& call, const Json& body) {
    const Json& wanted = object_in(body, "security_group");
    std::string name = text_in(wanted, "name"), description = text_in(wanted, "description");
    try {
        auto group = neutron::create_security_group(call, call.project(), name, description);
        return Json::object({{"security_group", group_json(call, need_group(call, group.id))}});
    } catch (const Failure& failure) {
        translate(failure);
    }
}

Json update(Call& call, const Json& body) {
    SecurityGroup group = need_group(call, call.path("security_group_id"));
    const Json& wanted = object_in(body, "security_group");
    std::string name = text_in(wanted, "name"), description = text_in(wanted, "description");
    try {
        neutron::rename_security_group(call, group, name, description);
    } catch (const Failure& failure) {
        translate(failure);
    }
    return Json::object({{"security_group", group_json(call, need_group(call, group.id))}});
}

void remove(Call& call) {
    SecurityGroup group = need_group(call, call.path("security_group_id"));
    try {
        neutron::delete_security_group(call, group);
    } catch (const Failure& failure) {
        translate(failure);
    }
}

// ---- rules ----

std::int64_t port_in(const Json& wanted, const char* member) {
    const Json& given = wanted.get(member);
    std::optional<std::int64_t> number;
    if (given.is_integer()) number = given.as_int();
    if (given.is_string()) number = to_int(given.as_string());
    if (!number || *number < -1 || *number > 65535)
        throw bad_request("InvalidPortRange",
                          format("Invalid port range: {} is a number from -1 to 65535.", member));
    return *number;
}

void read_ports(const Json& wanted, SecurityGroupRule& rule) {
    std::int64_t from = port_in(wanted, "from_port"), to = port_in(wanted, "to_port");
    bool icmp = rule.protocol == "icmp" || rule.protocol == "ipv6-icmp";
    if (!icmp && from > to)
        throw bad_request("InvalidPortRange",
                          format("Invalid port range {}:{}. Former value cannot be greater than "
                                 "the later",
                                 from, to));
    if (!icmp && (from < 1) != (to < 1))
        throw bad_request("InvalidPortRange",
                          format("Invalid port range {}:{}. Valid TCP ports should be between "
                                 "1-65535",
                                 from, to));
    if (from >= 0) rule.port_range_min = from;
    if (to >= 0) rule.port_range_max = to;
}

SecurityGroupRule rule_in(Call& call, const Json& wanted) {
    SecurityGroupRule rule;
    rule.direction = "ingress";
    const Json& protocol = wanted.get("ip_protocol");
    if (!protocol.is_null() && !protocol.is_string())
        throw bad_request("InvalidIpProtocol", "Invalid IP protocol.");
    if (protocol.is_string()) {
        rule.protocol = lower(protocol.as_string());
        if (rule.protocol != "tcp" && rule.protocol != "udp" && rule.protocol != "icmp")
            throw bad_request("InvalidIpProtocol",
                              format("Invalid IP protocol {}.", rule.protocol->substr(0, 100)));
        read_ports(wanted, rule);
    }
    const Json &cidr = wanted.get("cidr"), &group = wanted.get("group_id");
    if (group.is_string()) {
        rule.remote_group_id = need_group(call, group.as_string()).id;
        return rule;
    }
    if (!group.is_null()) check_id("");
    if (cidr.is_null()) {
        rule.remote_ip_prefix = "0.0.0.0/0";
        return rule;
    }
    if (!cidr.is_string() || !is_cidr(cidr.as_string()))
        throw bad_request("InvalidCidr", format("Invalid cidr {}.", cidr.dump().substr(0, 100)));
    rule.remote_ip_prefix = cidr.as_string();
    if (rule.remote_ip_prefix->find(':') != std::string::npos) rule.ethertype = "IPv6";
    return rule;
}

Json create_rule(Call& call, const Json& body) {
    const Json& wanted = object_in(body, "security_group_rule");
    const Json& parent = wanted.get("parent_group_id");
    check_id(parent.is_string() ? parent.as_string() : "");
    SecurityGroupRule rule = rule_in(call, wanted);
    SecurityGroup group = need_group(call, parent.as_string());
    try {
        auto made = neutron::create_security_group_rule(call, call.scope(), group, rule);
        return Json::object({{"security_group_rule", rule_json(call, made)}});
    } catch (const Failure& failure) {
        translate(failure);
    }
}

void remove_rule(Call& call) {
    const std::string& id = call.path("security_group_rule_id");
    check_id(id);
    auto rule = neutron::find_security_group_rule(call.tx, call.scope(), id);
    if (!rule)
        throw not_found("SecurityGroupNotFoundForRule",
                        format("Security group with rule {} not found.", id));
    neutron::delete_security_group_rule(call, *rule);
}

// ---- of a server ----

Json list_of_server(Call& call) {
    return groups_json(call, neutron::security_groups_of_device(call.tx, server_of(call).id));
}
} // namespace

Resource security_group_proxy_resource() {
    const auto old = until_version(35), old_delete = until_version(35, 202);
    auto old_list = old;
    old_list.tolerant_query = true;
    old_list.writes = true;
    return Resource()
        .on("GET /v2.1/os-security-groups", rule("os-security-groups:get"), list, old_list)
        .on("POST /v2.1/os-security-groups", rule("os-security-groups:create"), create, old)
        .on("GET /v2.1/os-security-groups/{security_group_id}", rule("os-security-groups:show"),
            show, old)
        .on("PUT /v2.1/os-security-groups/{security_group_id}", rule("os-security-groups:update"),
            update, old)
        .on("DELETE /v2.1/os-security-groups/{security_group_id}",
            rule("os-security-groups:delete"), remove, old_delete)
        .on("POST /v2.1/os-security-group-rules", rule("os-security-groups:rule:create"),
            create_rule, old)
        .on("DELETE /v2.1/os-security-group-rules/{security_group_rule_id}",
            rule("os-security-groups:rule:delete"), remove_rule, old_delete)
        .on("GET /v2.1/servers/{server_id}/os-security-groups", rule("os-security-groups:list"),
            list_of_server);
}

} // namespace nephele::nova
