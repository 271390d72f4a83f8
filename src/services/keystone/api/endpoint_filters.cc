// SPDX-License-Identifier: Apache-2.0
// OS-EP-FILTER: endpoints associated with projects, one by one.
#include "services/keystone/store/endpoint_filters.h"
#include "base/strings.h"
#include "services/keystone/api/directory.h"
#include "services/keystone/store/changes.h"

namespace nephele::keystone {
namespace {

Endpoint need_endpoint(Call& call) {
    return need(call.tx, table::endpoints(), Scope::all(), call.path("endpoint_id"));
}
Project need_project(Call& call) {
    return need(call.tx, table::projects(), Scope::all(), call.path("project_id"));
}

void put(Call& call) {
    store::insert(call, table::project_endpoints(),
                  ProjectEndpoint::of(need_project(call).id, need_endpoint(call).id));
}

ProjectEndpoint need_association(Call& call) {
    const auto wanted = ProjectEndpoint::of(call.path("project_id"), call.path("endpoint_id"));
    auto found = find(call.tx, table::project_endpoints(), Scope::all(), wanted.id);
    if (!found)
        throw not_found("NotFound", format("Endpoint {} not found in project {}",
                                           wanted.endpoint_id, wanted.project_id));
    return std::move(*found);
}

void check(Call& call) {
    need_endpoint(call);
    need_project(call);
    need_association(call);
}

void remove(Call& call) { store::erase(call, table::project_endpoints(), need_association(call)); }

Listed<Endpoint> endpoints_of(Call& call, const Page&) {
    return {store::endpoints_for_project(call.tx, need_project(call).id)};
}

Listed<Project> projects_of(Call& call, const Page&) {
    return {store::projects_with_endpoint(call.tx, need_endpoint(call).id)};
}

} // namespace

Resource endpoint_filter_routes() {
    const std::string project = "/v3/OS-EP-FILTER/projects/{project_id}",
                      one = project + "/endpoints/{endpoint_id}";
    return Resource()
        .on("PUT " + one, "identity:add_endpoint_to_project", put)
        .on("GET " + one, "identity:check_endpoint_in_project", check)
        .on("HEAD " + one, "identity:check_endpoint_in_project", check)
        .on("DELETE " + one, "identity:remove_endpoint_from_project", remove)
        .on("GET " + project + "/endpoints", "identity:list_endpoints_for_project", endpoints_of)
        .on("GET /v3/OS-EP-FILTER/endpoints/{endpoint_id}/projects",
            "identity:list_projects_for_endpoint", projects_of);
}

} // namespace nephele::keystone
