// SPDX-License-Identifier: Apache-2.0
// Nova's schema. Only appended to.
#include "services/nova/store/tables.h"

namespace nephele::nova {

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
    };
    return all;
}

} // namespace nephele::nova
