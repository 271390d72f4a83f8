// SPDX-License-Identifier: Apache-2.0
// A token with everything it stands for at this moment: names, roles, whether all of it is enabled.
#pragma once
#include "platform/auth/principal.h"
#include "platform/context/context.h"
#include "services/keystone/model/delegation.h"
#include "services/keystone/model/oauth1.h"
#include "services/keystone/model/project.h"
#include "services/keystone/model/role.h"
#include "services/keystone/model/token.h"
#include "services/keystone/model/user.h"

namespace nephele::keystone {

struct SharedFacts;

struct TokenFacts {
    Claims claims;
    User user;
    Domain user_domain;
    std::optional<Project> project;
    std::optional<Domain> project_domain; ///< none for a project that is a domain
    std::optional<Domain> domain;
    std::vector<Role> roles; ///< implied ones included, domain-specific ones not
    std::optional<ApplicationCredential> application_credential;
    std::vector<AccessRule> access_rules;
    std::optional<Trust> trust;
    /// The trusts this one was passed on from, nearest first.
    std::vector<Trust> trust_pedigree;
    std::optional<AccessToken> access_token;
    Json service_providers; ///< other clouds that trust our users
    /// When memberships end that an identity provider said; the facts must be looked up again then.
    std::optional<Time> until;

    Principal principal() const;
    /// The "token" object of answers; with the catalog when one is given.
    Json body(const Json* catalog) const;
};

/// Nothing when the token's user, scope or roles are gone or disabled, or when it was revoked. Does
/// not look at the expiry. Without `now`, memberships that end by themselves do not count.
/// `shared` saves reading what it holds.
std::optional<TokenFacts> look_up(db::Tx& tx, const Claims& claims,
                                  std::optional<Time> now = std::nullopt,
                                  const SharedFacts* shared = nullptr);

/// The catalog with the ids filled in: the endpoints the project's filters choose, else all.
Json catalog_of(const Cloud& cloud, db::Tx& tx, const std::string& project_id,
                const std::string& user_id, const SharedFacts* shared = nullptr);

/// "2026-11-22T14:21:42.000000Z": tokens show whole seconds in upstream's form.
std::string token_time(Time time);

} // namespace nephele::keystone
