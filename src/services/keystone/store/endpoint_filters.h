// SPDX-License-Identifier: Apache-2.0
// Which endpoints a project is shown and which policy is in force for an endpoint; and removing
// catalog entries with all that refers to them.
#pragma once
#include "services/keystone/model/endpoint_filter.h"
#include "services/keystone/model/project.h"

namespace nephele::keystone::store {

std::vector<Endpoint> endpoints_in(db::Tx& tx, const EndpointGroup& group);
std::vector<EndpointGroup> endpoint_groups_of_project(db::Tx& tx, const std::string& project_id);
/// Associated directly or by a group; empty: the project has no filter.
std::vector<Endpoint> endpoints_for_project(db::Tx& tx, const std::string& project_id);
/// Whether any project has an endpoint or a group of its own.
bool any_endpoint_filter(db::Tx& tx);
std::vector<Project> projects_with_endpoint(db::Tx& tx, const std::string& endpoint_id);
std::vector<Project> projects_with_endpoint_group(db::Tx& tx, const std::string& group_id);

/// Of the endpoint itself, else of its service in its region or one above, else of its service.
std::optional<PolicyFile> policy_for_endpoint(db::Tx& tx, const Endpoint& endpoint);
std::vector<Endpoint> endpoints_for_policy(db::Tx& tx, const std::string& policy_id);

// Each removes the record with what refers to it.
void remove_endpoint(Context& context, const Endpoint& endpoint);
void remove_service(Context& context, const ServiceEntry& service);
void remove_region(Context& context, const Region& region);
void remove_endpoint_group(Context& context, const EndpointGroup& group);
void remove_policy(Context& context, const PolicyFile& policy);
void remove_endpoint_filters_of(Context& context, const std::string& project_id);

/// Filters of projects that are gone, a line each.
std::vector<std::string> filters_of_nobody(db::Tx& tx);

} // namespace nephele::keystone::store
