// SPDX-License-Identifier: Apache-2.0
// Policy rules of OAuth 1 and of what is left of PKI tokens: upstream's names and defaults.
#include "services/keystone/api/oauth.h"

namespace nephele::keystone {
namespace {

policy::Rule rule(const char* name, const char* check, const char* description, const char* method,
                  const std::string& path) {
    return {.name = std::string("identity:") + name,
            .check = check,
            .description = description,
            .operations = {{method, path}},
            .scope_types = {"system", "project"}};
}

} // namespace

std::vector<policy::Rule> oauth_policies() {
    const char* const admin = "rule:admin_required";
    const char* const reader = "rule:admin_required or (role:reader and system_scope:all)";
    const std::string consumers = "/v3/OS-OAUTH1/consumers",
                      consumer = consumers + "/{consumer_id}",
                      tokens = "/v3/users/{user_id}/OS-OAUTH1/access_tokens",
                      token = tokens + "/{access_token_id}";
    return {
        rule("get_consumer", reader, "Show a consumer.", "GET", consumer),
        rule("list_consumers", reader, "List consumers.", "GET", consumers),
        rule("create_consumer", admin, "Register a consumer.", "POST", consumers),
        rule("update_consumer", admin, "Change a consumer.", "PATCH", consumer),
        rule("delete_consumer", admin, "Delete a consumer.", "DELETE", consumer),
        rule("authorize_request_token", admin, "Consent to a request token.", "PUT",
             "/v3/OS-OAUTH1/authorize/{request_token_id}"),
        rule("get_access_token", admin, "Show an access token.", "GET", token),
        rule("get_access_token_role", admin, "Show a role of an access token.", "GET",
             token + "/roles/{role_id}"),
        rule("list_access_tokens", admin, "List access tokens.", "GET", tokens),
        rule("list_access_token_roles", admin, "List roles of an access token.", "GET",
             token + "/roles"),
        rule("delete_access_token", admin, "Delete an access token.", "DELETE", token),
        rule("revocation_list", admin, "List revoked PKI tokens.", "GET",
             "/v3/auth/tokens/OS-PKI/revoked"),
    };
}

} // namespace nephele::keystone
