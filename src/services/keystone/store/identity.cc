// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/identity.h"

#include "services/keystone/model/domain_option.h"
#include "services/keystone/model/id_mapping.h"
#include "services/keystone/model/role.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/delegations.h"
#include "services/keystone/store/endpoint_filters.h"
#include "services/keystone/store/federation.h"
#include "services/keystone/store/limits.h"

namespace nephele::keystone::store {
namespace {

template <class T> std::optional<T> first_of(std::vector<T> records) {
    if (records.empty()) return std::nullopt;
    return std::move(records.front());
}

void remove_assignments_of(Context& context, const std::string& actor_id) {
    erase_all(context, table::assignments(), {"actor_id = ?", {actor_id}});
}
void remove_assignments_at(Context& context, const std::string& place_id) {
    erase_all(context, table::assignments(), {"place_id = ?", {place_id}});
}

// More levels than any configuration allows: ends the walk should rows ever form a circle.
constexpr int depth_limit = 64;

} // namespace

std::optional<Domain> find_domain(db::Tx& tx, const std::string& id) {
    auto domain = find(tx, table::domains(), Scope::all(), id);
    if (domain && !domain->is_domain) return std::nullopt;
    return domain;
}
Domain need_domain(db::Tx& tx, const std::string& id) {
    if (auto domain = find_domain(tx, id)) return std::move(*domain);
    throw_not_found(table::domains(), id);
}
std::optional<Domain> find_domain_named(db::Tx& tx, const std::string& name) {
    return first_of(
        select(tx, table::domains(), Scope::all(),
               {"is_domain = 1 AND COALESCE(domain_id, '') = '' AND name = ?", {name}}));
}
std::optional<Project> find_project_named(db::Tx& tx, const std::string& name,
                                          const std::string& domain_id) {
    return first_of(select(tx, table::projects(), Scope::all(),
                           {"COALESCE(domain_id, '') = ? AND name = ?", {domain_id, name}}));
}
std::optional<User> find_user_named(db::Tx& tx, const std::string& name,
                                    const std::string& domain_id) {
    return first_of(select(tx, table::users(), Scope::all(),
                           {"domain_id = ? AND name = ? AND shadow = 0", {domain_id, name}}));
}

std::vector<Project> ancestors(db::Tx& tx, const Project& project) {
    std::vector<Project> found;
    std::optional<std::string> parent = project.parent_id;
    for (int level = 0; parent && level < depth_limit; ++level) {
        auto next = find(tx, table::projects(), Scope::all(), *parent);
        if (!next) break;
        parent = next->parent_id;
        found.push_back(std::move(*next));
    }
    return found;
}
std::vector<Project> children(db::Tx& tx, const std::string& project_id) {
    return select(tx, table::projects(), Scope::all(), {"parent_id = ?", {project_id}},
                  "ORDER BY name");
}
std::vector<Project> subtree(db::Tx& tx, const std::string& project_id) {
    std::vector<Project> found = children(tx, project_id);
    for (std::size_t at = 0; at < found.size(); ++at)
        for (Project& child : children(tx, found[at].id)) found.push_back(std::move(child));
    return found;
}

std::vector<std::string> group_ids_of(db::Tx& tx, const std::string& user_id) {
    std::vector<std::string> ids;
    tx.each("SELECT group_id FROM keystone_memberships WHERE user_id = ? ORDER BY group_id",
            db::Params{user_id}, [&](const db::Row& row) { ids.push_back(row.str(0)); });
    return ids;
}
bool is_member(db::Tx& tx, const std::string& group_id, const std::string& user_id) {
    return find(tx, table::memberships(), Scope::all(), Membership::id_of(group_id, user_id))
        .has_value();
}
std::vector<User> members(db::Tx& tx, const std::string& group_id) {
    return select(
        tx, table::users(), Scope::all(),
        {"id IN (SELECT user_id FROM keystone_memberships WHERE group_id = ?)", {group_id}},
        "ORDER BY name");
}
std::vector<Group> groups_of(db::Tx& tx, const std::string& user_id) {
    return select(
        tx, table::groups(), Scope::all(),
        {"id IN (SELECT group_id FROM keystone_memberships WHERE user_id = ?)", {user_id}},
        "ORDER BY name");
}

void remove_user(Context& context, const User& user) {
    erase_all(context, table::memberships(), {"user_id = ?", {user.id}});
    erase_all(context, table::id_mappings(), {"id = ?", {user.id}});
    forget_federation_of_user(context, user.id);
    remove_assignments_of(context, user.id);
    remove_delegations_of_user(context, user.id);
    store::erase(context, table::users(), user);
}

void remove_group(Context& context, const Group& group) {
    erase_all(context, table::memberships(), {"group_id = ?", {group.id}});
    erase_all(context, table::id_mappings(), {"id = ?", {group.id}});
    forget_federation_of_group(context, group.id);
    remove_assignments_of(context, group.id);
    store::erase(context, table::groups(), group);
}

void remove_project(Context& context, const Project& project) {
    remove_assignments_at(context, project.id);
    remove_delegations_at_project(context, project.id);
    remove_limits_of(context, project.id);
    remove_endpoint_filters_of(context, project.id);
    for (User& user : select(context.tx, table::users(), Scope::all(),
                             {"default_project_id = ?", {project.id}})) {
        user.default_project_id.reset();
        store::update(context, table::users(), user);
    }
    store::erase(context, table::projects(), project);
}

void remove_domain(Context& context, const Domain& domain) {
    forget_federation_of_domain(context, domain.id);
    for (const auto& user :
         select(context.tx, table::users(), Scope::all(), {"domain_id = ?", {domain.id}}))
        remove_user(context, user);
    for (const auto& group :
         select(context.tx, table::groups(), Scope::all(), {"domain_id = ?", {domain.id}}))
        remove_group(context, group);
    auto projects = subtree(context.tx, domain.id);
    for (auto project = projects.rbegin(); project != projects.rend(); ++project)
        remove_project(context, *project);
    for (const auto& role :
         select(context.tx, table::roles(), Scope::all(), {"domain_id = ?", {domain.id}})) {
        erase_all(context, table::assignments(), {"role_id = ?", {role.id}});
        erase_all(context, table::implications(),
                  {"prior_id = ? OR implied_id = ?", {role.id, role.id}});
        store::erase(context, table::roles(), role);
    }
    remove_assignments_at(context, domain.id);
    remove_limits_of(context, domain.id);
    remove_endpoint_filters_of(context, domain.id);
    erase_all(context, table::domain_options(), {"domain_id = ?", {domain.id}});
    store::erase(context, table::domains(), domain);
}

} // namespace nephele::keystone::store
