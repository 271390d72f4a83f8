// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/migrations.h"

namespace nephele::keystone {
namespace {

db::Migration identity() {
    return {.name = "keystone.001_identity",
            .statements = {
                "CREATE TABLE keystone_projects (id TEXT PRIMARY KEY, name TEXT NOT NULL,"
                " domain_id TEXT, parent_id TEXT, is_domain BIGINT NOT NULL,"
                " description TEXT NOT NULL, enabled BIGINT NOT NULL, tags TEXT NOT NULL,"
                " options TEXT, extra TEXT)",
                "CREATE UNIQUE INDEX keystone_projects_name ON keystone_projects"
                " (COALESCE(domain_id, ''), name)",
                "CREATE INDEX keystone_projects_parent ON keystone_projects (parent_id)",
                "CREATE TABLE keystone_users (id TEXT PRIMARY KEY, name TEXT NOT NULL,"
                " domain_id TEXT NOT NULL REFERENCES keystone_projects (id),"
                " default_project_id TEXT, description TEXT, email TEXT, enabled BIGINT NOT NULL,"
                " options TEXT, password_expires_at BIGINT, password_hash TEXT NOT NULL,"
                " password_created_at BIGINT, password_by_user BIGINT NOT NULL,"
                " former_passwords TEXT NOT NULL, failed_logins BIGINT NOT NULL,"
                " failed_at BIGINT, created_at BIGINT NOT NULL, extra TEXT)",
                "CREATE UNIQUE INDEX keystone_users_name ON keystone_users (domain_id, name)",
                "CREATE TABLE keystone_groups (id TEXT PRIMARY KEY, name TEXT NOT NULL,"
                " domain_id TEXT NOT NULL REFERENCES keystone_projects (id),"
                " description TEXT NOT NULL, extra TEXT)",
                "CREATE UNIQUE INDEX keystone_groups_name ON keystone_groups (domain_id, name)",
                "CREATE TABLE keystone_memberships (id TEXT PRIMARY KEY,"
                " group_id TEXT NOT NULL REFERENCES keystone_groups (id),"
                " user_id TEXT NOT NULL REFERENCES keystone_users (id))",
                "CREATE INDEX keystone_memberships_user ON keystone_memberships (user_id)",
                "CREATE INDEX keystone_memberships_group ON keystone_memberships (group_id)",
            }};
}

db::Migration roles() {
    return {.name = "keystone.002_roles",
            .statements = {
                "CREATE TABLE keystone_roles (id TEXT PRIMARY KEY, name TEXT NOT NULL,"
                " domain_id TEXT, description TEXT NOT NULL, options TEXT, extra TEXT)",
                "CREATE UNIQUE INDEX keystone_roles_name ON keystone_roles"
                " (COALESCE(domain_id, ''), name)",
                "CREATE TABLE keystone_implications (id TEXT PRIMARY KEY,"
                " prior_id TEXT NOT NULL REFERENCES keystone_roles (id),"
                " implied_id TEXT NOT NULL REFERENCES keystone_roles (id))",
                "CREATE TABLE keystone_assignments (id TEXT PRIMARY KEY,"
                " role_id TEXT NOT NULL REFERENCES keystone_roles (id), actor TEXT NOT NULL,"
                " actor_id TEXT NOT NULL, place TEXT NOT NULL, place_id TEXT NOT NULL,"
                " inherited BIGINT NOT NULL)",
                "CREATE INDEX keystone_assignments_actor ON keystone_assignments"
                " (actor_id, place_id)",
                "CREATE INDEX keystone_assignments_place ON keystone_assignments (place_id)",
                "CREATE INDEX keystone_assignments_role ON keystone_assignments (role_id)",
            }};
}

db::Migration catalog() {
    return {.name = "keystone.003_catalog",
            .statements = {
                "CREATE TABLE keystone_regions (id TEXT PRIMARY KEY,"
                " parent_region_id TEXT REFERENCES keystone_regions (id),"
                " description TEXT NOT NULL, extra TEXT)",
                "CREATE TABLE keystone_services (id TEXT PRIMARY KEY, type TEXT NOT NULL,"
                " name TEXT, description TEXT, enabled BIGINT NOT NULL, extra TEXT)",
                "CREATE TABLE keystone_endpoints (id TEXT PRIMARY KEY,"
                " service_id TEXT NOT NULL REFERENCES keystone_services (id),"
                " interface TEXT NOT NULL, url TEXT NOT NULL,"
                " region_id TEXT REFERENCES keystone_regions (id), name TEXT, description TEXT,"
                " enabled BIGINT NOT NULL, extra TEXT)",
                "CREATE INDEX keystone_endpoints_service ON keystone_endpoints (service_id)",
            }};
}

db::Migration revocations() {
    return {.name = "keystone.004_revocations",
            .statements = {
                "CREATE TABLE keystone_revocations (id TEXT PRIMARY KEY, user_id TEXT,"
                " project_id TEXT, domain_id TEXT, \"OS_TRUST_trust_id\" TEXT,"
                " \"OS_OAUTH1_access_token_id\" TEXT, audit_id TEXT, audit_chain_id TEXT,"
                " issued_before BIGINT NOT NULL, revoked_at BIGINT NOT NULL)",
            }};
}

db::Migration delegations() {
    return {.name = "keystone.005_delegations",
            .statements = {
                "CREATE TABLE keystone_application_credentials (id TEXT PRIMARY KEY,"
                " name TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES keystone_users (id),"
                " project_id TEXT NOT NULL, description TEXT, role_ids TEXT NOT NULL,"
                " access_rule_ids TEXT NOT NULL, unrestricted BIGINT NOT NULL,"
                " expires_at BIGINT, secret_hash TEXT NOT NULL)",
                "CREATE UNIQUE INDEX keystone_application_credentials_name"
                " ON keystone_application_credentials (user_id, name)",
                "CREATE TABLE keystone_access_rules (id TEXT PRIMARY KEY,"
                " user_id TEXT NOT NULL REFERENCES keystone_users (id), service TEXT NOT NULL,"
                " method TEXT NOT NULL, path TEXT NOT NULL)",
                "CREATE INDEX keystone_access_rules_user ON keystone_access_rules (user_id)",
                "CREATE TABLE keystone_trusts (id TEXT PRIMARY KEY,"
                " trustor_user_id TEXT NOT NULL, trustee_user_id TEXT NOT NULL, project_id TEXT,"
                " impersonation BIGINT NOT NULL, role_ids TEXT NOT NULL, expires_at BIGINT,"
                " remaining_uses BIGINT, allow_redelegation BIGINT NOT NULL,"
                " redelegation_count BIGINT NOT NULL, redelegated_trust_id TEXT)",
                "CREATE INDEX keystone_trusts_trustor ON keystone_trusts (trustor_user_id)",
                "CREATE INDEX keystone_trusts_trustee ON keystone_trusts (trustee_user_id)",
                "CREATE TABLE keystone_credentials (id TEXT PRIMARY KEY, user_id TEXT NOT NULL,"
                " project_id TEXT, type TEXT NOT NULL, sealed_blob TEXT NOT NULL, extra TEXT)",
                "CREATE INDEX keystone_credentials_user ON keystone_credentials (user_id)",
            }};
}

} // namespace

std::vector<db::Migration> migrations() {
    std::vector<db::Migration> all{identity(), roles(), catalog(), revocations(), delegations()};
    for (auto& migration : delegation_migrations()) all.push_back(std::move(migration));
    return all;
}

} // namespace nephele::keystone
