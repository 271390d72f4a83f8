// SPDX-License-Identifier: Apache-2.0
// The rules, grouped by resource: actions first, then attributes with rules of their own.
#include "services/neutron/api/policies.h"

namespace nephele::neutron {
namespace {
// Who may: the sets of people that upstream's defaults are made of.
const std::string admin = "rule:admin_only";
const std::string member = "rule:admin_only or (role:member and project_id:%(project_id)s)";
const std::string reader = "rule:admin_only or (role:reader and project_id:%(project_id)s)";
const std::string manager = "rule:admin_only or (role:manager and project_id:%(project_id)s)";
const std::string service_or_admin = "rule:admin_only or role:service";
const std::string net_owner = "rule:admin_only or (role:member and rule:network_owner)";
const std::string net_owner_or_service = net_owner + " or role:service";
const std::string member_or_service = member + " or role:service";
const std::string reader_or_service = reader + " or role:service";
const std::string anybody = "rule:regular_user";

using Rules = std::vector<std::pair<std::string, std::string>>;

const Rules& base_rules() {
    static const Rules rules = {
        {"context_is_admin", "role:admin"},
        {"service_api", "role:service"},
        {"owner", "tenant_id:%(tenant_id)s"},
        {"admin_or_owner", "rule:context_is_admin or rule:owner"},
        {"context_is_advsvc", "role:advsvc"},
        {"admin_or_network_owner", "rule:context_is_admin or tenant_id:%(network:tenant_id)s"},
        {"admin_owner_or_network_owner", "rule:owner or rule:admin_or_network_owner"},
        {"network_owner", "tenant_id:%(network:tenant_id)s"},
        {"admin_only", "rule:context_is_admin"},
        {"regular_user", ""},
        {"shared", "field:networks:shared=True"},
        {"default", "rule:admin_or_owner"},
        {"admin_or_ext_parent_owner",
         "rule:context_is_admin or tenant_id:%(ext_parent:tenant_id)s"},
        {"ext_parent_owner", "tenant_id:%(ext_parent:tenant_id)s"},
        {"sg_owner", "tenant_id:%(security_group:tenant_id)s"},
        {"external", "field:networks:router:external=True"},
        {"network_device", "field:port:device_owner=~^network:"},
        {"shared_subnetpools", "field:subnetpools:shared=True"},
        {"shared_address_scopes", "field:address_scopes:shared=True"},
        {"restrict_wildcard",
         "(not field:rbac_policy:target_tenant=* and not field:rbac_policy:target_project=*) or "
         "rule:admin_only"},
    };
    return rules;
}

const Rules& network_rules() {
    static const Rules rules = {
        {"create_network", member},
        {"create_network:shared", admin},
        {"create_network:router:external", admin},
        {"create_network:is_default", admin},
        {"create_network:port_security_enabled", member},
        {"create_network:segments", admin},
        {"create_network:provider:network_type", admin},
        {"create_network:provider:physical_network", admin},
        {"create_network:provider:segmentation_id", admin},
        {"get_network", reader + " or rule:shared or rule:external or role:service"},
        {"get_network:segments", admin},
        {"get_network:provider:network_type", service_or_admin},
        {"get_network:provider:physical_network", service_or_admin},
        {"get_network:provider:segmentation_id", service_or_admin},
        {"update_network", member},
        {"update_network:segments", admin},
        {"update_network:shared", admin},
        {"update_network:provider:network_type", admin},
        {"update_network:provider:physical_network", admin},
        {"update_network:provider:segmentation_id", admin},
        {"update_network:router:external", admin},
        {"update_network:is_default", admin},
        {"update_network:port_security_enabled", member},
        {"delete_network", member},
        {"create_subnet", net_owner},
        {"create_subnet:segment_id", admin},
        {"get_subnet", reader + " or rule:shared or rule:external or role:service"},
        {"get_subnet:segment_id", admin},
        {"update_subnet", member + " or " + net_owner},
        {"update_subnet:segment_id", admin},
        {"delete_subnet", member + " or " + net_owner},
        {"get_network_ip_availability", admin},
    };
    return rules;
}

const Rules& port_rules() {
    static const std::string addresses = net_owner_or_service + " or rule:shared";
    static const Rules rules = {
        {"create_port", member_or_service},
        {"create_port:device_id", member_or_service},
        {"create_port:device_owner", "not rule:network_device or " + net_owner_or_service},
        {"create_port:mac_address", net_owner_or_service},
        {"create_port:fixed_ips", addresses},
        {"create_port:fixed_ips:ip_address", net_owner_or_service},
        {"create_port:fixed_ips:subnet_id", addresses},
        {"create_port:port_security_enabled", net_owner_or_service},
        {"create_port:binding:host_id", service_or_admin},
        {"create_port:binding:profile", "role:service or rule:admin_only"},
        {"create_port:binding:vnic_type", member_or_service},
        {"create_port:allowed_address_pairs", net_owner},
        {"create_port:allowed_address_pairs:mac_address", net_owner},
        {"create_port:allowed_address_pairs:ip_address", net_owner},
        {"get_port", reader_or_service + " or (role:reader and rule:network_owner)"},
        {"get_port:binding:vif_type", service_or_admin},
        {"get_port:binding:vif_details", service_or_admin},
        {"get_port:binding:host_id", service_or_admin},
        {"get_port:binding:profile", service_or_admin},
        {"get_port:resource_request", service_or_admin},
        {"update_port", member_or_service},
        {"update_port:device_id", member_or_service},
        {"update_port:device_owner", "not rule:network_device or " + net_owner_or_service},
        {"update_port:mac_address", service_or_admin},
        {"update_port:fixed_ips", addresses},
        {"update_port:fixed_ips:ip_address", net_owner_or_service},
        {"update_port:fixed_ips:subnet_id", addresses},
        {"update_port:port_security_enabled", net_owner_or_service},
        {"update_port:binding:host_id", service_or_admin},
        {"update_port:binding:profile", "role:service or rule:admin_only"},
        {"update_port:binding:vnic_type", member_or_service},
        {"update_port:allowed_address_pairs", net_owner},
        {"update_port:allowed_address_pairs:mac_address", net_owner},
        {"update_port:allowed_address_pairs:ip_address", net_owner},
        {"delete_port", member_or_service + " or " + net_owner},
    };
    return rules;
}

const Rules& router_rules() {
    static const Rules rules = {
        {"create_router", member},
        {"create_router:external_gateway_info", member},
        {"create_router:external_gateway_info:network_id", member},
        {"create_router:external_gateway_info:enable_snat", admin},
        {"create_router:external_gateway_info:external_fixed_ips", admin},
        {"get_router", reader},
        {"update_router", member},
        {"update_router:external_gateway_info", member},
        {"update_router:external_gateway_info:network_id", member},
        {"update_router:external_gateway_info:enable_snat", admin},
        {"update_router:external_gateway_info:external_fixed_ips", admin},
        {"delete_router", member},
        {"add_router_interface", member},
        {"remove_router_interface", member},
        {"add_extraroutes", member},
        {"remove_extraroutes", member},
        {"create_floatingip", member},
        {"create_floatingip:floating_ip_address", admin},
        {"get_floatingip", reader},
        {"update_floatingip", member},
        {"delete_floatingip", member},
    };
    return rules;
}

const Rules& security_rules() {
    static const Rules rules = {
        {"create_security_group", member},      {"get_security_group", reader},
        {"update_security_group", member},      {"delete_security_group", member},
        {"create_security_group_rule", member}, {"get_security_group_rule", reader},
        {"get_security_group_rules", reader},   {"delete_security_group_rule", member},
    };
    return rules;
}

const Rules& other_rules() {
    static const Rules rules = {
        {"get_quota", manager + " or (role:reader and project_id:%(project_id)s)"},
        {"get_quotas", admin},
        {"update_quota", admin},
        {"delete_quota", admin},
        {"get_agent", admin},
        {"get_availability_zone", anybody},
        {"get_extensions", anybody},
        {"create_subnetpool", member},
        {"create_subnetpool:shared", admin},
        {"create_subnetpool:is_default", admin},
        {"get_subnetpool", reader + " or rule:shared_subnetpools"},
        {"update_subnetpool", member},
        {"update_subnetpool:is_default", admin},
        {"delete_subnetpool", member},
        {"add_prefixes", member},
        {"remove_prefixes", member},
        {"create_address_scope", member},
        {"create_address_scope:shared", admin},
        {"get_address_scope", reader + " or rule:shared_address_scopes"},
        {"update_address_scope", member},
        {"update_address_scope:shared", admin},
        {"delete_address_scope", member},
        {"create_rbac_policy", member},
        {"create_rbac_policy:target_tenant", "rule:restrict_wildcard"},
        {"get_rbac_policy", reader},
        {"update_rbac_policy", member},
        {"update_rbac_policy:target_tenant", "rule:restrict_wildcard"},
        {"delete_rbac_policy", member},
    };
    return rules;
}

Rules tag_rules() {
    Rules out;
    for (const char* kind : {"networks", "subnets", "ports", "routers", "floatingips",
                             "security_groups", "subnetpools"}) {
        out.emplace_back(std::string("get_") + kind + "_tags", reader);
        out.emplace_back(std::string("update_") + kind + "_tags", member);
        out.emplace_back(std::string("delete_") + kind + "_tags", member);
    }
    return out;
}
} // namespace

std::vector<policy::Rule> policies() {
    std::vector<policy::Rule> out;
    for (auto& group : {base_rules(), network_rules(), port_rules(), router_rules(),
                        security_rules(), other_rules(), tag_rules()})
        for (auto& [name, check] : group) out.push_back({.name = name, .check = check});
    return out;
}

} // namespace nephele::neutron
