// SPDX-License-Identifier: Apache-2.0
// Neutron's schema. Only appended to.
#include "services/neutron/store/tables.h"

namespace nephele::neutron {
namespace {
// The columns every standard resource has.
std::string create(const std::string& table, const std::string& columns) {
    return "CREATE TABLE " + table + " (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, " + columns +
           ", description TEXT NOT NULL, tags TEXT NOT NULL, revision_number BIGINT NOT NULL, "
           "created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)";
}
std::string index(const std::string& table, const std::string& name, const std::string& columns) {
    return "CREATE INDEX " + table + "_" + name + " ON " + table + " (" + columns + ")";
}
std::string unique(const std::string& table, const std::string& name, const std::string& columns,
                   const std::string& where = "") {
    return "CREATE UNIQUE INDEX " + table + "_" + name + " ON " + table + " (" + columns + ")" +
           (where.empty() ? "" : " WHERE " + where);
}

db::Migration networks_migration() {
    const std::string n = "neutron_networks", s = "neutron_subnets";
    return {"neutron.001_networks",
            {create(n, "name TEXT NOT NULL, admin_state_up BIGINT NOT NULL, mtu BIGINT NOT NULL, "
                       "status TEXT NOT NULL, subnets TEXT NOT NULL, shared BIGINT NOT NULL, "
                       "availability_zone_hints TEXT NOT NULL, ipv4_address_scope TEXT, "
                       "ipv6_address_scope TEXT, router_external BIGINT NOT NULL, "
                       "port_security_enabled BIGINT NOT NULL, is_default BIGINT NOT NULL, "
                       "provider_network_type TEXT NOT NULL, provider_physical_network TEXT, "
                       "provider_segmentation_id BIGINT"),
             index(n, "project", "project_id, created_at"), index(n, "shared", "shared"),
             index(n, "external", "router_external"),
             unique(n, "tunnel", "provider_network_type, provider_segmentation_id",
                    "provider_segmentation_id IS NOT NULL AND provider_physical_network IS NULL"),
             unique(n, "vlan",
                    "provider_network_type, provider_physical_network, provider_segmentation_id",
                    "provider_segmentation_id IS NOT NULL AND provider_physical_network IS NOT "
                    "NULL"),
             create(s, "name TEXT NOT NULL, network_id TEXT NOT NULL REFERENCES neutron_networks "
                       "(id), ip_version BIGINT NOT NULL, subnetpool_id TEXT, enable_dhcp BIGINT "
                       "NOT NULL, ipv6_ra_mode TEXT, ipv6_address_mode TEXT, gateway_ip TEXT, "
                       "cidr TEXT NOT NULL, allocation_pools TEXT NOT NULL, host_routes TEXT NOT "
                       "NULL, dns_nameservers TEXT NOT NULL, service_types TEXT NOT NULL"),
             index(s, "project", "project_id, created_at"), index(s, "network", "network_id"),
             index(s, "pool", "subnetpool_id")}};
}

db::Migration ports_migration() {
    const std::string p = "neutron_ports", a = "neutron_ip_allocations";
    return {
        "neutron.002_ports",
        {create(p,
                "name TEXT NOT NULL, network_id TEXT NOT NULL REFERENCES neutron_networks (id), "
                "mac_address TEXT NOT NULL, admin_state_up BIGINT NOT NULL, status TEXT NOT NULL, "
                "device_id TEXT NOT NULL, device_owner TEXT NOT NULL, fixed_ips TEXT NOT NULL, "
                "allowed_address_pairs TEXT NOT NULL, extra_dhcp_opts TEXT NOT NULL, "
                "security_groups TEXT NOT NULL, port_security_enabled BIGINT NOT NULL, "
                "binding_vnic_type TEXT NOT NULL, binding_host_id TEXT NOT NULL, "
                "binding_profile TEXT, binding_vif_type TEXT NOT NULL, binding_vif_details TEXT"),
         index(p, "project", "project_id, created_at"), index(p, "device", "device_id"),
         index(p, "network", "network_id, device_owner"), index(p, "host", "binding_host_id"),
         unique(p, "mac", "network_id, mac_address"),
         // One row an address in use; `sortable` orders the addresses of a subnet.
         "CREATE TABLE neutron_ip_allocations (subnet_id TEXT NOT NULL REFERENCES neutron_subnets "
         "(id), sortable TEXT NOT NULL, ip_address TEXT NOT NULL, port_id TEXT NOT NULL, "
         "network_id TEXT NOT NULL, PRIMARY KEY (subnet_id, sortable))",
         index(a, "port", "port_id"), index(a, "address", "network_id, ip_address"),
         "CREATE TABLE neutron_port_groups (port_id TEXT NOT NULL, security_group_id TEXT NOT "
         "NULL, PRIMARY KEY (port_id, security_group_id))",
         "CREATE INDEX neutron_port_groups_group ON neutron_port_groups (security_group_id)"}};
}

db::Migration security_groups_migration() {
    const std::string g = "neutron_security_groups", r = "neutron_security_group_rules";
    return {"neutron.003_security_groups",
            {create(g, "name TEXT NOT NULL, stateful BIGINT NOT NULL, is_default BIGINT NOT NULL"),
             index(g, "project", "project_id, created_at"),
             unique(g, "default", "project_id", "is_default = 1"),
             create(r, "security_group_id TEXT NOT NULL REFERENCES neutron_security_groups (id), "
                       "ethertype TEXT NOT NULL, direction TEXT NOT NULL, protocol TEXT, "
                       "port_range_min BIGINT, port_range_max BIGINT, remote_ip_prefix TEXT, "
                       "remote_group_id TEXT"),
             index(r, "project", "project_id, created_at"), index(r, "group", "security_group_id"),
             index(r, "remote", "remote_group_id")}};
}

db::Migration routers_migration() {
    const std::string r = "neutron_routers", f = "neutron_floatingips";
    return {"neutron.004_routers",
            {create(r, "name TEXT NOT NULL, admin_state_up BIGINT NOT NULL, status TEXT NOT NULL, "
                       "external_gateway_info TEXT, gateway_port_id TEXT NOT NULL, routes TEXT NOT "
                       "NULL, availability_zone_hints TEXT NOT NULL"),
             index(r, "project", "project_id, created_at"),
             create(f, "floating_network_id TEXT NOT NULL REFERENCES neutron_networks (id), "
                       "floating_ip_address TEXT NOT NULL, floating_port_id TEXT NOT NULL, "
                       "router_id TEXT, port_id TEXT, fixed_ip_address TEXT, status TEXT NOT NULL"),
             index(f, "project", "project_id, created_at"), index(f, "port", "port_id"),
             index(f, "router", "router_id"), index(f, "network", "floating_network_id"),
             unique(f, "fixed", "floating_network_id, port_id, fixed_ip_address",
                    "port_id IS NOT NULL")}};
}

db::Migration sharing_migration() {
    const std::string r = "neutron_rbac_policies", p = "neutron_subnetpools",
                      a = "neutron_address_scopes";
    return {"neutron.005_sharing",
            {"CREATE TABLE neutron_rbac_policies (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, "
             "object_type TEXT NOT NULL, object_id TEXT NOT NULL, target_project TEXT NOT NULL, "
             "action TEXT NOT NULL, created_at BIGINT NOT NULL)",
             index(r, "project", "project_id"),
             unique(r, "object", "object_type, object_id, target_project, action"),
             index(r, "target", "object_type, target_project"),
             "CREATE TABLE neutron_address_scopes (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, "
             "name TEXT NOT NULL, ip_version BIGINT NOT NULL, shared BIGINT NOT NULL, created_at "
             "BIGINT NOT NULL)",
             index(a, "project", "project_id"),
             create(p, "name TEXT NOT NULL, prefixes TEXT NOT NULL, ip_version BIGINT NOT NULL, "
                       "default_prefixlen BIGINT, min_prefixlen BIGINT, max_prefixlen BIGINT, "
                       "default_quota BIGINT, address_scope_id TEXT, shared BIGINT NOT NULL, "
                       "is_default BIGINT NOT NULL"),
             index(p, "project", "project_id"),
             "CREATE TABLE neutron_quotas (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, resource "
             "TEXT NOT NULL, max_count BIGINT NOT NULL)",
             "CREATE INDEX neutron_quotas_project ON neutron_quotas (project_id)"}};
}
} // namespace

std::vector<db::Migration> migrations() {
    return {networks_migration(), ports_migration(), security_groups_migration(),
            routers_migration(), sharing_migration()};
}

} // namespace nephele::neutron
