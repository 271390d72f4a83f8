// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/logic/limit_model.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

// The model of unified limits may allow fewer levels than the configuration.
std::int64_t most_project_levels(const Call& call) {
    const std::int64_t configured = call.cloud.state<State>().max_project_depth;
    const std::int64_t of_model = logic::most_levels(
        logic::limit_model_named(call.cloud.config().text("keystone.limit_enforcement_model")));
    return of_model > 0 ? std::min(configured, of_model) : configured;
}

// The parent a new project goes under, in the same domain and not too deep.
void place_below_parent(Call& call, Project& project) {
    auto parent = find(call.tx, table::projects(), Scope::all(), *project.parent_id);
    if (!parent) throw_not_found(table::projects(), *project.parent_id);
    const std::string parent_domain =
        parent->is_domain ? parent->id : parent->domain_id.value_or("");
    if (!project.domain_id) project.domain_id = parent_domain;
    if (*project.domain_id != parent_domain)
        throw bad_request("ValidationError",
                          format("Cannot create project, since it specifies its domain_id {}, but "
                                 "specifies a parent in a different domain ({}).",
                                 *project.domain_id, parent_domain));
    if (project.enabled && !parent->enabled)
        throw forbidden(
            "Forbidden",
            format("Cannot create project since its parent {} is disabled.", parent->id));
    const auto depth = static_cast<std::int64_t>(store::ancestors(call.tx, *parent).size()) + 1;
    if (depth > most_project_levels(call))
        throw forbidden("Forbidden",
                        format("Max hierarchy depth reached for {} branch.", parent->id));
}

Project create(Call& call, const Project& wanted) {
    Project project = wanted;
    check_options(project.options, "project");
    check_tags(project.tags);
    project.id = call.new_hex();
    if (project.is_domain) {
        call.enforce("identity:create_project", target_of(project));
        if (project.parent_id || project.domain_id)
            throw bad_request("ValidationError",
                              "A project that acts as a domain has no domain and no parent.");
    } else {
        if (!project.parent_id) {
            project.domain_id = domain_for_new(call, project.domain_id.value_or(""));
            project.parent_id = project.domain_id;
        }
        call.enforce("identity:create_project", target_of(project));
        if (project.domain_id) store::need_domain(call.tx, *project.domain_id);
        place_below_parent(call, project);
    }
    store::insert(call, table::projects(), project);
    return project;
}

// tags=a,b: all of them; tags-any: one of them; not-tags, not-tags-any: the reverse.
bool has_wanted_tags(const Project& project, Page& page) {
    const auto has = [&](const std::string& tag) {
        return std::find(project.tags.begin(), project.tags.end(), tag) != project.tags.end();
    };
    const auto test = [&](const char* key, bool any) {
        bool all_found = true, any_found = false;
        for (auto [at, end] = page.extra.equal_range(key); at != end; ++at)
            for (const auto& tag : split(at->second, ',')) {
                all_found = all_found && has(tag);
                any_found = any_found || has(tag);
            }
        return any ? any_found : all_found;
    };
    const auto asked = [&](const char* key) { return page.extra.count(key) > 0; };
    return (!asked("tags") || test("tags", false)) &&
           (!asked("tags-any") || test("tags-any", true)) &&
           (!asked("not-tags") || !test("not-tags", false)) &&
           (!asked("not-tags-any") || !test("not-tags-any", true));
}

Listed<Project> list_all(Call& call, Page& page) {
    call.enforce("identity:list_projects", list_target(call));
    const bool domains_asked = std::any_of(page.filters.begin(), page.filters.end(),
                                           [](auto& f) { return f.field == "is_domain"; });
    // Domains are not among the projects unless asked for.
    auto listed = list(call.tx, table::projects(), list_scope(call), page,
                       domains_asked ? Where{} : Where{"is_domain = 0", {}});
    std::erase_if(listed.items, [&](const Project& p) { return !has_wanted_tags(p, page); });
    return listed;
}

Json id_tree(db::Tx& tx, const std::string& project_id) {
    Json tree;
    for (const auto& child : store::children(tx, project_id))
        tree[child.id] = id_tree(tx, child.id);
    return tree;
}

Json as_list(Call& call, const std::vector<Project>& projects) {
    Json list = Json::array();
    for (const auto& project : projects)
        list.push_back(Json::object({{"project", Project::shape().write(&project, call.view())}}));
    return list;
}

void refuse_both(const Call& call, const char* list, const char* ids) {
    if (flag(call, list) && flag(call, ids))
        throw bad_request("ValidationError",
                          format("Cannot use {} and {} query params at the same time.", list, ids));
}

// Lists show what the caller has a role on, whatever else it may see.
std::vector<Project> of_caller(Call& call, std::vector<Project> projects) {
    auto groups = store::group_ids_of(call.tx, call.who.user_id);
    groups.insert(groups.end(), call.who.group_ids.begin(), call.who.group_ids.end());
    const auto mine = store::projects_of_user(call.tx, call.who.user_id, groups);
    std::erase_if(projects, [&](const Project& project) {
        return std::none_of(mine.begin(), mine.end(),
                            [&](const Project& one) { return one.id == project.id; });
    });
    return projects;
}

Reply show(Call& call) {
    const Project project =
        need_allowed(call, table::projects(), call.path("project_id"), "identity:get_project");
    refuse_both(call, "parents_as_list", "parents_as_ids");
    refuse_both(call, "subtree_as_list", "subtree_as_ids");
    Json shown = Project::shape().write(&project, call.view());
    const auto parents = store::ancestors(call.tx, project);
    if (flag(call, "parents_as_list")) shown["parents"] = as_list(call, of_caller(call, parents));
    if (flag(call, "parents_as_ids")) {
        Json tree;
        for (auto parent = parents.rbegin(); parent != parents.rend(); ++parent)
            tree = Json::object({{parent->id, tree}});
        shown["parents"] = tree;
    }
    if (flag(call, "subtree_as_list"))
        
        shown["subtree"] = as_list(call, of_caller(call, store::subtree(call.tx, project.id)));
    if (flag(call, "subtree_as_ids")) shown["subtree"] = id_tree(call.tx, project.id);
    Reply reply;
    reply.body = Json::object({{"project", shown}});
    return reply;
}

Project update(Call& call, const Json& body) {
    Project project =
        need_allowed(call, table::projects(), call.path("project_id"), "identity:update_project");
    const Project before = project;
    check_mutable(project.options, table::projects(), project.id, "update",
                  &unwrap(Project::shape(), body));
    read_update(call, body, project);
    check_options(project.options, "project");
    check_tags(project.tags);
    if (project.domain_id != before.domain_id || project.is_domain != before.is_domain)
        throw bad_request("ValidationError", "The domain of a project cannot be changed.");
    if (project.parent_id != before.parent_id)
        throw forbidden("Forbidden", "Update of `parent_id` is not allowed.");
    if (project.enabled && !before.enabled)
        for (const auto& ancestor : store::ancestors(call.tx, project))
            if (!ancestor.enabled)
                throw forbidden(
                    "Forbidden",
                    format("Cannot enable project {} since it has disabled parents", project.id));
    if (!project.enabled && before.enabled)
        for (const auto& child : store::subtree(call.tx, project.id))
            if (child.enabled && !project.is_domain)
                throw forbidden("Forbidden", format("Cannot disable project {} since its subtree "
                                                    "contains enabled projects.",
                                                    project.id));
    store::update(call, table::projects(), project);
    return project;
}

void remove(Call& call) {
    const Project project =
        need_allowed(call, table::projects(), call.path("project_id"), "identity:delete_project");
    check_mutable(project.options, table::projects(), project.id, "delete");
    if (project.is_domain) {
        if (project.enabled)
            throw forbidden("Forbidden",
                            "Cannot delete a domain that is enabled. Please disable the domain "
                            "first.");
        return store::remove_domain(call, domain_of(project));
    }
    if (!store::children(call.tx, project.id).empty())
        throw forbidden("Forbidden",
                        format("Cannot delete the project {} since it is not a leaf in the "
                               "hierarchy. Use the cascade option if you want to delete a whole "
                               "subtree.",
                               project.id));
    store::remove_project(call, project);
}

Listed<Project> of_user(Call& call, Page&) {
    const auto user = find(call.tx, table::users(), Scope::all(), call.path("user_id"));
    call.enforce("identity:list_user_projects", target_of(user));
    if (!user) throw_not_found(table::users(), call.path("user_id"));
    return {store::projects_of_user(call.tx, user->id, store::group_ids_of(call.tx, user->id))};
}

} // namespace

Resource project_routes() {
    return Resource()
        .on("POST /v3/projects", enforced_by_handler, create, created)
        .on("GET /v3/projects", enforced_by_handler, list_all)
        .on("GET /v3/projects/{project_id}", enforced_by_handler, show)
        .on("PATCH /v3/projects/{project_id}", enforced_by_handler, update)
        .on("DELETE /v3/projects/{project_id}", enforced_by_handler, remove)
        .on("GET /v3/users/{user_id}/projects", enforced_by_handler, of_user);
}

} // namespace nephele::keystone
