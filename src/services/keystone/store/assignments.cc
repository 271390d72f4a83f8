// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/assignments.h"

#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

#include <set>

namespace nephele::keystone::store {
namespace {

/// "(actor_id = ? OR actor_id IN (?, ?))" with its parameters: ids are unique over users and
/// groups.
Where by_actor(const std::string& user_id, const std::vector<std::string>& group_ids) {
    Where where{"actor_id IN (?", {user_id}};
    for (const auto& id : group_ids) {
        where.sql += ", ?";
        where.params.push_back(id);
    }
    where.sql += ")";
    return where;
}

} // namespace

std::vector<std::string> assigned_role_ids(db::Tx& tx, const std::string& user_id,
                                           const std::vector<std::string>& group_ids, Place place,
                                           const std::string& place_id) {
    Where where = by_actor(user_id, group_ids);
    where.sql += " AND ((inherited = 0 AND place = ? AND place_id = ?)";
    where.params.push_back(std::string(text_of_enum(place)));
    where.params.push_back(place_id);
    if (place == Place::project) {
        std::string above;
        if (auto project = find(tx, table::projects(), Scope::all(), place_id))
            for (const auto& ancestor : ancestors(tx, *project)) {
                above += above.empty() ? "?" : ", ?";
                where.params.push_back(ancestor.id);
            }
        if (!above.empty()) where.sql += " OR (inherited = 1 AND place_id IN (" + above + "))";
    }
    where.sql += ")";
    std::vector<std::string> ids;
    tx.each("SELECT DISTINCT role_id FROM keystone_assignments WHERE " + where.sql +
                " ORDER BY role_id",
            where.params, [&](const db::Row& row) { ids.push_back(row.str(0)); });
    return ids;
}

std::vector<Implication> implications(db::Tx& tx) {
    return select(tx, table::implications(), Scope::all(), {}, "ORDER BY id");
}
std::vector<Role> roles(db::Tx& tx) {
    return select(tx, table::roles(), Scope::all(), {}, "ORDER BY name");
}
std::optional<Role> find_role_named(db::Tx& tx, const std::string& name,
                                    const std::string& domain_id) {
    auto found = select(tx, table::roles(), Scope::all(),
                        {"COALESCE(domain_id, '') = ? AND name = ?", {domain_id, name}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

void remove_role(Context& context, const Role& role) {
    erase_all(context, table::assignments(), {"role_id = ?", {role.id}});
    erase_all(context, table::implications(),
              {"prior_id = ? OR implied_id = ?", {role.id, role.id}});
    store::erase(context, table::roles(), role);
}

void ensure_assignment(Context& context, const Assignment& assignment) {
    if (!find(context.tx, table::assignments(), Scope::all(), assignment.id))
        store::insert(context, table::assignments(), assignment);
}
void ensure_implication(Context& context, const std::string& prior, const std::string& implied) {
    const std::string id = Implication::id_of(prior, implied);
    if (!find(context.tx, table::implications(), Scope::all(), id))
        store::insert(context, table::implications(), Implication{id, prior, implied});
}

std::vector<Project> projects_of_user(db::Tx& tx, const std::string& user_id,
                                      const std::vector<std::string>& group_ids) {
    std::set<std::string> ids;
    std::vector<std::string> above;
    const Where where = by_actor(user_id, group_ids);
    tx.each("SELECT place, place_id, inherited FROM keystone_assignments WHERE " + where.sql,
            where.params, [&](const db::Row& row) {
                if (row.boolean(2))
                    above.push_back(row.str(1));
                else if (row.text(0) == "project")
                    ids.insert(row.str(1));
            });
    for (const auto& id : above)
        for (const auto& project : subtree(tx, id)) ids.insert(project.id);
    std::vector<Project> found;
    for (const auto& id : ids)
        if (auto project = find(tx, table::projects(), Scope::all(), id))
            found.push_back(std::move(*project));
    return found;
}

std::vector<Domain> domains_of_user(db::Tx& tx, const std::string& user_id,
                                    const std::vector<std::string>& group_ids) {
    Where where = by_actor(user_id, group_ids);
    return select(tx, table::domains(), Scope::all(),
                  {"is_domain = 1 AND id IN (SELECT place_id FROM keystone_assignments WHERE "
                   "place = 'domain' AND inherited = 0 AND " +
                       where.sql + ")",
                   where.params},
                  "ORDER BY name");
}

} // namespace nephele::keystone::store
