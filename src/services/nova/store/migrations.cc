// SPDX-License-Identifier: Apache-2.0
// Nova's schema. Only appended to.
#include "services/nova/store/tables.h"

namespace nephele::nova {

namespace {
db::Migration servers_migration() {
    return {
        "nova.004_servers",
        {"CREATE TABLE nova_servers (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id TEXT "
         "NOT NULL, name TEXT NOT NULL, hostname TEXT NOT NULL, description TEXT, image_ref TEXT "
         "NOT NULL, flavor_copy TEXT NOT NULL, flavor_id TEXT NOT NULL, vcpus BIGINT NOT NULL, "
         "memory_mb BIGINT NOT NULL, "
         "root_gb BIGINT NOT NULL, key_name TEXT, public_key TEXT NOT NULL, user_data TEXT, "
         "metadata TEXT NOT NULL, tags TEXT NOT NULL, availability_zone TEXT NOT NULL, "
         "requested_zone TEXT, requested_host TEXT NOT NULL, past_scheduler BIGINT NOT NULL, "
         "kept_ports TEXT NOT NULL, scheduler_hints TEXT NOT NULL, host TEXT, node TEXT, "
         "instance_name TEXT, vm_state TEXT NOT NULL, task_state TEXT, power_state BIGINT NOT "
         "NULL, config_drive BIGINT NOT NULL, access_ipv4 TEXT NOT NULL, access_ipv6 TEXT NOT "
         "NULL, disk_config TEXT NOT NULL, locked_by TEXT, locked_reason TEXT, "
         "reservation_id TEXT NOT NULL, launch_index BIGINT NOT NULL, launched_at BIGINT, "
         "fault_record TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
         "CREATE INDEX nova_servers_project ON nova_servers (project_id, created_at, id)",
         "CREATE INDEX nova_servers_usage ON nova_servers (project_id, vcpus, memory_mb)",
         "CREATE INDEX nova_servers_created ON nova_servers (created_at, id)",
         "CREATE INDEX nova_servers_updated ON nova_servers (updated_at)",
         "CREATE INDEX nova_servers_host ON nova_servers (host)",
         "CREATE INDEX nova_servers_task ON nova_servers (task_state) WHERE task_state IS NOT "
         "NULL",
         "CREATE TABLE nova_actions (server_id TEXT NOT NULL, request_id TEXT NOT NULL, "
         "project_id TEXT NOT NULL, user_id TEXT NOT NULL, action TEXT NOT NULL, event TEXT NOT "
         "NULL, host TEXT NOT NULL, message TEXT, result TEXT, details TEXT, started_at BIGINT "
         "NOT NULL, updated_at BIGINT NOT NULL, finished_at BIGINT, PRIMARY KEY (server_id, "
         "request_id))",
         "CREATE INDEX nova_actions_updated ON nova_actions (updated_at)"},
        {},
        {}};
}

// Servers that are gone, as they were, for lists of what changed; and both together. A column added
// later must be added to both tables and the view made anew.
db::Migration deleted_servers_migration() {
    const std::string columns =
        "id, project_id, user_id, name, hostname, description, image_ref, flavor_copy, flavor_id, "
        "vcpus, memory_mb, root_gb, key_name, public_key, user_data, metadata, tags, "
        "availability_zone, requested_zone, requested_host, past_scheduler, kept_ports, "
        "scheduler_hints, host, node, instance_name, vm_state, task_state, power_state, "
        "config_drive, access_ipv4, access_ipv6, disk_config, locked_by, locked_reason, "
        "reservation_id, launch_index, launched_at, fault_record, created_at, updated_at, "
        "terminated_at, device_tags, resize_record, rescue_image, shelved_image";
    return {
        "nova.007_deleted_servers",
        {"ALTER TABLE nova_servers ADD COLUMN terminated_at BIGINT",
         "ALTER TABLE nova_servers ADD COLUMN device_tags TEXT NOT NULL DEFAULT '{}'",
         "ALTER TABLE nova_servers ADD COLUMN resize_record TEXT",
         "ALTER TABLE nova_servers ADD COLUMN rescue_image TEXT",
         "ALTER TABLE nova_servers ADD COLUMN shelved_image TEXT",
         "CREATE TABLE nova_deleted_servers (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, "
         "user_id TEXT NOT NULL, name TEXT NOT NULL, hostname TEXT NOT NULL, description TEXT, "
         "image_ref TEXT NOT NULL, flavor_copy TEXT NOT NULL, flavor_id TEXT NOT NULL, vcpus "
         "BIGINT NOT NULL, memory_mb BIGINT NOT NULL, root_gb BIGINT NOT NULL, key_name TEXT, "
         "public_key TEXT NOT NULL, user_data TEXT, metadata TEXT NOT NULL, tags TEXT NOT NULL, "
         "availability_zone TEXT NOT NULL, requested_zone TEXT, requested_host TEXT NOT NULL, "
         "past_scheduler BIGINT NOT NULL, kept_ports TEXT NOT NULL, scheduler_hints TEXT NOT "
         "NULL, host TEXT, node TEXT, instance_name TEXT, vm_state TEXT NOT NULL, task_state "
         "TEXT, power_state BIGINT NOT NULL, config_drive BIGINT NOT NULL, access_ipv4 TEXT NOT "
         "NULL, access_ipv6 TEXT NOT NULL, disk_config TEXT NOT NULL, locked_by TEXT, "
         "locked_reason TEXT, reservation_id TEXT NOT NULL, launch_index BIGINT NOT NULL, "
         "launched_at BIGINT, fault_record TEXT, created_at BIGINT NOT NULL, updated_at BIGINT "
         "NOT NULL, terminated_at BIGINT, device_tags TEXT NOT NULL, resize_record TEXT, "
         "rescue_image TEXT, shelved_image TEXT)",
         "CREATE INDEX nova_deleted_servers_project ON nova_deleted_servers (project_id, "
         "updated_at)",
         "CREATE INDEX nova_deleted_servers_updated ON nova_deleted_servers (updated_at)",
         "CREATE INDEX nova_deleted_servers_terminated ON nova_deleted_servers (terminated_at)",
         "CREATE VIEW nova_servers_with_deleted AS SELECT " + columns +
             " FROM nova_servers UNION ALL SELECT " + columns + " FROM nova_deleted_servers"},
        {},
        {}};
}
} // namespace

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> all{
        {"nova.001_flavors",
         {"CREATE TABLE nova_flavors (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description "
          "TEXT, memory_mb BIGINT NOT NULL, vcpus BIGINT NOT NULL, root_gb BIGINT NOT NULL, "
          "ephemeral_gb BIGINT NOT NULL, swap BIGINT NOT NULL, rxtx_factor DOUBLE PRECISION NOT "
          "NULL, is_public BIGINT NOT NULL, extra_specs TEXT NOT NULL, created_at BIGINT NOT NULL)",
          "CREATE TABLE nova_flavor_access (id TEXT PRIMARY KEY, flavor_id TEXT NOT NULL "
          "REFERENCES nova_flavors (id), tenant_id TEXT NOT NULL)",
          "CREATE INDEX nova_flavor_access_project ON nova_flavor_access (tenant_id)",
          "CREATE INDEX nova_flavor_access_flavor ON nova_flavor_access (flavor_id)"},
         {},
         {}},
        {"nova.002_keypairs",
         {"CREATE TABLE nova_keypairs (id TEXT PRIMARY KEY, number BIGINT NOT NULL, user_id TEXT "
          "NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, fingerprint TEXT NOT NULL, "
          "public_key TEXT NOT NULL, created_at BIGINT NOT NULL)",
          "CREATE INDEX nova_keypairs_user ON nova_keypairs (user_id, name)"},
         {},
         {}},
        {"nova.003_quotas",
         {"CREATE TABLE nova_quotas (project_id TEXT NOT NULL, resource TEXT NOT NULL, hard_limit "
          "BIGINT NOT NULL, PRIMARY KEY (project_id, resource))"},
         {},
         {}},
        servers_migration(),
        {"nova.005_compute_hosts",
         {"CREATE TABLE nova_compute_hosts (id TEXT PRIMARY KEY, service_id TEXT NOT NULL UNIQUE, "
          "number BIGINT NOT NULL, host TEXT NOT NULL UNIQUE, hypervisor_hostname TEXT NOT NULL, "
          "zone TEXT NOT NULL, disabled BIGINT NOT NULL, disabled_reason TEXT, forced_down BIGINT "
          "NOT NULL, connected BIGINT NOT NULL, vcpus BIGINT NOT NULL, memory_mb BIGINT NOT NULL, "
          "disk_gb BIGINT NOT NULL, hypervisor_type TEXT NOT NULL, hypervisor_version BIGINT NOT "
          "NULL, host_ip TEXT NOT NULL, architecture TEXT NOT NULL, cpu_info TEXT NOT NULL, "
          "failed_builds BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)"},
         {},
         {}},
        {"nova.006_console_tokens",
         {"CREATE TABLE nova_console_tokens (digest TEXT PRIMARY KEY, server_id TEXT NOT NULL, "
          "type "
          "TEXT NOT NULL, expires_at BIGINT NOT NULL)"},
         {},
         {}},
        deleted_servers_migration(),
        {"nova.008_quota_classes",
         {"CREATE TABLE nova_quota_classes (class TEXT NOT NULL, resource TEXT NOT NULL, "
          "hard_limit "
          "BIGINT NOT NULL, PRIMARY KEY (class, resource))"},
         {},
         {}},
        {"nova.009_groups",
         {"CREATE TABLE nova_aggregates (id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, name "
          "TEXT NOT NULL, hosts TEXT NOT NULL, metadata TEXT NOT NULL, created_at BIGINT NOT NULL, "
          "updated_at BIGINT)",
          "CREATE TABLE nova_aggregate_numbers (last BIGINT NOT NULL)",
          "INSERT INTO nova_aggregate_numbers (last) VALUES (0)",
          "CREATE TABLE nova_server_groups (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id "
          "TEXT NOT NULL, name TEXT NOT NULL, policy TEXT NOT NULL, max_server_per_host BIGINT, "
          "created_at BIGINT NOT NULL)",
          "CREATE INDEX nova_server_groups_project ON nova_server_groups (project_id, created_at)",
          "CREATE TABLE nova_server_group_members (group_id TEXT NOT NULL, server_id TEXT NOT "
          "NULL, number BIGINT NOT NULL, PRIMARY KEY (group_id, server_id))",
          "CREATE INDEX nova_server_group_members_server ON nova_server_group_members (server_id)"},
         {},
         {}},
    };
    return all;
}

} // namespace nephele::nova
