// SPDX-License-Identifier: Apache-2.0
// Upstream's rules with its defaults: administrators everywhere, system readers, and readers and
// managers of a domain within it.
#include "services/keystone/api/oauth.h"
#include "services/keystone/api/support.h"

namespace nephele::keystone {
namespace {
using policy::Rule;

#define ADMIN "rule:admin_required"
#define SYSTEM_READER "(role:reader and system_scope:all)"
#define DOMAIN_READER(target) "(role:reader and domain_id:%(target." target ")s)"
#define DOMAIN_MANAGER(target) "(role:manager and domain_id:%(target." target ")s)"

const std::vector<std::string> everywhere{"system", "domain", "project"};
const std::vector<std::string> not_domain{"system", "project"};

Rule rule(const char* name, const char* check, const char* description,
          std::vector<std::pair<std::string, std::string>> operations,
          std::vector<std::string> scopes = everywhere) {
    return {std::string("identity:") + name, check, description, std::move(operations),
            std::move(scopes)};
}

void add(std::vector<Rule>& all, std::vector<Rule> more) {
    for (Rule& one : more) all.push_back(std::move(one));
}

std::vector<Rule> base_rules() {
    return {
        {"admin_required", "role:admin or is_admin:1", "", {}, {}},
        {"service_role", "role:service", "", {}, {}},
        {"service_or_admin", "rule:admin_required or rule:service_role", "", {}, {}},
        {"owner", "user_id:%(user_id)s", "", {}, {}},
        {"admin_or_owner", "rule:admin_required or rule:owner", "", {}, {}},
        {"token_subject", "user_id:%(target.token.user_id)s", "", {}, {}},
        {"admin_or_token_subject", "rule:admin_required or rule:token_subject", "", {}, {}},
        {"service_admin_or_token_subject",
         "rule:service_or_admin or rule:token_subject",
         "",
         {},
         {}},
        {"domain_managed_target_role",
         "'manager':%(target.role.name)s or 'member':%(target.role.name)s or "
         "'reader':%(target.role.name)s",
         "Roles a domain manager may give.",
         {},
         {}},
    };
}

std::vector<Rule> token_rules() {
    return {
        rule("check_token", ADMIN " or " SYSTEM_READER " or rule:token_subject", "Check a token.",
             {{"HEAD", "/v3/auth/tokens"}}),
        rule("validate_token",
             ADMIN " or " SYSTEM_READER " or rule:service_role or rule:token_subject",
             "Validate a token.", {{"GET", "/v3/auth/tokens"}}),
        rule("revoke_token", ADMIN " or rule:token_subject", "Revoke a token.",
             {{"DELETE", "/v3/auth/tokens"}}),
        rule("list_revoke_events", "rule:service_or_admin or " SYSTEM_READER,
             "List revocation events.", {{"GET", "/v3/OS-REVOKE/events"}}, not_domain),
        rule("get_auth_catalog", "", "Catalog of the token.", {{"GET", "/v3/auth/catalog"}}, {}),
        rule("get_auth_projects", "", "Projects the token's user can use.",
             {{"GET", "/v3/auth/projects"}}, {}),
        rule("get_auth_domains", "", "Domains the token's user can use.",
             {{"GET", "/v3/auth/domains"}}, {}),
        rule("get_auth_system", "", "Systems the token's user can use.",
             {{"GET", "/v3/auth/system"}}, {}),
    };
}

std::vector<Rule> domain_and_project_rules() {
    const char* const get_domain =
        ADMIN " or " SYSTEM_READER " or token.domain.id:%(target.domain.id)s or "
              "token.project.domain.id:%(target.domain.id)s";
    const char* const get_project =
        ADMIN " or " SYSTEM_READER
              " or " DOMAIN_READER("project.domain_id") " or project_id:%(target.project.id)s";
    const char* const manage_project = ADMIN " or " DOMAIN_MANAGER("project.domain_id");
    const std::string one = "/v3/projects/{project_id}", tags = one + "/tags",
                      tag = tags + "/{value}";
    return {
        rule("get_domain", get_domain, "Show a domain.", {{"GET", "/v3/domains/{domain_id}"}}),
        rule("list_domains", ADMIN " or " SYSTEM_READER " or (role:reader and not domain_id:None)",
             "List domains.", {{"GET", "/v3/domains"}}),
        rule("create_domain", ADMIN, "Create a domain.", {{"POST", "/v3/domains"}}, not_domain),
        rule("update_domain", ADMIN, "Update a domain.", {{"PATCH", "/v3/domains/{domain_id}"}},
             not_domain),
        rule("delete_domain", ADMIN, "Delete a domain.", {{"DELETE", "/v3/domains/{domain_id}"}},
             not_domain),
        rule("get_project", get_project, "Show a project.", {{"GET", one}}),
        rule("list_projects", ADMIN " or " SYSTEM_READER " or " DOMAIN_READER("domain_id"),
             "List projects.", {{"GET", "/v3/projects"}}),
        rule("list_user_projects",
             ADMIN " or " SYSTEM_READER
                   " or " DOMAIN_READER("user.domain_id") " or user_id:%(target.user.id)s",
             "List projects of a user.", {{"GET", "/v3/users/{user_id}/projects"}}),
        rule("create_project", manage_project, "Create a project.", {{"POST", "/v3/projects"}}),
        rule("update_project", manage_project, "Update a project.", {{"PATCH", one}}),
        rule("delete_project", manage_project, "Delete a project.", {{"DELETE", one}}),
        rule("list_project_tags", get_project, "List tags.", {{"GET", tags}}),
        rule("get_project_tag", get_project, "Check a tag.", {{"GET", tag}}),
        rule("update_project_tags", manage_project, "Replace all tags.", {{"PUT", tags}}),
        rule("create_project_tag", manage_project, "Add a tag.", {{"PUT", tag}}),
        rule("delete_project_tags", manage_project, "Remove all tags.", {{"DELETE", tags}}),
        rule("delete_project_tag", manage_project, "Remove a tag.", {{"DELETE", tag}}),
    };
}

std::vector<Rule> user_and_group_rules() {
    const char* const manage_user = ADMIN " or " DOMAIN_MANAGER("user.domain_id");
    const char* const read_group =
        ADMIN " or " SYSTEM_READER " or " DOMAIN_READER("group.domain_id");
    const char* const manage_group = ADMIN " or " DOMAIN_MANAGER("group.domain_id");
    const char* const manage_member =
        ADMIN " or (role:manager and domain_id:%(target.group.domain_id)s and "
              "domain_id:%(target.user.domain_id)s)";
    const std::string user = "/v3/users/{user_id}", group = "/v3/groups/{group_id}",
                      member = group + "/users/{user_id}";
    return {
        rule("get_user",
             ADMIN " or " SYSTEM_READER
                   " or " DOMAIN_READER("user.domain_id") " or user_id:%(target.user.id)s",
             "Show a user.", {{"GET", user}}),
        rule("list_users", ADMIN " or " SYSTEM_READER " or " DOMAIN_READER("domain_id"),
             "List users.", {{"GET", "/v3/users"}}),
        rule("create_user", manage_user, "Create a user.", {{"POST", "/v3/users"}}),
        rule("update_user", manage_user, "Update a user.", {{"PATCH", user}}),
        rule("delete_user", manage_user, "Delete a user.", {{"DELETE", user}}),
        rule("revoke_tokens_for_user", "rule:admin_or_owner", "Revoke all tokens of a user.",
             {{"DELETE", user + "/tokens"}}),
        rule("get_group", read_group, "Show a group.", {{"GET", group}}),
        rule("list_groups", read_group, "List groups.", {{"GET", "/v3/groups"}}),
        rule("list_groups_for_user",
             ADMIN " or " SYSTEM_READER
                   " or " DOMAIN_READER("user.domain_id") " or user_id:%(target.user.id)s",
             "List groups of a user.", {{"GET", user + "/groups"}}),
        rule("create_group", manage_group, "Create a group.", {{"POST", "/v3/groups"}}),
        rule("update_group", manage_group, "Update a group.", {{"PATCH", group}}),
        rule("delete_group", manage_group, "Delete a group.", {{"DELETE", group}}),
        rule("list_users_in_group", read_group, "List users of a group.",
             {{"GET", group + "/users"}}),
        rule("check_user_in_group",
             ADMIN " or " SYSTEM_READER
                   " or (role:reader and domain_id:%(target.group.domain_id)s and "
                   "domain_id:%(target.user.domain_id)s)",
             "Check a membership.", {{"GET", member}}),
        rule("add_user_to_group", manage_member, "Add a user to a group.", {{"PUT", member}}),
        rule("remove_user_from_group", manage_member, "Remove a user from a group.",
             {{"DELETE", member}}),
    };
}

std::vector<Rule> role_rules() {
    const char* const read_role =
        ADMIN " or " SYSTEM_READER " or (role:manager and not domain_id:None)";
    const char* const read_admin = ADMIN " or " SYSTEM_READER;
    const std::string one = "/v3/roles/{role_id}", implies = "/v3/roles/{prior_role_id}/implies",
                      implied = implies + "/{implied_role_id}";
    return {
        rule("get_role", read_role, "Show a role.", {{"GET", one}}),
        rule("list_roles", read_role, "List roles.", {{"GET", "/v3/roles"}}),
        rule("create_role", ADMIN, "Create a role.", {{"POST", "/v3/roles"}}, not_domain),
        rule("update_role", ADMIN, "Update a role.", {{"PATCH", one}}, not_domain),
        rule("delete_role", ADMIN, "Delete a role.", {{"DELETE", one}}, not_domain),
        rule("get_domain_role", read_admin, "Show a role of a domain.", {{"GET", one}}, not_domain),
        rule("list_domain_roles", read_admin, "List roles of a domain.",
             {{"GET", "/v3/roles?domain_id={domain_id}"}}, not_domain),
        rule("create_domain_role", ADMIN, "Create a role of a domain.", {{"POST", "/v3/roles"}},
             not_domain),
        rule("update_domain_role", ADMIN, "Update a role of a domain.", {{"PATCH", one}},
             not_domain),
        rule("delete_domain_role", ADMIN, "Delete a role of a domain.", {{"DELETE", one}},
             not_domain),
        rule("get_implied_role", read_admin, "Show an implication.", {{"GET", implied}},
             not_domain),
        rule("list_implied_roles", read_admin, "List what a role implies.", {{"GET", implies}},
             not_domain),
        rule("list_role_inference_rules", read_admin, "List all implications.",
             {{"GET", "/v3/role_inferences"}}, not_domain),
        rule("check_implied_role", read_admin, "Check an implication.", {{"HEAD", implied}},
             not_domain),
        rule("create_implied_role", ADMIN, "Make a role imply another.", {{"PUT", implied}},
             not_domain),
        rule("delete_implied_role", ADMIN, "Remove an implication.", {{"DELETE", implied}},
             not_domain),
    };
}

// Actor and place must both be in the caller's domain.
#define WITHIN_DOMAIN(role)                                                                        \
    "((" role " and domain_id:%(target.user.domain_id)s and "                                      \
    "domain_id:%(target.project.domain_id)s) or "                                                  \
    "(" role " and domain_id:%(target.user.domain_id)s and domain_id:%(target.domain.id)s) or "    \
    "(" role " and domain_id:%(target.group.domain_id)s and "                                      \
    "domain_id:%(target.project.domain_id)s) or "                                                  \
    "(" role " and domain_id:%(target.group.domain_id)s and domain_id:%(target.domain.id)s))"
#define ROLE_OF_DOMAIN "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)"

std::vector<Rule> grant_rules() {
    const char* const check =
        ADMIN " or " SYSTEM_READER " or (" WITHIN_DOMAIN("role:reader") " and " ROLE_OF_DOMAIN ")";
    const char* const change =
        ADMIN " or (" WITHIN_DOMAIN("role:manager") " and " ROLE_OF_DOMAIN
                                                    " and rule:domain_managed_target_role)";
    const std::string roles = "/v3/{projects|domains}/{id}/{users|groups}/{id}/roles",
                      role = roles + "/{role_id}";
    std::vector<Rule> rules{
        rule("check_grant", check, "Check a grant.", {{"GET", role}, {"HEAD", role}}),
        rule("list_grants", ADMIN " or " SYSTEM_READER " or " WITHIN_DOMAIN("role:reader"),
             "List grants.", {{"GET", roles}}),
        rule("create_grant", change, "Give a role.", {{"PUT", role}}),
        rule("revoke_grant", change, "Take a role away.", {{"DELETE", role}}),
        rule("list_role_assignments", ADMIN " or " SYSTEM_READER " or " DOMAIN_READER("domain_id"),
             "List role assignments.", {{"GET", "/v3/role_assignments"}}),
        rule("list_role_assignments_for_tree",
             ADMIN " or " SYSTEM_READER " or " DOMAIN_READER("project.domain_id"),
             "List role assignments of a project and those below.",
             {{"GET", "/v3/role_assignments?include_subtree"}}),
    };
    for (const std::string actor : {"user", "group"}) {
        const std::string list = "/v3/system/" + actor + "s/{id}/roles", one = list + "/{role_id}";
        const auto system = [&](const std::string& verb, const char* check_text, const char* method,
                                const std::string& path) {
            rules.push_back(rule((verb + "_for_" + actor).c_str(), check_text,
                                 "Roles on the system.", {{method, path}}, not_domain));
        };
        system("list_system_grants", ADMIN " or " SYSTEM_READER, "GET", list);
        system("check_system_grant", ADMIN " or " SYSTEM_READER, "GET", one);
        system("create_system_grant", ADMIN, "PUT", one);
        system("revoke_system_grant", ADMIN, "DELETE", one);
    }
    return rules;
}

std::vector<Rule> catalog_rules() {
    std::vector<Rule> rules;
    for (const std::string kind : {"region", "service", "endpoint"}) {
        const std::string all = "/v3/" + kind + "s", one = all + "/{" + kind + "_id}";
        const char* const read = kind == "region" ? "" : ADMIN " or " SYSTEM_READER;
        // Regions are for everybody.
        const auto& scopes = kind == "region" ? everywhere : not_domain;
        rules.push_back(rule(("get_" + kind).c_str(), read, "Show one.", {{"GET", one}}, scopes));
        rules.push_back(
            rule(("list_" + kind + "s").c_str(), read, "List all.", {{"GET", all}}, scopes));
        rules.push_back(
            rule(("create_" + kind).c_str(), ADMIN, "Create.", {{"POST", all}}, not_domain));
        rules.push_back(
            rule(("update_" + kind).c_str(), ADMIN, "Update.", {{"PATCH", one}}, not_domain));
        rules.push_back(
            rule(("delete_" + kind).c_str(), ADMIN, "Delete.", {{"DELETE", one}}, not_domain));
    }
    return rules;
}

std::vector<Rule> delegation_rules() {
    const char* const read_own = ADMIN " or " SYSTEM_READER " or rule:owner";
    const char* const read_rule = SYSTEM_READER " or rule:owner";
    const char* const read_trust =
        ADMIN " or " SYSTEM_READER " or user_id:%(target.trust.trustor_user_id)s or "
              "user_id:%(target.trust.trustee_user_id)s";
    const std::string all = "/v3/users/{user_id}/application_credentials",
                      one = all + "/{application_credential_id}",
                      rules = "/v3/users/{user_id}/access_rules",
                      rule_path = rules + "/{access_rule_id}", trusts = "/v3/OS-TRUST/trusts",
                      trust = trusts + "/{trust_id}";
    return {
        rule("list_application_credentials", read_own, "List application credentials.",
             {{"GET", all}}, not_domain),
        rule("get_application_credential", read_own, "Show an application credential.",
             {{"GET", one}}, not_domain),
        rule("create_application_credential", "rule:owner", "Create an application credential.",
             {{"POST", all}}, {"project"}),
        rule("delete_application_credential", "rule:admin_or_owner",
             "Delete an application credential.", {{"DELETE", one}}, not_domain),
        rule("list_access_rules", read_rule, "List access rules.", {{"GET", rules}}, not_domain),
        rule("get_access_rule", read_rule, "Show an access rule.", {{"GET", rule_path}},
             not_domain),
        rule("delete_access_rule", "(role:admin and system_scope:all) or rule:owner",
             "Delete an access rule.", {{"DELETE", rule_path}}, not_domain),
        rule("create_trust", "user_id:%(target.trust.trustor_user_id)s", "Create a trust.",
             {{"POST", trusts}}, {"project"}),
        rule("list_trusts", ADMIN " or " SYSTEM_READER, "List all trusts.", {{"GET", trusts}},
             not_domain),
        rule("list_trusts_for_trustor",
             ADMIN " or " SYSTEM_READER " or user_id:%(target.trust.trustor_user_id)s",
             "List trusts of a trustor.", {{"GET", trusts + "?trustor_user_id"}}, not_domain),
        rule("list_trusts_for_trustee",
             ADMIN " or " SYSTEM_READER " or user_id:%(target.trust.trustee_user_id)s",
             "List trusts of a trustee.", {{"GET", trusts + "?trustee_user_id"}}, not_domain),
        rule("get_trust", read_trust, "Show a trust.", {{"GET", trust}}, not_domain),
        rule("list_roles_for_trust", read_trust, "List roles of a trust.",
             {{"GET", trust + "/roles"}}, not_domain),
        rule("get_role_for_trust", read_trust, "Show a role of a trust.",
             {{"GET", trust + "/roles/{role_id}"}}, not_domain),
        rule("delete_trust", ADMIN " or user_id:%(target.trust.trustor_user_id)s",
             "Delete a trust.", {{"DELETE", trust}}, not_domain),
    };
}

std::vector<Rule> credential_rules() {
    const char* const read = ADMIN " or " SYSTEM_READER " or user_id:%(target.credential.user_id)s";
    const char* const change = ADMIN " or user_id:%(target.credential.user_id)s";
    const char* const create_key =
        ADMIN " or (role:member and user_id:%(target.credential.user_id)s)";
    const std::string all = "/v3/credentials", one = all + "/{credential_id}",
                      ec2 = "/v3/users/{user_id}/credentials/OS-EC2",
                      ec2_one = ec2 + "/{credential_id}";
    return {
        rule("list_credentials", read, "List credentials.", {{"GET", all}}, not_domain),
        rule("get_credential", read, "Show a credential.", {{"GET", one}}, not_domain),
        rule("create_credential", change, "Create a credential.", {{"POST", all}}, not_domain),
        rule("update_credential", change, "Update a credential.", {{"PATCH", one}}, not_domain),
        rule("delete_credential", change, "Delete a credential.", {{"DELETE", one}}, not_domain),
        rule("ec2_list_credentials", read, "List EC2 credentials.", {{"GET", ec2}}, not_domain),
        rule("ec2_get_credential", read, "Show an EC2 credential.", {{"GET", ec2_one}}, not_domain),
        rule("ec2_create_credential", create_key, "Create an EC2 credential.", {{"POST", ec2}},
             not_domain),
        rule("ec2_delete_credential", change, "Delete an EC2 credential.", {{"DELETE", ec2_one}},
             not_domain),
        rule("ec2tokens_validate", "rule:service_or_admin", "Check an EC2 signature.",
             {{"POST", "/v3/ec2tokens"}}),
        rule("s3tokens_validate", "rule:service_or_admin", "Check an S3 signature.",
             {{"POST", "/v3/s3tokens"}}),
    };
}

} // namespace

std::vector<policy::Rule> policies() {
    std::vector<Rule> all = base_rules();
    add(all, token_rules());
    add(all, domain_and_project_rules());
    add(all, user_and_group_rules());
    add(all, role_rules());
    add(all, grant_rules());
    add(all, catalog_rules());
    add(all, delegation_rules());
    add(all, credential_rules());
    add(all, oauth_policies());
    return all;
}

} // namespace nephele::keystone
