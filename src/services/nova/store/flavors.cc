// SPDX-License-Identifier: Apache-2.0
#include "services/nova/store/tables.h"

namespace nephele::nova::store {

Where visible_flavors(const std::string& project_id, bool all) {
    if (all) return {};
    return {"is_public = 1 OR id IN (SELECT flavor_id FROM nova_flavor_access WHERE tenant_id = ?)",
            {project_id}};
}

Flavor need_flavor(db::Tx& tx, const std::string& id, const std::string& project_id, bool all) {
    Where where = visible_flavors(project_id, all);
    where.sql = where.sql.empty() ? "id = ?" : "(" + where.sql + ") AND id = ?";
    where.params.emplace_back(id);
    auto found = shape::select(tx, flavors(), Scope::all(), where);
    if (found.empty()) shape::throw_not_found(flavors(), id);
    return std::move(found.front());
}

bool flavor_named(db::Tx& tx, const std::string& name) {
    return shape::count(tx, flavors(), Scope::all(), {"name = ?", {name}}) > 0;
}

std::string keypair_id(const std::string& user_id, const std::string& name) {
    return user_id + "/" + name;
}

std::optional<Keypair> find_keypair(db::Tx& tx, const std::string& user_id,
                                    const std::string& name) {
    return shape::find(tx, keypairs(), Scope::user(user_id), keypair_id(user_id, name));
}

} // namespace nephele::nova::store
