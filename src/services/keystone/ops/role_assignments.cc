// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/role_assignments.h"

#include "base/strings.h"
#include "services/keystone/logic/role_inference.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/identity.h"

#include <set>

namespace nephele::keystone {
namespace {

std::string marks(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i ? ", ?" : "?";
    return text;
}

void add_in(Where& where, const char* column, const std::vector<std::string>& values) {
    where.sql += (where.sql.empty() ? "" : " AND ") + std::string(column) + " IN (" +
                 marks(values.size()) + ")";
    for (const auto& value : values) where.params.push_back(value);
}

// Only what could possibly lead to a line of the answer; the lines are filtered again when they are
// complete.
Where candidates(db::Tx& tx, const AssignmentQuery& query) {
    Where where;
    if (!query.user_id.empty()) {
        std::vector<std::string> actors{query.user_id};
        if (query.effective)
            for (auto& id : store::group_ids_of(tx, query.user_id)) actors.push_back(id);
        add_in(where, "actor_id", actors);
    }
    if (!query.group_id.empty()) add_in(where, "actor_id", {query.group_id});
    if (!query.project_id.empty()) {
        std::vector<std::string> places{query.project_id};
        if (const auto project = find(tx, table::projects(), Scope::all(), query.project_id);
            project && query.effective)
            for (const auto& ancestor : store::ancestors(tx, *project))
                places.push_back(ancestor.id);
        if (query.include_subtree)
            for (const auto& child : store::subtree(tx, query.project_id))
                places.push_back(child.id);
        add_in(where, "place_id", places);
    }
    if (!query.domain_id.empty()) add_in(where, "place_id", {query.domain_id});
    if (query.system) add_in(where, "place", {"system"});
    if (!query.role_id.empty() && !query.effective) add_in(where, "role_id", {query.role_id});
    if (query.inherited_only)
        where.sql += std::string(where.sql.empty() ? "" : " AND ") + "inherited = 1";
    return where;
}

ShownAssignment shown(const Assignment& source) {
    ShownAssignment line;
    line.role_id = source.role_id;
    (source.actor == Actor::user ? line.user_id : line.group_id) = source.actor_id;
    line.place = source.place;
    line.place_id = source.place_id;
    line.inherited = source.inherited;
    line.source = source;
    return line;
}

// An inherited assignment counts on every project below its place, not on the place.
std::vector<ShownAssignment> over_projects(db::Tx& tx, ShownAssignment line) {
    if (!line.inherited) return {std::move(line)};
    std::vector<ShownAssignment> lines;
    for (const auto& project : store::subtree(tx, line.place_id)) {
        line.place = Place::project;
        line.place_id = project.id;
        lines.push_back(line);
    }
    return lines;
}

std::vector<ShownAssignment> over_members(db::Tx& tx, ShownAssignment line) {
    if (line.group_id.empty()) return {std::move(line)};
    std::vector<ShownAssignment> lines;
    for (const auto& user : store::members(tx, line.group_id)) {
        ShownAssignment of_user = line;
        of_user.membership_group = std::exchange(of_user.group_id, "");
        of_user.user_id = user.id;
        lines.push_back(std::move(of_user));
    }
    return lines;
}

bool wanted(const AssignmentQuery& query, const ShownAssignment& line,
            const std::set<std::string>& projects) {
    if (!query.user_id.empty() && line.user_id != query.user_id) return false;
    if (!query.group_id.empty() && line.group_id != query.group_id) return false;
    if (!query.role_id.empty() && line.role_id != query.role_id) return false;
    if (!query.project_id.empty() &&
        !(line.place == Place::project && projects.count(line.place_id)))
        return false;
    if (!query.domain_id.empty() &&
        !(line.place == Place::domain && line.place_id == query.domain_id))
        return false;
    return !query.system || line.place == Place::system;
}

// Roles that only work through implied ones are no result of their own.
std::set<std::string> domain_roles(db::Tx& tx) {
    std::set<std::string> ids;
    for (const auto& role : store::roles(tx))
        if (role.domain_id) ids.insert(role.id);
    return ids;
}

std::vector<ShownAssignment> expand(db::Tx& tx, const std::vector<Assignment>& sources) {
    const auto implications = store::implications(tx);
    const auto hidden = domain_roles(tx);
    std::set<std::string> seen;
    std::vector<ShownAssignment> lines;
    for (const auto& source : sources)
        for (const auto& placed : over_projects(tx, shown(source)))
            for (const auto& line : over_members(tx, placed))
                for (const auto& role : logic::with_implied({line.role_id}, implications)) {
                    if (hidden.count(role)) continue;
                    ShownAssignment one = line;
                    if (role != line.role_id) one.prior_role = std::exchange(one.role_id, role);
                    if (seen.insert(format("{} {} {} {} {}", one.role_id, one.user_id, one.place_id,
                                           text_of_enum(one.place), one.inherited))
                            .second)
                        lines.push_back(std::move(one));
                }
    return lines;
}

} // namespace

std::vector<ShownAssignment> find_assignments(db::Tx& tx, const AssignmentQuery& query) {
    const auto sources =
        select(tx, table::assignments(), Scope::all(), candidates(tx, query), "ORDER BY id");
    std::vector<ShownAssignment> lines;
    if (query.effective) {
        lines = expand(tx, sources);
    } else {
        for (const auto& source : sources) lines.push_back(shown(source));
    }
    std::set<std::string> projects{query.project_id};
    if (query.include_subtree)
        for (const auto& child : store::subtree(tx, query.project_id)) projects.insert(child.id);
    std::erase_if(lines, [&](const auto& line) { return !wanted(query, line, projects); });
    return lines;
}

} // namespace nephele::keystone
