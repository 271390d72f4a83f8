// SPDX-License-Identifier: Apache-2.0
// OpenID Connect's decisions: what to ask an identity provider, and whether to believe what comes
// back. Signatures are checked elsewhere.
#pragma once
#include "base/time.h"
#include "platform/json/json.h"
#include "services/keystone/logic/mapping_rules.h"

#include <string>
#include <vector>

namespace nephele::keystone::logic {

struct OpenidRequest {
    std::string client_id, redirect_uri, state, nonce, code_verifier;
    std::vector<std::string> scopes;
};
/// Where the browser goes to log in, with a challenge made of the code verifier (PKCE, S256).
std::string authorization_url(const std::string& endpoint, const OpenidRequest& request);

/// Issuers are compared without a slash at their end, which providers and operators add at will.
bool same_issuer(std::string_view a, std::string_view b);

/// Throws Failure(unauthorized) naming what is wrong with an ID token whose signature is good.
void check_id_token(const Json& claims, const std::string& issuer, const std::string& client_id,
                    const std::string& nonce, Time now);

/// An access token's claims, from the token itself or from introspection: from this issuer, not
/// expired, and given to (or meant for) one of these clients. A token some other service was given
/// must not log its bearer in here.
void check_access_token(const Json& claims, const std::string& issuer,
                        const std::vector<std::string>& accepted_clients, Time now);

/// Claims as attributes, each as OIDC-name, HTTP_OIDC_NAME and OIDC_CLAIM_name, which are the names
/// that web servers in front use; members of objects as name.member. REMOTE_USER is the subject.
Attributes attributes_of_claims(const Json& claims);

} // namespace nephele::keystone::logic
