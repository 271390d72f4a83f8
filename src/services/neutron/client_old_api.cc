// SPDX-License-Identifier: Apache-2.0
// What nova's old API passes on: groups, rules, floating IPs and addresses by nova's names.
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/neutron/ops/default_group.h"
#include "services/neutron/ops/ports.h"
#include "services/neutron/ops/routers.h"
#include "services/neutron/ops/security_groups.h"

#include <algorithm>

namespace nephele::neutron {

std::vector<Network> visible_networks(db::Tx& tx, const Scope& scope) {
    return select(tx, networks(), scope, {}, "ORDER BY created_at, id");
}

// ---- groups ----

std::vector<SecurityGroup> security_groups_of_project(Context& context,
                                                      const std::string& project_id) {
    ensure_default_group(context, project_id);
    auto groups = select(context.tx, security_groups(), Scope::project(project_id),
                         {"project_id = ?", {project_id}}, "ORDER BY created_at, id");
    load_rules(context.tx, groups);
    return groups;
}

std::vector<SecurityGroup> security_groups_of_device(db::Tx& tx, const std::string& device_id) {
    auto groups = select(tx, security_groups(), Scope::all(),
                         {"id IN (SELECT m.security_group_id FROM neutron_port_groups m JOIN "
                          "neutron_ports p ON p.id = m.port_id WHERE p.device_id = ?)",
                          {device_id}},
                         "ORDER BY name, id");
    load_rules(tx, groups);
    return groups;
}

std::optional<SecurityGroup> find_security_group(db::Tx& tx, const Scope& scope,
                                                 const std::string& id) {
    auto group = find(tx, security_groups(), scope, id);
    if (!group) return group;
    std::vector<SecurityGroup> one{std::move(*group)};
    load_rules(tx, one);
    return std::move(one.front());
}

SecurityGroup create_security_group(Context& context, const std::string& project_id,
                                    const std::string& name, const std::string& description) {
    SecurityGroup group;
    group.project_id = project_id;
    group.name = name;
    group.description = description;
    return add_group(context, std::move(group));
}

SecurityGroup rename_security_group(Context& context, SecurityGroup group, const std::string& name,
                                    const std::string& description) {
    SecurityGroup after = group;
    after.name = name;
    after.description = description;
    return change_group(context, group, std::move(after));
}

void delete_security_group(Context& context, const SecurityGroup& group) {
    drop_group(context, group, false);
}

std::optional<SecurityGroupRule> find_security_group_rule(db::Tx& tx, const Scope& scope,
                                                          const std::string& id) {
    return find(tx, security_group_rules(), scope, id);
}

SecurityGroupRule create_security_group_rule(Context& context, const Scope& scope,
                                             const SecurityGroup& group,
                                             const SecurityGroupRule& wanted) {
    return add_rule(context, scope, group, wanted);
}

void delete_security_group_rule(Context& context, const SecurityGroupRule& rule) {
    drop_rule(context, rule);
}

// ---- floating IPs ----

std::vector<FloatingIp> floating_ips_of_project(db::Tx& tx, const std::string& project_id) {
    return select(tx, floating_ips(), Scope::project(project_id), {}, "ORDER BY created_at, id");
}

std::optional<FloatingIp> find_floating_ip(db::Tx& tx, const Scope& scope, const std::string& id) {
    return find(tx, floating_ips(), scope, id);
}

std::optional<FloatingIp> floating_ip_at(db::Tx& tx, const Scope& scope,
                                         const std::string& address) {
    auto found = select(tx, floating_ips(), scope, {"floating_ip_address = ?", {address}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

FloatingIp create_floating_ip(Context& context, const Network& external,
                              const std::string& project_id) {
    FloatingIp wanted;
    wanted.project_id = project_id;
    wanted.floating_network_id = external.id;
    return make_floating_ip(context, external, std::move(wanted));
}

void delete_floating_ip(Context& context, const FloatingIp& floating) {
    drop_floating_ip(context, floating);
}

void associate_floating_ip(Context& context, FloatingIp before, const Port& port,
                           const std::string& fixed_address) {
    FloatingIp after = before;
    after.port_id = port.id;
    after.fixed_ip_address = fixed_address;
    change_floating_ip(context, before, std::move(after));
}

void dissociate_floating_ip(Context& context, FloatingIp before) {
    FloatingIp after = before;
    after.port_id.reset();
    after.fixed_ip_address.reset();
    change_floating_ip(context, before, std::move(after));
}

// ---- addresses of ports ----

Port add_fixed_address(Context& context, const Port& port) {
    std::optional<Failure> none_left;
    for (auto& subnet : subnets_of(context.tx, port.network_id)) {
        auto wanted = port.fixed_ips;
        wanted.push_back({subnet.id, ""});
        try {
            return change_port(context, port, port, wanted);
        } catch (const Failure& failure) {
            // Nothing was written: the free address is looked for first.
            if (failure.code() != "IpAddressGenerationFailure") throw;
            none_left = failure;
        }
    }
    if (none_left) throw *none_left;
    throw conflict("IpAddressGenerationFailure",
                   format("No more IP addresses available on network {}.", port.network_id));
}

Port remove_fixed_address(Context& context, const Port& port, const std::string& address) {
    auto rest = port.fixed_ips;
    std::erase_if(rest, [&](const FixedIp& fixed) { return fixed.ip_address == address; });
    return change_port(context, port, port, rest);
}

} // namespace nephele::neutron
