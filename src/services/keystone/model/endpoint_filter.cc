// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/endpoint_filter.h"

#include "services/keystone/model/project.h"

namespace nephele::keystone {

bool EndpointGroup::takes(const Endpoint& endpoint) const {
    for (const auto& [name, value] : filters.as_object()) {
        const std::string found = name == "service_id"  ? endpoint.service_id
                                  : name == "region_id" ? endpoint.region_id.value_or("")
                                                        : endpoint.interface;
        if (!value.is_string() || found != value.as_string()) return false;
    }
    return true;
}

PolicyAssociation PolicyAssociation::of(const std::string& policy_id,
                                        const std::optional<std::string>& endpoint_id,
                                        const std::optional<std::string>& service_id,
                                        const std::optional<std::string>& region_id) {
    return {endpoint_id.value_or("") + "/" + service_id.value_or("") + "/" + region_id.value_or(""),
            policy_id, endpoint_id, service_id, region_id};
}

const Shape<ProjectEndpoint>& ProjectEndpoint::shape() {
    static const auto made = Shape<ProjectEndpoint>()
                                 .field("id", &ProjectEndpoint::id)
                                 .field("project_id", &ProjectEndpoint::project_id)
                                 .field("endpoint_id", &ProjectEndpoint::endpoint_id);
    return made;
}

const Shape<EndpointGroup>& EndpointGroup::shape() {
    static const auto made =
        Shape<EndpointGroup>("endpoint_group", "endpoint_groups")
            .field("id", &EndpointGroup::id, {read_only})
            .field("name", &EndpointGroup::name,
                   {required, min_length(1), max_length(255), not_blank})
            .field("description", &EndpointGroup::description)
            .field("filters", &EndpointGroup::filters, {required, not_filterable})
            .computed("links", [](const EndpointGroup& g, const View& view) {
                return self_link(view, "/v3/OS-EP-FILTER/endpoint_groups/", g.id);
            });
    return made;
}

const Shape<ProjectEndpointGroup>& ProjectEndpointGroup::shape() {
    static const auto made =
        Shape<ProjectEndpointGroup>("project_endpoint_group", "project_endpoint_groups")
            .field("id", &ProjectEndpointGroup::id, {hidden})
            .field("endpoint_group_id", &ProjectEndpointGroup::endpoint_group_id)
            .field("project_id", &ProjectEndpointGroup::project_id)
            .computed("links", [](const ProjectEndpointGroup& g, const View& view) {
                return self_link(
                    view, "/v3/OS-EP-FILTER/endpoint_groups/" + g.endpoint_group_id + "/projects/",
                    g.project_id);
            });
    return made;
}

const Shape<PolicyFile>& PolicyFile::shape() {
    static const auto made =
        Shape<PolicyFile>("policy", "policies")
            .field("id", &PolicyFile::id, {read_only})
            .field("blob", &PolicyFile::blob, {required, not_filterable, column("policy_blob")})
            .field("type", &PolicyFile::type, {required, max_length(255)})
            .computed("links",
                      [](const PolicyFile& p, const View& view) {
                          return self_link(view, "/v3/policies/", p.id);
                      })
            .extras("extra", &PolicyFile::extra, {read_only});
    return made;
}

const Shape<PolicyAssociation>& PolicyAssociation::shape() {
    static const auto made = Shape<PolicyAssociation>()
                                 .field("id", &PolicyAssociation::id)
                                 .field("policy_id", &PolicyAssociation::policy_id)
                                 .field("endpoint_id", &PolicyAssociation::endpoint_id)
                                 .field("service_id", &PolicyAssociation::service_id)
                                 .field("region_id", &PolicyAssociation::region_id);
    return made;
}

const Table<ProjectEndpoint>& table::project_endpoints() {
    static const Table<ProjectEndpoint> made({.name = "keystone_project_endpoints",
                                              .service = "keystone",
                                              .kind = "project_endpoint",
                                              .not_found_code = "NotFound",
                                              .not_found_message = "Could not find: {}."});
    return made;
}
const Table<EndpointGroup>& table::endpoint_groups() {
    static const Table<EndpointGroup> made(
        {.name = "keystone_endpoint_groups",
         .service = "keystone",
         .kind = "endpoint_group",
         .not_found_code = "EndpointGroupNotFound",
         .not_found_message = "Could not find Endpoint Group: {}."});
    return made;
}
const Table<ProjectEndpointGroup>& table::project_endpoint_groups() {
    static const Table<ProjectEndpointGroup> made({.name = "keystone_project_endpoint_groups",
                                                   .service = "keystone",
                                                   .kind = "project_endpoint_group",
                                                   .not_found_code = "NotFound",
                                                   .not_found_message = "Could not find: {}."});
    return made;
}
const Table<PolicyFile>& table::policies() {
    static const Table<PolicyFile> made({.name = "keystone_policies",
                                         .service = "keystone",
                                         .kind = "policy",
                                         .not_found_code = "PolicyNotFound",
                                         .not_found_message = "Could not find policy: {}."});
    return made;
}
const Table<PolicyAssociation>& table::policy_associations() {
    static const Table<PolicyAssociation> made(
        {.name = "keystone_policy_associations",
         .service = "keystone",
         .kind = "policy_association",
         .not_found_code = "PolicyAssociationNotFound",
         .not_found_message = "Could not find policy association."});
    return made;
}

} // namespace nephele::keystone
