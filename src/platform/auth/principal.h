// SPDX-License-Identifier: Apache-2.0
// Who makes a call, as the identity service established it from a token. Identity comes from here
// only: headers that claim one are dropped at the edge.
#pragma once
#include "base/time.h"
#include "platform/auth/scope.h"

#include <string>
#include <string_view>
#include <vector>

namespace nephele {

struct Principal {
    std::string user_id, user_name, user_domain_id, user_domain_name;

    // At most one of the three scopes is set; none of them: an unscoped token.
    std::string project_id, project_name, project_domain_id, project_domain_name;
    std::string domain_id, domain_name;
    bool system_all = false;

    std::vector<std::string> roles;    ///< names, implied ones included
    std::vector<std::string> role_ids; ///< in the order of `roles`
    std::vector<std::string> group_ids;

    /// Project scope on the configured admin project (true when none is configured, as upstream).
    bool is_admin_project = true;
    /// The project of the scope acts as a domain.
    bool project_is_domain = false;
    /// The call comes with the `service` role: services acting for a user, expired tokens allowed.
    bool is_service = false;
    /// The control plane itself: every policy check passes.
    bool is_internal = false;

    std::vector<std::string> methods;   ///< "password", "token", "application_credential" ...
    std::vector<std::string> audit_ids; ///< own audit id, then the one of the chain's first token
    Time issued_at, expires_at;

    std::string trust_id, trustor_user_id, trustee_user_id;
    std::string application_credential_id;
    bool application_credential_unrestricted = false;
    std::string access_token_id; ///< OAuth 1
    /// The token is good only together with this client certificate (RFC 8705); empty: any caller.
    std::string certificate_thumbprint;
    /// An application credential may be limited to some requests; none listed: no limit.
    struct AccessRule {
        std::string service; ///< type: "compute"
        std::string method;
        std::string path; ///< '*' and {name} stand for one segment's text, '**' for anything
    };
    std::vector<AccessRule> access_rules;
    /// False when access rules are listed and none fits.
    bool may_call(std::string_view service_type, std::string_view method,
                  std::string_view path) const;

    bool has_role(std::string_view name) const;
    bool is_unscoped() const { return project_id.empty() && domain_id.empty() && !system_all; }
    /// The records this principal owns by its scope alone: its project, else its domain, else (an
    /// unscoped token) its user; all for the control plane. Policy decides who sees more.
    Scope own_scope() const;

    /// The control plane acting on its own account: operations, reconcilers, bootstrap.
    static Principal internal();
};

} // namespace nephele
