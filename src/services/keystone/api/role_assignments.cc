// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/role_assignments.h"
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/store/identity.h"

#include <map>

namespace nephele::keystone {
namespace {

AssignmentQuery read_query(const Call& call) {
    AssignmentQuery query;
    query.user_id = call.query("user.id").value_or("");
    query.group_id = call.query("group.id").value_or("");
    query.role_id = call.query("role.id").value_or("");
    query.project_id = call.query("scope.project.id").value_or("");
    query.domain_id = call.query("scope.domain.id").value_or("");
    query.system = call.query("scope.system").has_value();
    query.inherited_only = call.query("scope.OS-INHERIT:inherited_to").has_value();
    query.effective = flag(call, "effective");
    query.include_subtree = flag(call, "include_subtree");
    if (query.effective && !query.group_id.empty())
        throw bad_request("ValidationError",
                          "Combining effective and group filter will always result in an empty "
                          "list.");
    if (query.effective && query.inherited_only && !query.domain_id.empty())
        throw bad_request("ValidationError",
                          "Combining effective, domain and inherited filters will always result "
                          "in an empty list.");
    if (query.include_subtree && query.project_id.empty())
        throw bad_request("ValidationError",
                          "scope.project.id must be specified if include_subtree is also "
                          "specified");
    if (!query.user_id.empty() && !query.group_id.empty())
        throw bad_request("ValidationError", "Specify a user or group, not both");
    if (!query.project_id.empty() && !query.domain_id.empty())
        throw bad_request("ValidationError", "Specify a domain or project, not both");
    return query;
}

// Writes the lines; names are looked up once each.
class Writer {
  public:
    Writer(Call& call, bool names) : call_(call), names_(names) {}

    Json write(const ShownAssignment& line) {
        Json shown = Json::object({{"role", role(line.role_id)}});
        if (!line.user_id.empty())
            shown["user"] = user(line.user_id);
        else
            shown["group"] = group(line.group_id);
        shown["scope"] = scope(line);
        shown["links"] = links(line);
        return shown;
    }
    /// False for a line whose user, group, project or domain is gone by now.
    bool in_domain(const ShownAssignment& line, const std::string& domain_id) {
        if (line.place == Place::domain) return line.place_id == domain_id;
        if (line.place == Place::system) return false;
        const auto project = find(call_.tx, table::projects(), Scope::all(), line.place_id);
        return project && project->domain_id == domain_id;
    }

  private:
    Json cached(const std::string& key, Json (Writer::*make)(const std::string&),
                const std::string& id) {
        if (!names_) return Json::object({{"id", id}});
        auto found = cache_.find(key + id);
        if (found == cache_.end()) found = cache_.emplace(key + id, (this->*make)(id)).first;
        return found->second;
    }
    Json domain_named(const std::string& id) {
        const auto domain = store::find_domain(call_.tx, id);
        return Json::object({{"id", id}, {"name", domain ? domain->name : ""}});
    }
    Json make_role(const std::string& id) {
        const auto role = find(call_.tx, table::roles(), Scope::all(), id);
        Json shown = Json::object({{"id", id}, {"name", role ? role->name : ""}});
        if (role && role->domain_id) shown["domain"] = domain_named(*role->domain_id);
        return shown;
    }
    Json make_user(const std::string& id) {
        const auto user = find(call_.tx, table::users(), Scope::all(), id);
        if (!user) return Json::object({{"id", id}, {"name", ""}});
        return Json::object(
            {{"id", id}, {"name", user->name}, {"domain", domain_named(user->domain_id)}});
    }
    Json make_group(const std::string& id) {
        const auto group = find(call_.tx, table::groups(), Scope::all(), id);
        if (!group) return Json::object({{"id", id}, {"name", ""}});
        return Json::object(
            {{"id", id}, {"name", group->name}, {"domain", domain_named(group->domain_id)}});
    }
    Json make_project(const std::string& id) {
        const auto project = find(call_.tx, table::projects(), Scope::all(), id);
        if (!project) return Json::object({{"id", id}, {"name", ""}});
        return Json::object(
            {{"id", id},
             {"name", project->name},
             {"domain", project->domain_id ? domain_named(*project->domain_id) : Json()}});
    }
    Json role(const std::string& id) { return cached("r", &Writer::make_role, id); }
    Json user(const std::string& id) { return cached("u", &Writer::make_user, id); }
    Json group(const std::string& id) { return cached("g", &Writer::make_group, id); }

    Json scope(const ShownAssignment& line) {
        Json scope;
        if (line.place == Place::project)
            scope["project"] = cached("p", &Writer::make_project, line.place_id);
        else if (line.place == Place::domain)
            scope["domain"] = cached("d", &Writer::domain_named, line.place_id);
        else
            scope["system"] = Json::object({{"all", true}});
        if (line.inherited) scope["OS-INHERIT:inherited_to"] = "projects";
        return scope;
    }
    Json links(const ShownAssignment& line) const {
        const Assignment& source = line.source;
        const std::string base = call_.in.base_url + "/v3";
        std::string path = format("/{}s/{}", text_of_enum(source.place), source.place_id);
        if (source.place == Place::system) path = "/system";
        path +=
            format("/{}s/{}/roles/{}", text_of_enum(source.actor), source.actor_id, source.role_id);
        if (source.inherited) path = "/OS-INHERIT" + path + "/inherited_to_projects";
        Json links = Json::object({{"assignment", base + path}});
        if (!line.membership_group.empty())
            links["membership"] =
                base + format("/groups/{}/users/{}", line.membership_group, line.user_id);
        if (!line.prior_role.empty()) links["prior_role"] = base + "/roles/" + line.prior_role;
        return links;
    }

    Call& call_;
    bool names_;
    std::map<std::string, Json> cache_;
};

Json list_all(Call& call) {
    const AssignmentQuery query = read_query(call);
    policy::Target target = list_target(call);
    if (query.include_subtree) {
        if (const auto project = find(call.tx, table::projects(), Scope::all(), query.project_id))
            add_target(target, *project);
        call.enforce("identity:list_role_assignments_for_tree", target);
    } else {
        call.enforce("identity:list_role_assignments", target);
    }
    Writer writer(call, flag(call, "include_names"));
    Json lines = Json::array();
    for (const auto& line : find_assignments(call.tx, query))
        if (call.who.domain_id.empty() || writer.in_domain(line, call.who.domain_id))
            lines.push_back(writer.write(line));
    return Json::object({{"role_assignments", lines}, {"links", list_links(call)}});
}

} // namespace

Resource role_assignment_routes() {
    return Resource().on("GET /v3/role_assignments", enforced_by_handler, list_all);
}

} // namespace nephele::keystone
