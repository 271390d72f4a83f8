// SPDX-License-Identifier: Apache-2.0
// Which endpoints a project's catalog shows (OS-EP-FILTER), and which policy file goes with which
// endpoint, service or region (OS-ENDPOINT-POLICY).
#pragma once
#include "services/keystone/model/catalog.h"

namespace nephele::keystone {
using namespace shape;

struct ProjectEndpoint {
    std::string id; ///< "project/endpoint"
    std::string project_id, endpoint_id;
    static ProjectEndpoint of(const std::string& project_id, const std::string& endpoint_id) {
        return {project_id + "/" + endpoint_id, project_id, endpoint_id};
    }
    static const Shape<ProjectEndpoint>& shape();
};

/// The endpoints that have all these values.
struct EndpointGroup {
    std::string id, name;
    std::optional<std::string> description;
    Json filters = Json::object(); ///< of service_id, region_id, interface
    bool takes(const Endpoint& endpoint) const;
    static const Shape<EndpointGroup>& shape();
};

struct ProjectEndpointGroup {
    std::string id; ///< "project/group"
    std::string project_id, endpoint_group_id;
    static ProjectEndpointGroup of(const std::string& project_id, const std::string& group_id) {
        return {project_id + "/" + group_id, project_id, group_id};
    }
    static const Shape<ProjectEndpointGroup>& shape();
};

/// A policy file of some service, kept for it as it is.
struct PolicyFile {
    std::string id, blob, type;
    Json extra;
    static const Shape<PolicyFile>& shape();
};

/// For an endpoint, or a service, or a service in a region; one policy each.
struct PolicyAssociation {
    std::string id; ///< "endpoint/service/region"
    std::string policy_id;
    std::optional<std::string> endpoint_id, service_id, region_id;
    static PolicyAssociation of(const std::string& policy_id,
                                const std::optional<std::string>& endpoint_id,
                                const std::optional<std::string>& service_id,
                                const std::optional<std::string>& region_id);
    static const Shape<PolicyAssociation>& shape();
};

namespace table {
const Table<ProjectEndpoint>& project_endpoints();
const Table<EndpointGroup>& endpoint_groups();
const Table<ProjectEndpointGroup>& project_endpoint_groups();
const Table<PolicyFile>& policies();
const Table<PolicyAssociation>& policy_associations();
} // namespace table

} // namespace nephele::keystone
