// SPDX-License-Identifier: Apache-2.0
// Versions, resources and extensions. Only what is served is listed: clients decide by it.
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"

namespace nephele::neutron {
namespace {
Json version_of(Call& call) {
    return Json::object(
        {{"id", "v2.0"},
         {"status", "CURRENT"},
         {"links",
          Json::array({Json::object({{"rel", "self"}, {"href", call.in.base_url + "/v2.0/"}})})}});
}
Json versions(Call& call) { return Json::object({{"versions", Json::array({version_of(call)})}}); }

Json resources(Call& call) {
    static const std::pair<const char*, const char*> served[] = {
        {"network", "networks"},
        {"subnet", "subnets"},
        {"port", "ports"},
        {"router", "routers"},
        {"floatingip", "floatingips"},
        {"security_group", "security-groups"},
        {"security_group_rule", "security-group-rules"},
        {"subnetpool", "subnetpools"},
        {"address_scope", "address-scopes"},
        {"rbac_policy", "rbac-policies"},
        {"quota", "quotas"},
        {"agent", "agents"},
        {"availability_zone", "availability_zones"},
        {"network_ip_availability", "network-ip-availabilities"},
        {"extension", "extensions"}};
    Json out = Json::array();
    for (auto& [name, collection] : served)
        out.push_back(Json::object(
            {{"name", name},
             {"collection", collection},
             {"links",
              Json::array({Json::object(
                  {{"rel", "self"}, {"href", call.in.base_url + "/v2.0/" + collection}})})}}));
    return Json::object({{"resources", std::move(out)}});
}

struct Extension {
    const char* alias;
    const char* name;
    const char* description;
};
const Extension extensions[] = {
    {"address-scope", "Address scope", "Address scopes extension."},
    {"agent", "agent", "The agent management extension."},
    {"allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs"},
    {"availability_zone", "Availability Zone", "The availability zone extension."},
    {"binding", "Port Binding", "Expose port bindings of a virtual port to external application"},
    {"default-subnetpools", "Default Subnetpools",
     "Provides ability to mark and use a subnetpool "
     "as the default."},
    {"ext-gw-mode", "Neutron L3 Configurable external gateway mode",
     "Extension of the router abstraction for specifying whether SNAT should occur on the "
     "external gateway"},
    {"external-net", "Neutron external network",
     "Adds external network attribute to network "
     "resource."},
    {"extra_dhcp_opt", "Neutron Extra DHCP options", "Extra options configuration for DHCP."},
    {"extraroute", "Neutron Extra Route", "Extra routes configuration for L3 router"},
    {"extraroute-atomic", "Atomically add/remove extra routes",
     "Edit extra routes of a router on server side by atomically adding/removing extra routes"},
    {"filter-validation", "Filter parameters validation",
     "Provides validation on filter parameters."},
    {"fip-port-details", "Floating IP Port Details Extension",
     "Add port_details attribute to Floating IP resource"},
    {"ip-substring-filtering", "IP address substring filtering",
     "Provides IP address substring filtering when listing ports"},
    {"net-mtu", "Network MTU", "Provides MTU attribute for a network resource."},
    {"net-mtu-writable", "Network MTU (writable)",
     "Provides a writable MTU attribute for a "
     "network resource."},
    {"network-ip-availability", "Network IP Availability",
     "Provides IP availability data for each network and subnet."},
    {"pagination", "Pagination support", "Extension that indicates that pagination is enabled."},
    {"port-security", "Port Security", "Provides port security"},
    {"port-security-groups-filtering", "Port filtering on security groups",
     "Provides security groups filtering when listing ports"},
    {"project-id", "project_id field enabled",
     "Extension that indicates that project_id field is "
     "enabled."},
    {"provider", "Provider Network", "Expose mapping of virtual networks to physical networks"},
    {"quota-check-limit", "Quota engine limit check",
     "Support for checking the resource usage before applying a new quota limit"},
    {"quota_details", "Quota details management support",
     "Expose functions for quotas usage statistics per project"},
    {"quotas", "Quota management support", "Expose functions for quotas management per project"},
    {"rbac-address-scope", "Add address_scope type to RBAC", "Add address_scope type to RBAC"},
    {"rbac-policies", "RBAC Policies",
     "Allows creation and modification of policies that control "
     "tenant access to resources."},
    {"rbac-security-groups", "Add security_group type to network RBAC",
     "Add security_group type to network RBAC"},
    {"rbac-subnetpool", "Add subnetpool type to RBAC", "Add subnetpool type to RBAC"},
    {"revision-if-match", "If-Match constraints based on revision_number",
     "Extension indicating that If-Match based on revision_number is supported."},
    {"router", "Neutron L3 Router",
     "Router abstraction for basic L3 forwarding between L2 "
     "Neutron networks and access to external networks via a NAT "
     "gateway."},
    {"security-group", "security-group", "The security groups extension."},
    {"security-groups-normalized-cidr", "Normalized CIDR field for security group rules",
     "Add new field with normalized remote_ip_prefix cidr in SG rule"},
    {"sort-key-validation", "Sort keys validation",
     "Extension that provides validation of sort "
     "keys."},
    {"sorting", "Sorting support", "Extension that indicates that sorting is enabled."},
    {"standard-attr-description", "standard-attr-description",
     "Extension to add descriptions to standard attributes"},
    {"standard-attr-revisions", "Resource revision numbers",
     "This extension will display the revision number of neutron resources."},
    {"standard-attr-tag", "Tag support for resources with standard attribute",
     "Enables to set tag on resources with standard attribute."},
    {"standard-attr-timestamp", "Resource timestamps",
     "Adds created_at and updated_at fields to "
     "all Neutron resources that have Neutron "
     "standard attributes."},
    {"stateful-security-group", "Stateful security group",
     "Indicates if the security group is "
     "stateful or not"},
    {"subnet-service-types", "Subnet service types",
     "Provides ability to set the subnet service_types field"},
    {"subnet_allocation", "Subnet Allocation", "Enables allocation of subnets from a subnet pool"},
    {"subnetpool-prefix-ops", "Subnet Pool Prefix Operations",
     "Provides support for adjusting the prefix list of subnet pools"},
    {"tag-ports-during-bulk-creation", "Tag Ports During Bulk Creation",
     "Allow to tag ports during bulk creation"},
};

Json described(const Extension& extension) {
    return Json::object({{"alias", extension.alias},
                         {"name", extension.name},
                         {"description", extension.description},
                         {"updated", "2016-02-02T10:00:00-00:00"},
                         {"links", Json::array()}});
}
Json list_extensions(Call&) {
    Json out = Json::array();
    for (auto& extension : extensions) out.push_back(described(extension));
    return Json::object({{"extensions", std::move(out)}});
}
Json show_extension(Call& call) {
    for (auto& extension : extensions)
        if (call.path("alias") == extension.alias)
            return Json::object({{"extension", described(extension)}});
    throw not_found("HTTPNotFound",
                    "Extension with alias " + call.path("alias") + " does not exist");
}
} // namespace

Resource discovery_resource() {
    const RouteOptions open{.open = true};
    return Resource()
        .on("GET /", "", versions, open)
        .on("GET /v2.0", "get_extensions", resources)
        .on("GET /v2.0/", "get_extensions", resources)
        .on("GET /v2.0/extensions", "get_extensions", list_extensions)
        .on("GET /v2.0/extensions/{alias}", "get_extensions", show_extension);
}

} // namespace nephele::neutron
