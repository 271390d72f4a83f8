// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/store/changes.h"

namespace nephele::keystone {
namespace {

constexpr std::size_t most_tags = 80;

Project need(Call& call, const char* rule) {
    return need_allowed(call, table::projects(), call.path("project_id"), rule);
}

bool has(const Project& project, const std::string& tag) {
    return std::find(project.tags.begin(), project.tags.end(), tag) != project.tags.end();
}

Json shown(const Call& call, const Project& project) {
    return Json::object({{"tags", Json(project.tags)}, {"links", list_links(call)}});
}

Json list_all(Call& call) { return shown(call, need(call, "identity:list_project_tags")); }

void save(Call& call, Project& project) {
    if (project.tags.size() > most_tags)
        throw bad_request("ValidationError", format("A project has at most {} tags.", most_tags));
    store::update(call, table::projects(), project);
}

Json replace(Call& call, const Json& body) {
    Project project = need(call, "identity:update_project_tags");
    const Json* tags = body.find("tags");
    if (!tags || !tags->is_array())
        throw bad_request("ValidationError", "Expecting to find tags in request body.");
    project.tags.clear();
    for (const Json& tag : tags->as_array()) {
        if (!tag.is_string()) throw bad_request("ValidationError", "A tag must be a string.");
        if (has(project, tag.as_string()))
            throw bad_request("ValidationError",
                              format("The tag {} is given twice.", tag.as_string().substr(0, 300)));
        project.tags.push_back(tag.as_string());
    }
    check_tags(project.tags);
    save(call, project);
    return shown(call, project);
}

void remove_all(Call& call) {
    Project project = need(call, "identity:delete_project_tags");
    project.tags.clear();
    save(call, project);
}

Reply add(Call& call) {
    Project project = need(call, "identity:create_project_tag");
    const std::string& tag = call.path("value");
    check_tags({tag});
    if (!has(project, tag)) project.tags.push_back(tag);
    save(call, project);
    Reply reply;
    reply.status = 201;
    reply.headers.set("Location", call.in.base_url + call.in.service_path);
    return reply;
}

Failure no_tag(const std::string& tag) {
    return not_found("ProjectTagNotFound", format("Could not find project tag: {}.", tag));
}

void check(Call& call) {
    if (!has(need(call, "identity:get_project_tag"), call.path("value")))
        throw no_tag(call.path("value"));
}

void remove(Call& call) {
    Project project = need(call, "identity:delete_project_tag");
    if (std::erase(project.tags, call.path("value")) == 0) throw no_tag(call.path("value"));
    store::update(call, table::projects(), project);
}

} // namespace

Resource project_tag_routes() {
    return Resource()
        .on("GET /v3/projects/{project_id}/tags", enforced_by_handler, list_all)
        .on("PUT /v3/projects/{project_id}/tags", enforced_by_handler, replace)
        .on("DELETE /v3/projects/{project_id}/tags", enforced_by_handler, remove_all)
        .on("PUT /v3/projects/{project_id}/tags/{value}", enforced_by_handler, add)
        .on("GET /v3/projects/{project_id}/tags/{value}", enforced_by_handler, check)
        .on("DELETE /v3/projects/{project_id}/tags/{value}", enforced_by_handler, remove);
}

} // namespace nephele::keystone
