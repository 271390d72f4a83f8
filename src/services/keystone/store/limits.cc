// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/limits.h"

#include "base/strings.h"
#include "services/keystone/store/changes.h"

namespace nephele::keystone::store {

std::optional<RegisteredLimit> find_registered_limit(db::Tx& tx, const std::string& service_id,
                                                     const std::optional<std::string>& region_id,
                                                     const std::string& resource_name) {
    auto found = select(tx, table::registered_limits(), Scope::all(),
                        {"service_id = ? AND COALESCE(region_id, '') = ? AND resource_name = ?",
                         {service_id, region_id.value_or(""), resource_name}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::optional<Limit> find_limit(db::Tx& tx, const std::string& registered_limit_id,
                                const std::string& owner_id) {
    auto found = select(tx, table::limits(), Scope::all(),
                        {"registered_limit_id = ? AND COALESCE(project_id, domain_id) = ?",
                         {registered_limit_id, owner_id}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

bool is_referred_to(db::Tx& tx, const RegisteredLimit& registered) {
    return tx.count("SELECT count(*) FROM keystone_limits WHERE registered_limit_id = ?",
                    {registered.id}) > 0;
}

std::vector<std::int64_t> project_limits_in(db::Tx& tx, const std::string& registered_limit_id,
                                            const std::string& domain_id) {
    std::vector<std::int64_t> limits;
    tx.each("SELECT resource_limit FROM keystone_limits WHERE registered_limit_id = ? AND "
            "project_id IN (SELECT id FROM keystone_projects WHERE domain_id = ?)",
            db::Params{registered_limit_id, domain_id},
            [&](const db::Row& row) { limits.push_back(row.integer(0)); });
    return limits;
}

void remove_limits_of(Context& context, const std::string& owner_id) {
    erase_all(context, table::limits(), {"project_id = ? OR domain_id = ?", {owner_id, owner_id}});
}

std::vector<std::string> limits_of_nobody(db::Tx& tx) {
    std::vector<std::string> out;
    tx.each("SELECT id, COALESCE(project_id, domain_id) FROM keystone_limits WHERE NOT EXISTS "
            "(SELECT 1 FROM keystone_projects p WHERE p.id = COALESCE(project_id, "
            "keystone_limits.domain_id))",
            db::Params{}, [&](const db::Row& row) {
                out.push_back(
                    format("limit {} is of {}, which does not exist", row.text(0), row.text(1)));
            });
    return out;
}

} // namespace nephele::keystone::store
