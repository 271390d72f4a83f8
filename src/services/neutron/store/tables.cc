// SPDX-License-Identifier: Apache-2.0
// Tables of neutron: names, visibility beyond the own project, upstream's not-found answers.
#include "services/neutron/store/tables.h"

namespace nephele::neutron {
namespace {
TableBase standard(const char* table, const char* kind, const char* code, const char* message) {
    return {.name = table,
            .service = "neutron",
            .kind = kind,
            .project_column = "project_id",
            .not_found_code = code,
            .not_found_message = message,
            .revision_column = "revision_number",
            .updated_column = "updated_at"};
}

// Networks that are not the project's own but open to it: shared and external ones have a policy.
constexpr const char* open_networks =
    "SELECT r.object_id FROM neutron_rbac_policies r WHERE r.object_type = 'network' AND "
    "r.target_project IN (?, '*')";
// Of an external network the network alone is seen, not its subnets.
constexpr const char* shared_networks =
    "SELECT r.object_id FROM neutron_rbac_policies r WHERE r.object_type = 'network' AND "
    "r.action = 'access_as_shared' AND r.target_project IN (?, '*')";

TableBase shared_by_policy(TableBase table, const std::string& object_type) {
    table.also_visible = table.name + ".id IN (SELECT r.object_id FROM neutron_rbac_policies r " +
                         "WHERE r.object_type = '" + object_type +
                         "' AND r.target_project IN (?, '*'))";
    return table;
}
TableBase without_revision(TableBase table) {
    table.revision_column.clear();
    table.updated_column.clear();
    return table;
}
} // namespace

const Table<Network>& networks() {
    static const Table<Network> t = [] {
        auto base = standard("neutron_networks", "network", "NetworkNotFound",
                             "Network {} could not be found.");
        base.also_visible = std::string("neutron_networks.id IN (") + open_networks + ")";
        return Table<Network>(base);
    }();
    return t;
}

const Table<Subnet>& subnets() {
    static const Table<Subnet> t = [] {
        auto base = standard("neutron_subnets", "subnet", "SubnetNotFound",
                             "Subnet {} could not be found.");
        base.also_visible = std::string("neutron_subnets.network_id IN (") + shared_networks +
                            ") OR neutron_subnets.network_id IN (SELECT o.id FROM neutron_networks "
                            "o WHERE o.project_id = ?)";
        return Table<Subnet>(base);
    }();
    return t;
}

const Table<Port>& ports() {
    static const Table<Port> t = [] {
        auto base =
            standard("neutron_ports", "port", "PortNotFound", "Port {} could not be found.");
        base.also_visible = "neutron_ports.network_id IN (SELECT o.id FROM neutron_networks o "
                            "WHERE o.project_id = ?)";
        return Table<Port>(base);
    }();
    return t;
}

const Table<Router>& routers() {
    static const Table<Router> t(
        standard("neutron_routers", "router", "RouterNotFound", "Router {} could not be found"));
    return t;
}

const Table<FloatingIp>& floating_ips() {
    static const Table<FloatingIp> t(standard("neutron_floatingips", "floatingip",
                                              "FloatingIPNotFound",
                                              "Floating IP {} could not be found"));
    return t;
}

const Table<SecurityGroup>& security_groups() {
    static const Table<SecurityGroup> t(
        shared_by_policy(standard("neutron_security_groups", "security_group",
                                  "SecurityGroupNotFound", "Security group {} does not exist"),
                         "security_group"));
    return t;
}

const Table<SecurityGroupRule>& security_group_rules() {
    static const Table<SecurityGroupRule> t = [] {
        auto base = standard("neutron_security_group_rules", "security_group_rule",
                             "SecurityGroupRuleNotFound", "Security group rule {} does not exist");
        base.also_visible = "neutron_security_group_rules.security_group_id IN (SELECT g.id FROM "
                            "neutron_security_groups g WHERE g.project_id = ?)";
        return Table<SecurityGroupRule>(base);
    }();
    return t;
}

const Table<RbacPolicy>& rbac_policies() {
    static const Table<RbacPolicy> t = [] {
        auto base =
            without_revision(standard("neutron_rbac_policies", "rbac_policy", "RbacPolicyNotFound",
                                      "RBAC policy of type network with ID {} not found"));
        return Table<RbacPolicy>(base);
    }();
    return t;
}

const Table<AddressScope>& address_scopes() {
    static const Table<AddressScope> t = [] {
        auto base =
            shared_by_policy(without_revision(standard("neutron_address_scopes", "address_scope",
                                                       "AddressScopeNotFound",
                                                       "Address scope {} could not be found")),
                             "address_scope");
        base.also_visible += " OR neutron_address_scopes.shared = 1";
        return Table<AddressScope>(base);
    }();
    return t;
}

const Table<SubnetPool>& subnet_pools() {
    static const Table<SubnetPool> t = [] {
        auto base =
            shared_by_policy(standard("neutron_subnetpools", "subnetpool", "SubnetPoolNotFound",
                                      "Subnet pool {} could not be found."),
                             "subnetpool");
        base.also_visible += " OR neutron_subnetpools.shared = 1";
        return Table<SubnetPool>(base);
    }();
    return t;
}

const Table<QuotaLimit>& quota_limits() {
    static const Table<QuotaLimit> t(
        TableBase{.name = "neutron_quotas",
                  .service = "neutron",
                  .kind = "quota",
                  .project_column = "project_id",
                  .not_found_code = "TenantQuotaNotFound",
                  .not_found_message = "Quota for tenant {} could not be found."});
    return t;
}

std::vector<const TableBase*> tables() {
    return {&networks(),
            &subnets(),
            &ports(),
            &routers(),
            &floating_ips(),
            &security_groups(),
            &security_group_rules(),
            &rbac_policies(),
            &address_scopes(),
            &subnet_pools(),
            &quota_limits()};
}

std::string marks(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += i ? ", ?" : "?";
    return out;
}

Where any_of(const std::string& column, const std::vector<std::string>& values) {
    if (values.empty()) return {"1 = 0", {}};
    Where out{column + " IN (" + marks(values.size()) + ")", {}};
    for (auto& value : values) out.params.emplace_back(value);
    return out;
}

} // namespace nephele::neutron
