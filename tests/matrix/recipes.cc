// SPDX-License-Identifier: Apache-2.0
#include "tests/matrix/recipes.h"

namespace nephele::test {
namespace {
Json obj(std::initializer_list<Json::Member> members) { return Json::object(members); }
Json in(const char* wrap, std::initializer_list<Json::Member> members) {
    return Json::object({{wrap, Json::object(members)}});
}
constexpr bool by_admin = true;
constexpr const char* public_key = "ssh-ed25519 "
                                   "AAAAC3NzaC1lZDI1NTE5AAAAIJxaV7fzt9AP9ZnEYdEbFithQqxEm7DbpoHZOOZ"
                                   "h5QM1 matrix";

std::vector<Recipe> identity() {
    const std::string v3 = "/identity/v3";
    return {
        {"regions", "POST", v3 + "/regions", in("region", {{"id", "region-{n}"}}), by_admin},
        {"services", "POST", v3 + "/services", in("service", {{"type", "t{n}"}, {"name", "s{n}"}}),
         by_admin},
        {"endpoints", "POST", v3 + "/endpoints",
         in("endpoint",
            {{"service_id", "$services"}, {"interface", "public"}, {"url", "http://127.0.0.1:1/"}}),
         by_admin},
        {"domains", "POST", v3 + "/domains",
         in("domain", {{"name", "domain-{n}"}, {"enabled", false}}), by_admin},
        {"projects", "POST", v3 + "/projects",
         in("project", {{"name", "project-{n}"}, {"domain_id", "default"}}), by_admin},
        {"users", "POST", v3 + "/users",
         in("user", {{"name", "user-{n}"}, {"domain_id", "default"}}), by_admin},
        {"groups", "POST", v3 + "/groups",
         in("group", {{"name", "group-{n}"}, {"domain_id", "default"}}), by_admin},
        {"implies", "POST", v3 + "/roles", in("role", {{"name", "implied-{n}"}}), by_admin},
        {"roles", "POST", v3 + "/roles", in("role", {{"name", "role-{n}"}}), by_admin},
        {"", "PUT", v3 + "/roles/$roles/implies/$implies", Json(), by_admin},
        {"", "PUT", v3 + "/projects/$projects/users/$users/roles/$roles", Json(), by_admin},
        {"", "PUT", v3 + "/groups/$groups/users/$users", Json(), by_admin},
        {"", "PUT", v3 + "/projects/$projects/tags/t", Json(), by_admin},
        {"consumers", "POST", v3 + "/OS-OAUTH1/consumers",
         in("consumer", {{"description", "c{n}"}}), by_admin},
    };
}

std::vector<Recipe> identity_directory() {
    const std::string v3 = "/identity/v3", filter = v3 + "/OS-EP-FILTER",
                      associated = v3 + "/policies/$policies/OS-ENDPOINT-POLICY";
    const Json registered = obj({{"service_id", "$services"},
                                 {"region_id", "$regions"},
                                 {"resource_name", "r{n}"},
                                 {"default_limit", 1}});
    const Json limit = obj({{"project_id", "$projects"},
                            {"service_id", "$services"},
                            {"region_id", "$regions"},
                            {"resource_name", "r{n}"},
                            {"resource_limit", 1}});
    return {
        {"registered_limits", "POST", v3 + "/registered_limits",
         obj({{"registered_limits", Json::array({registered})}}), by_admin},
        {"limits", "POST", v3 + "/limits", obj({{"limits", Json::array({limit})}}), by_admin},
        {"", "PUT", filter + "/projects/$projects/endpoints/$endpoints", Json(), by_admin},
        {"endpoint_groups", "POST", filter + "/endpoint_groups",
         in("endpoint_group", {{"name", "g{n}"}, {"filters", obj({{"service_id", "$services"}})}}),
         by_admin},
        {"", "PUT", filter + "/endpoint_groups/$endpoint_groups/projects/$projects", Json(),
         by_admin},
        {"policies", "POST", v3 + "/policies",
         in("policy", {{"blob", "{}"}, {"type", "application/json"}}), by_admin},
        {"", "PUT", associated + "/endpoints/$endpoints", Json(), by_admin},
        {"", "PUT", associated + "/services/$services", Json(), by_admin},
        {"", "PUT", associated + "/services/$services/regions/$regions", Json(), by_admin},
        {"", "PUT", v3 + "/domains/$domains/config",
         in("config", {{"ldap", obj({{"url", "ldap://127.0.0.1:1"}})}}), by_admin},
    };
}

std::map<std::string, Json> identity_bodies() {
    return {
        {"PATCH /v3/registered_limits/{registered_limit_id}",
         in("registered_limit", {{"description", "changed"}})},
        {"PATCH /v3/limits/{limit_id}", in("limit", {{"resource_limit", 2}})},
        {"PATCH /v3/policies/{policy_id}", in("policy", {{"blob", "changed"}})},
        {"PATCH /v3/domains/{domain_id}/config",
         in("config", {{"ldap", obj({{"suffix", "dc=x"}})}})},
        {"PUT /v3/domains/{domain_id}/config", in("config", {{"ldap", obj({{"url", "ldap:/x"}})}})},
        {"PATCH /v3/domains/{domain_id}/config/{group}",
         in("config", {{"ldap", obj({{"url", "ldap:///"}})}})},
        {"PATCH /v3/domains/{domain_id}/config/{group}/{option}",
         in("config", {{"url", "ldap:///"}})}};
}

Json mapping_rules() {
    return Json::parse(R"([{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "UID"}]}])");
}

std::vector<Recipe> federation() {
    const std::string v3 = "/identity/v3/OS-FEDERATION";
    return {
        {"identity_providers", "PUT", v3 + "/identity_providers/idp-{n}",
         in("identity_provider", {{"enabled", true}}), by_admin},
        {"mappings", "PUT", v3 + "/mappings/mapping-{n}",
         in("mapping", {{"rules", mapping_rules()}}), by_admin},
        {"protocols", "PUT", v3 + "/identity_providers/$identity_providers/protocols/p-{n}",
         in("protocol", {{"mapping_id", "$mappings"}}), by_admin},
        {"service_providers", "PUT", v3 + "/service_providers/sp-{n}",
         in("service_provider",
            {{"auth_url", "http://127.0.0.1:1/"}, {"sp_url", "http://127.0.0.1:1/"}}),
         by_admin},
    };
}

std::vector<Recipe> placement() {
    return {
        {"resource_providers", "POST", "/placement/resource_providers", obj({{"name", "rp-{n}"}}),
         by_admin},
        {"", "PUT", "/placement/resource_providers/$resource_providers/inventories",
         obj({{"resource_provider_generation", 0},
              {"inventories", obj({{"VCPU", obj({{"total", 8}})}})}}),
         by_admin},
        {"", "PUT", "/placement/traits/CUSTOM_T", Json(), by_admin},
        {"", "PUT", "/placement/resource_classes/CUSTOM_C", Json(), by_admin},
    };
}

// Of one processor on the provider made last.
Json claim() {
    return obj(
        {{"allocations", obj({{"$resource_providers", obj({{"resources", obj({{"VCPU", 1}})}})}})},
         {"project_id", "own"},
         {"user_id", "someone"}});
}

std::vector<Recipe> network() {
    const std::string v2 = "/network/v2.0";
    return {
        {"", "PUT", v2 + "/quotas/own",
         in("quota", {{"network", -1},
                      {"subnet", -1},
                      {"port", -1},
                      {"router", -1},
                      {"floatingip", -1},
                      {"security_group", -1},
                      {"security_group_rule", -1},
                      {"subnetpool", -1},
                      {"rbac_policy", -1}}),
         by_admin},
        {"public", "POST", v2 + "/networks",
         in("network", {{"name", "public-{n}"},
                        {"router:external", true},
                        {"provider:network_type", "geneve"}}),
         by_admin},
        {"", "POST", v2 + "/subnets",
         in("subnet", {{"network_id", "$public"}, {"ip_version", 4}, {"cidr", "172.24.0.0/24"}}),
         by_admin},
        {"networks", "POST", v2 + "/networks", in("network", {{"name", "n"}})},
        {"network-ip-availabilities", "POST", v2 + "/networks", in("network", {{"name", "n"}})},
        {"subnets", "POST", v2 + "/subnets",
         in("subnet", {{"network_id", "$networks"}, {"ip_version", 4}, {"cidr", "10.1.0.0/24"}})},
        {"ports", "POST", v2 + "/ports", in("port", {{"network_id", "$networks"}})},
        {"routers", "POST", v2 + "/routers", in("router", {{"name", "r"}})},
        {"floatingips", "POST", v2 + "/floatingips",
         in("floatingip", {{"floating_network_id", "$public"}})},
        {"security-groups", "POST", v2 + "/security-groups", in("security_group", {{"name", "g"}})},
        {"security-group-rules", "POST", v2 + "/security-group-rules",
         in("security_group_rule",
            {{"security_group_id", "$security-groups"}, {"direction", "ingress"}})},
        {"address-scopes", "POST", v2 + "/address-scopes",
         in("address_scope", {{"name", "a"}, {"ip_version", 4}})},
        {"subnetpools", "POST", v2 + "/subnetpools",
         in("subnetpool", {{"name", "p"}, {"prefixes", Json::array({"10.64.0.0/16"})}})},
        {"rbac-policies", "POST", v2 + "/rbac-policies",
         in("rbac_policy", {{"object_type", "network"},
                            {"object_id", "$networks"},
                            {"action", "access_as_shared"},
                            {"target_tenant", "third"}})},
        {"", "PUT", v2 + "/networks/$networks/tags/t", Json()},
    };
}

// Of a property in a metadata definition.
Json definition() {
    return obj({{"title", "P"}, {"type", "integer"}, {"minimum", 1}, {"default", 2}});
}

std::vector<Recipe> image() {
    const std::string v2 = "/image/v2";
    return {
        {"images", "POST", v2 + "/images",
         obj({{"name", "i"},
              {"disk_format", "raw"},
              {"container_format", "bare"},
              {"k", "v"},
              {"visibility", "shared"}})},
        {"", "PUT", v2 + "/images/$images/file", Json(), false, std::string(2048, '\1')},
        {"", "PUT", v2 + "/images/$images/tags/t", Json()},
        {"members", "POST", v2 + "/images/$images/members", obj({{"member", "third"}})},
        {"namespaces", "POST", v2 + "/metadefs/namespaces",
         obj({{"namespace", "ns{n}"},
              {"visibility", "private"},
              {"properties", obj({{"p", definition()}})},
              {"tags", Json::array({obj({{"name", "t"}})})}}),
         by_admin},
        {"objects", "POST", v2 + "/metadefs/namespaces/$namespaces/objects",
         obj({{"name", "o{n}"}, {"properties", obj({{"p", definition()}})}}), by_admin},
        {"properties", "POST", v2 + "/metadefs/namespaces/$namespaces/properties",
         obj({{"name", "p{n}"}, {"title", "P"}, {"type", "string"}}), by_admin},
        {"resource_types", "POST", v2 + "/metadefs/namespaces/$namespaces/resource_types",
         obj({{"name", "OS::T{n}"}, {"prefix", "t_"}}), by_admin},
        {"tasks", "POST", v2 + "/tasks",
         obj({{"type", "import"},
              {"input", obj({{"import_from", "http://127.0.0.1/none"},
                             {"import_from_format", "raw"},
                             {"image_properties", obj({{"name", "of-a-task"}})}})}}),
         by_admin},
        // The image in DELETE /v2/stores/local/{image_id}.
        {"local", "POST", v2 + "/images", obj({{"name", "i"}})},
        // The image in /v2/cache/{image_id}.
        {"cache", "POST", v2 + "/images",
         obj({{"disk_format", "raw"}, {"container_format", "bare"}})},
        {"", "PUT", v2 + "/images/$cache/file", Json(), false, std::string(2048, '\1')},
    };
}

std::vector<Recipe> compute() {
    const std::string v2 = "/compute/v2.1";
    return {
        {"", "PUT", v2 + "/os-quota-sets/own",
         in("quota_set", {{"instances", -1},
                          {"cores", -1},
                          {"ram", -1},
                          {"key_pairs", -1},
                          {"server_groups", -1}}),
         by_admin},
        {"flavors", "POST", v2 + "/flavors",
         in("flavor", {{"name", "f{n}"}, {"ram", 64}, {"vcpus", 1}, {"disk", 1}}), by_admin},
        {"", "POST", v2 + "/flavors/$flavors/os-extra_specs",
         in("extra_specs", {{"hw:cpu_policy", "shared"}}), by_admin},
        {"os-keypairs", "POST", v2 + "/os-keypairs",
         in("keypair", {{"name", "key{n}"}, {"public_key", public_key}, {"type", "ssh"}})},
        {"servers", "POST", v2 + "/servers",
         in("server", {{"name", "s"},
                       {"flavorRef", "$flavors"},
                       {"imageRef", "$images"},
                       {"networks", "none"},
                       {"metadata", obj({{"k", "v"}})}})},
        {"os-server-groups", "POST", v2 + "/os-server-groups",
         in("server_group", {{"name", "g{n}"}, {"policy", "anti-affinity"}})},
        {"os-aggregates", "POST", v2 + "/os-aggregates", in("aggregate", {{"name", "a{n}"}}),
         by_admin},
        // Their own routes end at 2.35.
        {"os-security-groups", "POST", "/network/v2.0/security-groups",
         in("security_group", {{"name", "g{n}"}})},
        {"os-security-group-rules", "POST", "/network/v2.0/security-group-rules",
         in("security_group_rule",
            {{"security_group_id", "$os-security-groups"}, {"direction", "ingress"}})},
        {"os-floating-ips", "POST", "/network/v2.0/floatingips",
         in("floatingip", {{"floating_network_id", "$public"}})},
        {"os-networks", "POST", "/network/v2.0/networks", in("network", {{"name", "n"}})},
        {"os-tenant-networks", "POST", "/network/v2.0/networks", in("network", {{"name", "n"}})},
    };
}

std::map<std::string, Json> image_bodies() {
    return {
        {"PATCH /v2/images/{image_id}",
         Json::array({obj({{"op", "replace"}, {"path", "/name"}, {"value", "j"}})})},
        {"POST /v2/images/{image_id}/members", obj({{"member", "m{n}"}})},
        {"POST /v2/images/{image_id}/locations", obj({{"url", "http://127.0.0.1/none"}})},
        {"PUT /v2/metadefs/namespaces/{namespace_name}",
         obj({{"namespace", "changed{n}"}, {"owner", "own"}, {"description", "d"}})},
        {"PUT /v2/metadefs/namespaces/{namespace_name}/objects/{object_name}",
         obj({{"name", "changed{n}"}, {"properties", obj({{"q", definition()}})}})},
        {"PUT /v2/metadefs/namespaces/{namespace_name}/properties/{property_name}",
         obj({{"name", "changed{n}"}, {"title", "P"}, {"type", "string"}})},
        {"PUT /v2/metadefs/namespaces/{namespace_name}/tags/{tag_name}",
         obj({{"name", "changed{n}"}})},
        {"POST /v2/metadefs/namespaces/{namespace_name}/objects",
         obj({{"name", "o{n}"}, {"properties", obj({{"p", definition()}})}})},
        {"POST /v2/metadefs/namespaces/{namespace_name}/properties",
         obj({{"name", "p{n}"}, {"title", "P"}, {"type", "string"}})},
        {"POST /v2/metadefs/namespaces/{namespace_name}/resource_types",
         obj({{"name", "OS::T{n}"}, {"prefix", "t_"}})},
        {"POST /v2/metadefs/namespaces/{namespace_name}/tags",
         obj({{"tags", Json::array({obj({{"name", "t"}}), obj({{"name", "u{n}"}})})}})},
        {"PUT /v2/images/{image_id}/members/{member_id}", obj({{"status", "accepted"}})},
    };
}
} // namespace

const std::vector<Recipe>& recipes() {
    static const auto all = [] {
        std::vector<Recipe> out;
        for (auto& part : {identity(), identity_directory(), federation(), placement(), network(),
                           image(), compute()})
            out.insert(out.end(), part.begin(), part.end());
        return out;
    }();
    return all;
}

static std::map<std::string, Json> compute_bodies() {
    return {
        {"PUT /v2.1/os-quota-sets/{id}", in("quota_set", {{"cores", 100}})},
        {"POST /v2.1/os-aggregates/{aggregate_id}/action add_host", obj({{"host", "fake-1"}})},
        {"POST /v2.1/os-aggregates/{aggregate_id}/action remove_host", obj({{"host", "fake-1"}})},
        {"POST /v2.1/os-aggregates/{aggregate_id}/action set_metadata",
         in("metadata", {{"disk", "ssd"}})},
        {"PUT /v2.1/os-aggregates/{aggregate_id}", in("aggregate", {{"name", "b{n}"}})},
        {"PUT /v2.1/os-quota-class-sets/{class}", in("quota_class_set", {{"cores", 20}})},
        {"POST /v2.1/os-server-external-events",
         obj({{"events",
               Json::array({obj({{"name", "network-changed"}, {"server_uuid", "$servers"}})})}})},
        {"POST /v2.1/servers/{server_id}/action reboot", obj({{"type", "HARD"}})},
        {"POST /v2.1/servers/{server_id}/action os-resetState", obj({{"state", "error"}})},
        {"POST /v2.1/servers/{server_id}/action addSecurityGroup", obj({{"name", "default"}})},
        {"POST /v2.1/servers/{server_id}/action removeSecurityGroup", obj({{"name", "default"}})},
        {"POST /v2.1/servers/{server_id}/action createImage", obj({{"name", "i"}})},
        {"POST /v2.1/servers/{server_id}/action createBackup",
         obj({{"name", "i"}, {"backup_type", "daily"}, {"rotation", 1}})},
        {"POST /v2.1/servers/{server_id}/action rescue", obj({{"rescue_image_ref", "$images"}})},
        {"POST /v2.1/servers/{server_id}/action changePassword", obj({{"adminPass", "p"}})},
        {"POST /v2.1/servers/{server_id}/action addFixedIp", obj({{"networkId", "$networks"}})},
        {"POST /v2.1/servers/{server_id}/action removeFixedIp", obj({{"address", "10.1.0.2"}})},
        {"POST /v2.1/servers/{server_id}/action addFloatingIp", obj({{"address", "172.24.0.9"}})},
        {"POST /v2.1/servers/{server_id}/action removeFloatingIp",
         obj({{"address", "172.24.0.9"}})},
        {"POST /v2.1/servers/{server_id}/os-volume_attachments",
         in("volumeAttachment", {{"volumeId", "0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0a"}})},
        {"POST /v2.1/os-security-groups",
         in("security_group", {{"name", "g{n}"}, {"description", "d"}})},
        {"POST /v2.1/os-floating-ips", obj({{"pool", "$public"}})},
        {"PUT /v2.1/os-hosts/{host_name}", obj({{"status", "enable"}})},
        {"POST /v2.1/images/{image_id}/metadata", in("metadata", {{"k2", "v"}})},
        {"PUT /v2.1/images/{image_id}/metadata", in("metadata", {{"k2", "v"}})},
        {"PUT /v2.1/images/{image_id}/metadata/{key}", in("meta", {{"k", "w"}})},
        {"PUT /v2.1/os-security-groups/{security_group_id}",
         in("security_group", {{"name", "h{n}"}, {"description", "d"}})},
        {"POST /v2.1/os-security-group-rules",
         in("security_group_rule", {{"parent_group_id", "$os-security-groups"},
                                    {"ip_protocol", "udp"},
                                    {"from_port", 1},
                                    {"to_port", 2}})},
        {"POST /v2.1/flavors/{flavor_id}/action addTenantAccess", obj({{"tenant", "third"}})},
        {"POST /v2.1/flavors/{flavor_id}/action removeTenantAccess", obj({{"tenant", "third"}})},
        {"POST /v2.1/servers/{server_id}/action rebuild", obj({{"imageRef", "$images"}})},
        {"POST /v2.1/servers/{server_id}/action resize", obj({{"flavorRef", "$flavors"}})},
        {"POST /v2.1/servers/{server_id}/os-interface",
         in("interfaceAttachment", {{"net_id", "$networks"}})},
        {"POST /v2.1/servers/{server_id}/metadata", in("metadata", {{"k2", "v"}})},
        {"PUT /v2.1/servers/{server_id}/metadata", in("metadata", {{"k2", "v"}})},
        {"PUT /v2.1/servers/{server_id}/metadata/{key}", in("meta", {{"k", "w"}})},
        {"PUT /v2.1/servers/{server_id}/tags", obj({{"tags", Json::array({"u"})}})},
        {"POST /v2.1/flavors/{flavor_id}/os-extra_specs",
         in("extra_specs", {{"hw:mem_page_size", "small"}})},
        {"PUT /v2.1/flavors/{flavor_id}/os-extra_specs/{key}", obj({{"hw:cpu_policy", "shared"}})},
    };
}

const std::map<std::string, Json>& accepted_bodies() {
    static std::map<std::string, Json> all{
        {"PATCH /v3/OS-FEDERATION/mappings/{mapping_id}",
         in("mapping", {{"rules", mapping_rules()}})},
        {"PATCH /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
         in("protocol", {{"mapping_id", "$mappings"}})},
        {"PUT /v2.0/routers/{router_id}/add_router_interface", obj({{"subnet_id", "$subnets"}})},
        {"PUT /v2.0/subnetpools/{subnetpool_id}/add_prefixes",
         obj({{"prefixes", Json::array({"10.65.0.0/16"})}})},
        {"PUT /v2.0/routers/{router_id}/add_extraroutes",
         in("router", {{"routes", Json::array()}})},
        {"PUT /v2.0/routers/{router_id}/remove_extraroutes",
         in("router", {{"routes", Json::array()}})},
        {"POST /v2.0/subnets",
         in("subnet", {{"network_id", "$networks"}, {"ip_version", 4}, {"cidr", "10.2.0.0/24"}})},
        {"POST /v2.0/security-group-rules",
         in("security_group_rule", {{"security_group_id", "$security-groups"},
                                    {"direction", "ingress"},
                                    {"protocol", "tcp"}})},
        {"POST /v2.0/rbac-policies", in("rbac_policy", {{"object_type", "network"},
                                                        {"object_id", "$networks"},
                                                        {"action", "access_as_shared"},
                                                        {"target_tenant", "fourth"}})},
        {"PUT /v2.0/rbac-policies/{rbac_policy_id}",
         in("rbac_policy", {{"target_tenant", "fifth"}})},
        {"PUT /v2.0/address-scopes/{address_scope_id}", in("address_scope", {{"name", "b"}})},
        {"PUT /v2.0/quotas/{project_id}", in("quota", {{"port", 100}})},
        {"PUT /v2.0/{resource}/{resource_id}/tags", obj({{"tags", Json::array({"u"})}})},
        {"PUT /v3/projects/{project_id}/tags", obj({{"tags", Json::array({"u"})}})},
        {"PUT /allocations/{consumer_uuid}", claim()},
        {"POST /allocations", obj({{"0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0b", claim()}})},
        {"PUT /resource_providers/{uuid}", obj({{"name", "rp-{n}"}})},
        {"PUT /resource_providers/{uuid}/aggregates",
         obj({{"resource_provider_generation", 1},
              {"aggregates", Json::array({"0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0c"})}})},
        {"POST /resource_providers/{uuid}/inventories", obj({{"resource_provider_generation", 1},
                                                             {"resource_class", "MEMORY_MB"},
                                                             {"total", 64}})},
        {"PUT /resource_providers/{uuid}/inventories",
         obj({{"resource_provider_generation", 1},
              {"inventories", obj({{"VCPU", obj({{"total", 9}})}})}})},
        {"PUT /resource_providers/{uuid}/inventories/{resource_class}",
         obj({{"resource_provider_generation", 1}, {"total", 9}})},
        {"POST /resource_classes", obj({{"name", "CUSTOM_C{n}"}})},
        {"PUT /resource_classes/{name}", Json()},
        {"PUT /traits/{name}", Json()},
        {"PUT /resource_providers/{uuid}/traits",
         obj({{"resource_provider_generation", 1}, {"traits", Json::array({"HW_CPU_X86_AVX"})}})},
    };
    static const bool with_identity = (all.merge(identity_bodies()), true);
    static const bool with_compute = (all.merge(compute_bodies()), true);
    static const bool with_images = (all.merge(image_bodies()), true);
    (void)with_identity;
    (void)with_compute;
    (void)with_images;
    return all;
}

const std::map<std::string, std::string>& standing_ids() {
    static const std::map<std::string, std::string> all{
        {"tags", "t"},
        {"config", "ldap"},
        {"ldap", "url"},
        {"allocations", "0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0a"},
        {"quotas", "own"},
        {"inventories", "VCPU"},
        {"resource_classes", "CUSTOM_C"},
        {"traits", "CUSTOM_T"},
        {"os-quota-sets", "own"},
        {"extensions", "router"},
        {"metadata", "k"},
        {"os-extra_specs", "hw:cpu_policy"},
        {"members", "third"},
        {"stores", "local"},
        {"os-simple-tenant-usage", "own"}};
    return all;
}

std::string filled(const std::string& text, const std::map<std::string, std::string>& ids, int n) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text.compare(at, 3, "{n}") == 0) {
            out += std::to_string(n);
            at += 3;
            continue;
        }
        std::size_t end = at + 1;
        while (text[at] == '$' && end < text.size() &&
               (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '-' ||
                text[end] == '_'))
            ++end;
        auto found = end > at + 1 ? ids.find(text.substr(at + 1, end - at - 1)) : ids.end();
        out += found != ids.end() ? found->second : text.substr(at, end - at);
        at = end;
    }
    return out;
}

Json filled(const Json& json, const std::map<std::string, std::string>& ids, int n) {
    if (json.is_string()) return filled(json.as_string(), ids, n);
    if (json.is_array()) {
        Json out = Json::array();
        for (auto& item : json.as_array()) out.push_back(filled(item, ids, n));
        return out;
    }
    if (!json.is_object()) return json;
    Json out = Json::object();
    for (auto& [key, value] : json.as_object()) out[filled(key, ids, n)] = filled(value, ids, n);
    return out;
}

} // namespace nephele::test
