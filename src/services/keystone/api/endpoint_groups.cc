// SPDX-License-Identifier: Apache-2.0
// OS-EP-FILTER: groups of endpoints by what they have in common, and the projects that have them.
#include "base/strings.h"
#include "services/keystone/api/directory.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/endpoint_filters.h"

namespace nephele::keystone {
namespace {

EndpointGroup need_group(Call& call) {
    return need(call.tx, table::endpoint_groups(), Scope::all(), call.path("endpoint_group_id"));
}

void check_filters(const EndpointGroup& group) {
    if (!group.filters.is_object() || group.filters.size() == 0)
        throw bad_request("ValidationError", "filters field is required and cannot be empty");
    for (const auto& [name, value] : group.filters.as_object()) {
        if (name != "service_id" && name != "region_id" && name != "interface")
            throw expected("service_id or region_id or interface", "endpoint_group");
        if (!value.is_string() || value.as_string().size() > 255)
            throw bad_request("ValidationError",
                              format("Invalid input for field 'filters': the value of {} is not a "
                                     "string of at most 255 characters.",
                                     name));
    }
}

EndpointGroup create(Call& call, const EndpointGroup& wanted) {
    EndpointGroup group = wanted;
    check_filters(group);
    group.id = call.new_hex();
    store::insert(call, table::endpoint_groups(), group);
    return group;
}

Listed<EndpointGroup> list_all(Call& call, const Page& page) {
    return list(call.tx, table::endpoint_groups(), Scope::all(), page);
}

EndpointGroup show(Call& call) { return need_group(call); }

EndpointGroup update(Call& call, const Json& body) {
    EndpointGroup group = need_group(call);
    read_update(call, body, group);
    check_filters(group);
    store::update(call, table::endpoint_groups(), group);
    return group;
}

void remove(Call& call) { store::remove_endpoint_group(call, need_group(call)); }

Listed<Endpoint> endpoints_of(Call& call, const Page&) {
    return {store::endpoints_in(call.tx, need_group(call))};
}
Listed<Project> projects_of(Call& call, const Page&) {
    return {store::projects_with_endpoint_group(call.tx, need_group(call).id)};
}
Listed<EndpointGroup> groups_of(Call& call, const Page&) {
    const Project project = need(call.tx, table::projects(), Scope::all(), call.path("project_id"));
    return {store::endpoint_groups_of_project(call.tx, project.id)};
}

// Both must be there, whether or not they are associated.
ProjectEndpointGroup named(Call& call) {
    const Project project = need(call.tx, table::projects(), Scope::all(), call.path("project_id"));
    return ProjectEndpointGroup::of(project.id, need_group(call).id);
}

void put(Call& call) { store::insert(call, table::project_endpoint_groups(), named(call)); }

ProjectEndpointGroup show_association(Call& call) {
    const auto wanted = named(call);
    auto found = find(call.tx, table::project_endpoint_groups(), Scope::all(), wanted.id);
    if (!found) throw not_found("NotFound", "Endpoint Group Project Association not found");
    return std::move(*found);
}

void remove_association(Call& call) {
    store::erase(call, table::project_endpoint_groups(), show_association(call));
}

} // namespace

Resource endpoint_group_routes() {
    const std::string all = "/v3/OS-EP-FILTER/endpoint_groups", one = all + "/{endpoint_group_id}",
                      in_project = one + "/projects/{project_id}";
    return Resource()
        .on("POST " + all, "identity:create_endpoint_group", create, created)
        .on("GET " + all, "identity:list_endpoint_groups", list_all)
        .on("GET " + one, "identity:get_endpoint_group", show)
        .on("HEAD " + one, "identity:get_endpoint_group", show)
        .on("PATCH " + one, "identity:update_endpoint_group", update)
        .on("DELETE " + one, "identity:delete_endpoint_group", remove)
        .on("GET " + one + "/endpoints", "identity:list_endpoints_associated_with_endpoint_group",
            endpoints_of)
        .on("GET " + one + "/projects", "identity:list_projects_associated_with_endpoint_group",
            projects_of)
        .on("GET /v3/OS-EP-FILTER/projects/{project_id}/endpoint_groups",
            "identity:list_endpoint_groups_for_project", groups_of)
        .on("PUT " + in_project, "identity:add_endpoint_group_to_project", put)
        .on("GET " + in_project, "identity:get_endpoint_group_in_project", show_association)
        .on("HEAD " + in_project, "identity:get_endpoint_group_in_project", show_association)
        .on("DELETE " + in_project, "identity:remove_endpoint_group_from_project",
            remove_association);
}

} // namespace nephele::keystone
