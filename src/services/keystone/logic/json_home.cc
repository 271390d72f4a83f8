// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/json_home.h"

#include "base/strings.h"

#include <map>

namespace nephele::keystone::logic {
namespace {

constexpr const char* root = "https://docs.openstack.org/api/openstack-identity/3/";

// Names that do not follow from their paths. Parameters stand as {}.
const std::map<std::string, std::string>& odd_relations() {
    static const std::map<std::string, std::string> all{
        {"/ec2tokens", "ext/OS-EC2/1.0/rel/ec2tokens"},
        {"/s3tokens", "ext/s3tokens/1.0/rel/s3tokens"},
        {"/users/{}/credentials/OS-EC2/{}", "ext/OS-EC2/1.0/rel/user_credential"},
        {"/auth/tokens/OS-PKI/revoked", "ext/OS-PKI/1.0/rel/revocations"},
        {"/OS-SIMPLE-CERT/ca", "ext/OS-SIMPLE-CERT/1.0/rel/ca_certificate"},
        {"/projects/{}/tags/{}", "rel/project_tags"},
        {"/roles/{}/implies", "rel/implied_roles"},
        {"/roles/{}/implies/{}", "rel/implied_role"},
        {"/users/{}/password", "rel/user_change_password"},
        {"/users/{}/application_credentials", "rel/application_credentials"},
        {"/users/{}/application_credentials/{}", "rel/application_credential"},
        {"/users/{}/access_rules", "rel/access_rules"},
        {"/users/{}/access_rules/{}", "rel/access_rule"},
        {"/auth/OS-FEDERATION/websso/{}", "ext/OS-FEDERATION/1.0/rel/websso"},
        {"/auth/OS-FEDERATION/saml2", "ext/OS-FEDERATION/1.0/rel/saml2"},
        {"/auth/OS-FEDERATION/saml2/ecp", "ext/OS-FEDERATION/1.0/rel/ecp"},
        {"/OS-FEDERATION/saml2/metadata", "ext/OS-FEDERATION/1.0/rel/metadata"},
        {"/auth/OS-FEDERATION/identity_providers/{}/protocols/{}/websso",
         "ext/OS-FEDERATION/1.0/rel/identity_providers_websso"},
        {"/OS-OAUTH1/access_token", "ext/OS-OAUTH1/1.0/rel/access_tokens"},
        {"/OS-OAUTH1/request_token", "ext/OS-OAUTH1/1.0/rel/request_tokens"},
        {"/OS-OAUTH1/authorize/{}", "ext/OS-OAUTH1/1.0/rel/authorize_request_token"},
        {"/policies/{}/OS-ENDPOINT-POLICY/endpoints/{}",
         "ext/OS-ENDPOINT-POLICY/1.0/rel/endpoint_policy_association"},
        {"/policies/{}/OS-ENDPOINT-POLICY/services/{}",
         "ext/OS-ENDPOINT-POLICY/1.0/rel/service_policy_association"},
        {"/policies/{}/OS-ENDPOINT-POLICY/services/{}/regions/{}",
         "ext/OS-ENDPOINT-POLICY/1.0/rel/region_and_service_policy_association"},
        {"/OS-EP-FILTER/endpoint_groups/{}/projects/{}",
         "ext/OS-EP-FILTER/1.0/rel/endpoint_group_to_project_association"},
        {"/OS-EP-FILTER/endpoint_groups/{}/endpoints",
         "ext/OS-EP-FILTER/1.0/rel/endpoints_in_endpoint_group"},
        {"/OS-EP-FILTER/endpoint_groups/{}/projects",
         "ext/OS-EP-FILTER/1.0/rel/projects_associated_with_endpoint_group"},
        {"/domains/{}/config/{}", "rel/domain_config_group"},
        {"/domains/{}/config/{}/{}", "rel/domain_config_option"},
        {"/domains/config/default", "rel/domain_config_default"},
        {"/domains/config/{}/default", "rel/domain_config_default_group"},
        {"/domains/config/{}/{}/default", "rel/domain_config_default_option"},
        {"/limits/model", "rel/limit_model"},
    };
    return all;
}

// Upstream has these under two names.
const std::map<std::string, std::string>& second_relations() {
    static const std::map<std::string, std::string> all{
        {"/auth/projects", "ext/OS-FEDERATION/1.0/rel/projects"},
        {"/auth/domains", "ext/OS-FEDERATION/1.0/rel/domains"},
    };
    return all;
}

bool is_parameter(const std::string& segment) { return segment.starts_with('{'); }

std::string without_names(const std::string& path) {
    std::vector<std::string> out;
    for (const auto& segment : split(path, '/'))
        out.push_back(is_parameter(segment) ? "{}" : segment);
    return join(out, "/");
}

std::string singular(const std::string& word) {
    if (word.ends_with("ies")) return word.substr(0, word.size() - 3) + "y";
    return word.ends_with("s") ? word.substr(0, word.size() - 1) : word;
}

std::string parameter_relation(const std::string& name) {
    static const std::map<std::string, std::string> odd{
        {"value", "param/tag_value"},
        {"prior_role_id", "param/role_id"},
        {"implied_role_id", "param/role_id"},
        {"group", "param/config_group"},
        {"option", "param/config_option"},
        {"trust_id", "ext/OS-TRUST/1.0/param/trust_id"},
        {"endpoint_group_id", "ext/OS-EP-FILTER/1.0/param/endpoint_group_id"},
        {"protocol_id", "ext/OS-FEDERATION/1.0/param/protocol_id"},
        {"idp_id", "ext/OS-FEDERATION/1.0/param/idp_id"},
        {"sp_id", "ext/OS-FEDERATION/1.0/param/sp_id"},
        {"mapping_id", "ext/OS-FEDERATION/1.0/param/mapping_id"},
        {"request_token_id", "ext/OS-OAUTH1/1.0/param/request_token_id"},
        {"consumer_id", "ext/OS-OAUTH1/1.0/param/consumer_id"},
        {"access_token_id", "ext/OS-OAUTH1/1.0/param/access_token_id"}};
    const auto found = odd.find(name);
    return root + (found == odd.end() ? "param/" + name : found->second);
}

Json entry_of(const std::string& path, const std::string& prefix) {
    Json variables = Json::object();
    for (const auto& segment : split(path, '/'))
        if (is_parameter(segment)) {
            const std::string name = segment.substr(1, segment.size() - 2);
            variables[name] = parameter_relation(name);
        }
    Json entry = Json::object();
    if (variables.size() == 0) {
        entry["href"] = prefix + path;
    } else {
        entry["href-template"] = prefix + path;
        entry["href-vars"] = std::move(variables);
    }
    if (path.starts_with("/limits") || path.starts_with("/registered_limits"))
        entry["hints"] = Json::object({{"status", "experimental"}});
    return entry;
}

} // namespace

std::string relation_of(const std::string& path) {
    const auto odd = odd_relations().find(without_names(path));
    if (odd != odd_relations().end()) return odd->second;
    const auto segments = split(path, '/');
    std::string extension;
    std::vector<std::string> words;
    for (std::size_t at = 0; at < segments.size(); ++at) {
        if (segments[at].empty() || is_parameter(segments[at])) continue;
        if (segments[at].starts_with("OS-")) {
            extension = segments[at];
            continue;
        }
        const bool of_one = at + 1 < segments.size() && is_parameter(segments[at + 1]);
        words.push_back(of_one ? singular(segments[at]) : segments[at]);
    }
    return (extension.empty() ? "rel/" : "ext/" + extension + "/1.0/rel/") + join(words, "_");
}

Json json_home(const std::vector<std::string>& paths, const std::string& prefix) {
    Json resources = Json::object();
    for (const auto& path : paths) {
        resources[root + relation_of(path)] = entry_of(path, prefix);
        if (const auto second = second_relations().find(path); second != second_relations().end())
            resources[root + second->second] = entry_of(path, prefix);
    }
    return Json::object({{"resources", std::move(resources)}});
}

} // namespace nephele::keystone::logic
