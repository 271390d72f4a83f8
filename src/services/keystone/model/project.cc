// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/project.h"

#include "base/strings.h"

namespace nephele::keystone {

bool is_tag(std::string_view text) {
    return !text.empty() && utf8_length(text) <= 255 &&
           text.find_first_of("/,") == std::string_view::npos;
}

Json self_link(const View& view, std::string_view path, std::string_view id) {
    return Json::object({{"self", view.base_url + std::string(path) + std::string(id)}});
}

const Shape<Domain>& Domain::shape() {
    static const auto made =
        Shape<Domain>("domain", "domains")
            .field("id", &Domain::id, {read_only})
            .field("name", &Domain::name, {required, min_length(1), max_length(64), not_blank})
            .field("description", &Domain::description, {nullable})
            .field("enabled", &Domain::enabled)
            .field("is_domain", &Domain::is_domain, {hidden, read_only})
            .field("domain_id", &Domain::domain_id, {hidden, read_only})
            .field("parent_id", &Domain::parent_id, {hidden, read_only})
            .field("tags", &Domain::tags, {max_items(80), not_filterable})
            .field("options", &Domain::options, {not_filterable})
            .computed("links",
                      [](const Domain& d, const View& view) {
                          return self_link(view, "/v3/domains/", d.id);
                      })
            .extras("extra", &Domain::extra, {read_only});
    return made;
}

const Shape<Project>& Project::shape() {
    static const auto made =
        Shape<Project>("project", "projects")
            .field("id", &Project::id, {read_only})
            .field("name", &Project::name, {required, min_length(1), max_length(64), not_blank})
            .field("domain_id", &Project::domain_id)
            .field("parent_id", &Project::parent_id)
            .field("is_domain", &Project::is_domain)
            .field("description", &Project::description, {nullable})
            .field("enabled", &Project::enabled)
            .field("tags", &Project::tags, {max_items(80), not_filterable})
            .field("options", &Project::options, {not_filterable})
            .computed("links",
                      [](const Project& p, const View& view) {
                          return self_link(view, "/v3/projects/", p.id);
                      })
            .extras("extra", &Project::extra, {read_only});
    return made;
}

Domain domain_of(const Project& project) {
    Domain domain;
    domain.id = project.id;
    domain.name = project.name;
    domain.description = project.description;
    domain.enabled = project.enabled;
    domain.tags = project.tags;
    domain.options = project.options;
    domain.extra = project.extra;
    return domain;
}

const Table<Domain>& table::domains() {
    static const Table<Domain> made({.name = "keystone_projects",
                                     .service = "keystone",
                                     .kind = "domain",
                                     .domain_column = "id",
                                     .not_found_code = "DomainNotFound",
                                     .not_found_message = "Could not find domain: {}."});
    return made;
}

const Table<Project>& table::projects() {
    static const Table<Project> made({.name = "keystone_projects",
                                      .service = "keystone",
                                      .kind = "project",
                                      .project_column = "id",
                                      .domain_column = "domain_id",
                                      .not_found_code = "ProjectNotFound",
                                      .not_found_message = "Could not find project: {}."});
    return made;
}

} // namespace nephele::keystone
