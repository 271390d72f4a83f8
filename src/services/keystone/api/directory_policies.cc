// SPDX-License-Identifier: Apache-2.0
// Upstream's rules of the directory side: limits, endpoint filters, policies, domain configuration.
#include "services/keystone/api/directory.h"

namespace nephele::keystone {
namespace {
using policy::Rule;

constexpr const char* admin = "rule:admin_required";
constexpr const char* reader = "rule:admin_required or (role:reader and system_scope:all)";
const std::vector<std::string> everywhere{"system", "domain", "project"};
const std::vector<std::string> not_domain{"system", "project"};

struct Short {
    const char* name;
    const char* check;
    const char* method;
    const char* path;
    const char* description;
    bool in_domains = false;
};

#define FILTER "/v3/OS-EP-FILTER"
#define GROUPS FILTER "/endpoint_groups"
#define GROUP GROUPS "/{endpoint_group_id}"
#define ASSOCIATED "/v3/policies/{policy_id}/OS-ENDPOINT-POLICY"
#define CONFIG "/v3/domains/{domain_id}/config"

constexpr Short rules[] = {
    {"get_limit_model", "", "GET", "/v3/limits/model", "Show the enforcement model.", true},
    {"get_limit",
     "rule:admin_required or (role:reader and system_scope:all) or "
     "(domain_id:%(target.limit.domain.id)s or domain_id:%(target.limit.project.domain_id)s) or "
     "(project_id:%(target.limit.project_id)s and not None:%(target.limit.project_id)s)",
     "GET", "/v3/limits/{limit_id}", "Show a limit.", true},
    {"list_limits", "", "GET", "/v3/limits", "List limits.", true},
    {"create_limits", admin, "POST", "/v3/limits", "Create limits."},
    {"update_limit", admin, "PATCH", "/v3/limits/{limit_id}", "Update a limit."},
    {"delete_limit", admin, "DELETE", "/v3/limits/{limit_id}", "Delete a limit."},
    {"get_registered_limit", "", "GET", "/v3/registered_limits/{registered_limit_id}",
     "Show a registered limit.", true},
    {"list_registered_limits", "", "GET", "/v3/registered_limits", "List registered limits.", true},
    {"create_registered_limits", admin, "POST", "/v3/registered_limits",
     "Create registered limits."},
    {"update_registered_limit", admin, "PATCH", "/v3/registered_limits/{registered_limit_id}",
     "Update a registered limit."},
    {"delete_registered_limit", admin, "DELETE", "/v3/registered_limits/{registered_limit_id}",
     "Delete a registered limit."},
    {"list_projects_for_endpoint", reader, "GET", FILTER "/endpoints/{endpoint_id}/projects",
     "List projects of an endpoint."},
    {"add_endpoint_to_project", admin, "PUT",
     FILTER "/projects/{project_id}/endpoints/{endpoint_id}", "Give a project an endpoint."},
    {"check_endpoint_in_project", reader, "GET",
     FILTER "/projects/{project_id}/endpoints/{endpoint_id}", "Check a project's endpoint."},
    {"list_endpoints_for_project", reader, "GET", FILTER "/projects/{project_id}/endpoints",
     "List endpoints of a project."},
    {"remove_endpoint_from_project", admin, "DELETE",
     FILTER "/projects/{project_id}/endpoints/{endpoint_id}", "Take an endpoint from a project."},
    {"create_endpoint_group", admin, "POST", GROUPS, "Create an endpoint group."},
    {"list_endpoint_groups", reader, "GET", GROUPS, "List endpoint groups."},
    {"get_endpoint_group", reader, "GET", GROUP, "Show an endpoint group."},
    {"update_endpoint_group", admin, "PATCH", GROUP, "Update an endpoint group."},
    {"delete_endpoint_group", admin, "DELETE", GROUP, "Delete an endpoint group."},
    {"list_projects_associated_with_endpoint_group", reader, "GET", GROUP "/projects",
     "List projects of an endpoint group."},
    {"list_endpoints_associated_with_endpoint_group", reader, "GET", GROUP "/endpoints",
     "List endpoints of an endpoint group."},
    {"get_endpoint_group_in_project", reader, "GET", GROUP "/projects/{project_id}",
     "Check a project's endpoint group."},
    {"list_endpoint_groups_for_project", reader, "GET",
     FILTER "/projects/{project_id}/endpoint_groups", "List endpoint groups of a project."},
    {"add_endpoint_group_to_project", admin, "PUT", GROUP "/projects/{project_id}",
     "Give a project an endpoint group."},
    {"remove_endpoint_group_from_project", admin, "DELETE", GROUP "/projects/{project_id}",
     "Take an endpoint group from a project."},
    {"get_policy", reader, "GET", "/v3/policies/{policy_id}", "Show a policy."},
    {"list_policies", reader, "GET", "/v3/policies", "List policies."},
    {"create_policy", admin, "POST", "/v3/policies", "Create a policy."},
    {"update_policy", admin, "PATCH", "/v3/policies/{policy_id}", "Update a policy."},
    {"delete_policy", admin, "DELETE", "/v3/policies/{policy_id}", "Delete a policy."},
    {"create_policy_association_for_endpoint", admin, "PUT", ASSOCIATED "/endpoints/{endpoint_id}",
     "Associate a policy with an endpoint."},
    {"check_policy_association_for_endpoint", reader, "GET", ASSOCIATED "/endpoints/{endpoint_id}",
     "Check a policy's endpoint."},
    {"delete_policy_association_for_endpoint", admin, "DELETE",
     ASSOCIATED "/endpoints/{endpoint_id}", "End an endpoint's association."},
    {"create_policy_association_for_service", admin, "PUT", ASSOCIATED "/services/{service_id}",
     "Associate a policy with a service."},
    {"check_policy_association_for_service", reader, "GET", ASSOCIATED "/services/{service_id}",
     "Check a policy's service."},
    {"delete_policy_association_for_service", admin, "DELETE", ASSOCIATED "/services/{service_id}",
     "End a service's association."},
    {"create_policy_association_for_region_and_service", admin, "PUT",
     ASSOCIATED "/services/{service_id}/regions/{region_id}",
     "Associate a policy with a service in a region."},
    {"check_policy_association_for_region_and_service", reader, "GET",
     ASSOCIATED "/services/{service_id}/regions/{region_id}",
     "Check a policy's service in a region."},
    {"delete_policy_association_for_region_and_service", admin, "DELETE",
     ASSOCIATED "/services/{service_id}/regions/{region_id}",
     "End the association of a service in a region."},
    {"get_policy_for_endpoint", reader, "GET",
     "/v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy", "Policy in force for an endpoint."},
    {"list_endpoints_for_policy", reader, "GET", ASSOCIATED "/endpoints",
     "List endpoints of a policy."},
    {"create_domain_config", admin, "PUT", CONFIG, "Create a domain's configuration."},
    {"get_domain_config", reader, "GET", CONFIG, "Show a domain's configuration."},
    {"get_security_compliance_domain_config", "", "GET", CONFIG "/security_compliance",
     "Show what is asked of passwords.", true},
    {"update_domain_config", admin, "PATCH", CONFIG, "Update a domain's configuration."},
    {"delete_domain_config", admin, "DELETE", CONFIG, "Delete a domain's configuration."},
    {"get_domain_config_default", reader, "GET", "/v3/domains/config/default",
     "Show the defaults of domains' configuration."},
};

} // namespace

std::vector<Rule> directory_policies() {
    std::vector<Rule> all;
    for (const Short& one : rules)
        all.push_back({std::string("identity:") + one.name,
                       one.check,
                       one.description,
                       {{one.method, one.path}},
                       one.in_domains ? everywhere : not_domain});
    return all;
}

} // namespace nephele::keystone
