// SPDX-License-Identifier: Apache-2.0
#include "services/nova/store/quotas.h"

namespace nephele::nova::store {

std::int64_t limit_of(db::Tx& tx, const std::string& project_id, const std::string& name) {
    std::int64_t of_class = tx.count(
        "SELECT hard_limit FROM nova_quota_classes WHERE class = 'default' AND resource = ?",
        {name}, default_limit(name));
    return tx.count("SELECT hard_limit FROM nova_quotas WHERE project_id = ? AND resource = ?",
                    {project_id, name}, of_class);
}

Amounts limits_of(db::Tx& tx, const std::string& project_id) {
    Amounts out = limits_of_class(tx, "default");
    tx.each("SELECT resource, hard_limit FROM nova_quotas WHERE project_id = ?",
            db::Params{project_id}, [&](const db::Row& row) { out[row.str(0)] = row.integer(1); });
    return out;
}

Amounts limits_of_class(db::Tx& tx, const std::string& name) {
    Amounts out;
    for (auto& kind : quota_kinds()) out[kind.name] = kind.fallback;
    tx.each("SELECT resource, hard_limit FROM nova_quota_classes WHERE class = ?", db::Params{name},
            [&](const db::Row& row) { out[row.str(0)] = row.integer(1); });
    return out;
}

void set_class_limit(db::Tx& tx, const std::string& class_name, const std::string& name,
                     std::int64_t limit) {
    tx.exec("INSERT INTO nova_quota_classes (class, resource, hard_limit) VALUES (?, ?, ?) ON "
            "CONFLICT (class, resource) DO UPDATE SET hard_limit = excluded.hard_limit",
            db::Params{class_name, name, limit});
}

Amounts usage_of(db::Tx& tx, const std::string& project_id) {
    Amounts out{{"instances", 0}, {"cores", 0}, {"ram", 0}};
    tx.first("SELECT COUNT(*), COALESCE(SUM(vcpus), 0), COALESCE(SUM(memory_mb), 0) FROM "
             "nova_servers WHERE project_id = ?",
             db::Params{project_id}, [&](const db::Row& row) {
                 out["instances"] = row.integer(0);
                 out["cores"] = row.integer(1);
                 out["ram"] = row.integer(2);
             });
    out["server_groups"] =
        tx.count("SELECT COUNT(*) FROM nova_server_groups WHERE project_id = ?", {project_id});
    return out;
}

void set_limit(db::Tx& tx, const std::string& project_id, const std::string& name,
               std::int64_t limit) {
    tx.exec("INSERT INTO nova_quotas (project_id, resource, hard_limit) VALUES (?, ?, ?) ON "
            "CONFLICT (project_id, resource) DO UPDATE SET hard_limit = excluded.hard_limit",
            db::Params{project_id, name, limit});
}

void clear_limits(db::Tx& tx, const std::string& project_id) {
    tx.exec("DELETE FROM nova_quotas WHERE project_id = ?", db::Params{project_id});
}

} // namespace nephele::nova::store
