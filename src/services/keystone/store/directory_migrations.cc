// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/directory_migrations.h"

namespace nephele::keystone {
namespace {

db::Migration limits() {
    return {.name = "keystone.dir_001_limits",
            .statements = {
                "CREATE TABLE keystone_registered_limits (id TEXT PRIMARY KEY,"
                " service_id TEXT NOT NULL REFERENCES keystone_services (id),"
                " region_id TEXT REFERENCES keystone_regions (id), resource_name TEXT NOT NULL,"
                " default_limit BIGINT NOT NULL, description TEXT)",
                "CREATE UNIQUE INDEX keystone_registered_limits_of ON keystone_registered_limits"
                " (service_id, COALESCE(region_id, ''), resource_name)",
                "CREATE TABLE keystone_limits (id TEXT PRIMARY KEY, project_id TEXT,"
                " domain_id TEXT, service_id TEXT NOT NULL, region_id TEXT,"
                " resource_name TEXT NOT NULL, resource_limit BIGINT NOT NULL, description TEXT,"
                " registered_limit_id TEXT NOT NULL REFERENCES keystone_registered_limits (id))",
                "CREATE UNIQUE INDEX keystone_limits_of ON keystone_limits"
                " (COALESCE(project_id, domain_id), registered_limit_id)",
                "CREATE INDEX keystone_limits_registered ON keystone_limits (registered_limit_id)",
                "CREATE INDEX keystone_limits_project ON keystone_limits (project_id)",
                "CREATE INDEX keystone_limits_domain ON keystone_limits (domain_id)",
            }};
}

db::Migration endpoint_filters() {
    return {.name = "keystone.dir_002_endpoint_filters",
            .statements = {
                "CREATE TABLE keystone_project_endpoints (id TEXT PRIMARY KEY,"
                " project_id TEXT NOT NULL,"
                " endpoint_id TEXT NOT NULL REFERENCES keystone_endpoints (id))",
                "CREATE INDEX keystone_project_endpoints_project ON keystone_project_endpoints"
                " (project_id)",
                "CREATE INDEX keystone_project_endpoints_endpoint ON keystone_project_endpoints"
                " (endpoint_id)",
                "CREATE TABLE keystone_endpoint_groups (id TEXT PRIMARY KEY, name TEXT NOT NULL,"
                " description TEXT, filters TEXT NOT NULL)",
                "CREATE TABLE keystone_project_endpoint_groups (id TEXT PRIMARY KEY,"
                " project_id TEXT NOT NULL,"
                " endpoint_group_id TEXT NOT NULL REFERENCES keystone_endpoint_groups (id))",
                "CREATE INDEX keystone_project_endpoint_groups_project"
                " ON keystone_project_endpoint_groups (project_id)",
                "CREATE INDEX keystone_project_endpoint_groups_group"
                " ON keystone_project_endpoint_groups (endpoint_group_id)",
            }};
}

db::Migration policies() {
    return {.name = "keystone.dir_003_policies",
            .statements = {
                "CREATE TABLE keystone_policies (id TEXT PRIMARY KEY, policy_blob TEXT NOT NULL,"
                " type TEXT NOT NULL, extra TEXT)",
                "CREATE TABLE keystone_policy_associations (id TEXT PRIMARY KEY,"
                " policy_id TEXT NOT NULL REFERENCES keystone_policies (id),"
                " endpoint_id TEXT REFERENCES keystone_endpoints (id),"
                " service_id TEXT REFERENCES keystone_services (id),"
                " region_id TEXT REFERENCES keystone_regions (id))",
                "CREATE INDEX keystone_policy_associations_policy"
                " ON keystone_policy_associations (policy_id)",
            }};
}

db::Migration domain_options() {
    return {.name = "keystone.dir_004_domain_options",
            .statements = {
                "CREATE TABLE keystone_domain_options (id TEXT PRIMARY KEY,"
                " domain_id TEXT NOT NULL REFERENCES keystone_projects (id),"
                " option_group TEXT NOT NULL, option_name TEXT NOT NULL, value TEXT,"
                " sealed_value TEXT NOT NULL)",
                "CREATE INDEX keystone_domain_options_domain ON keystone_domain_options"
                " (domain_id)",
            }};
}

db::Migration id_mappings() {
    return {.name = "keystone.dir_005_id_mappings",
            .statements = {
                "CREATE TABLE keystone_id_mappings (id TEXT PRIMARY KEY, domain_id TEXT NOT NULL,"
                " kind TEXT NOT NULL, local_id TEXT NOT NULL, absent BIGINT NOT NULL)",
                "CREATE UNIQUE INDEX keystone_id_mappings_local ON keystone_id_mappings"
                " (domain_id, kind, local_id)",
                "CREATE INDEX keystone_id_mappings_absent ON keystone_id_mappings (absent)",
            }};
}

} // namespace

std::vector<db::Migration> directory_migrations() {
    return {limits(), endpoint_filters(), policies(), domain_options(), id_mappings()};
}

} // namespace nephele::keystone
