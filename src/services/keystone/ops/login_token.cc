// SPDX-License-Identifier: Apache-2.0
// The method "token": another scope with the same proof. The new token ends with the old one.
#include "services/keystone/ops/authenticator.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/ops/login_attempt.h"

namespace nephele::keystone {
namespace {
// As upstream, and unlike a wrong password: there is no such token any more.
Failure no_such_token() {
    return not_found("TokenNotFound", "Failed to validate token: it is unknown, has expired or was "
                                      "revoked. Log in again to get another.");
}
} // namespace

void log_in_by_token(Attempt& attempt, const Json& part) {
    if (!part.is_object() || !part.get("id").is_string())
        throw bad_request("ValidationError", "Expecting to find id in token.");
    auto claims = claims_of(attempt.state, part.text("id"));
    if (!claims || claims->expires_at <= attempt.now) throw no_such_token();
    // A token bound to a certificate is good for its holder only.
    if (!claims->certificate_thumbprint.empty() &&
        (!attempt.source.head ||
         attempt.source.head->client_certificate_thumbprint != claims->certificate_thumbprint))
        throw refused_login();
    // In memory, most of the time.
    if (!attempt.cloud.authenticator->authenticate(part.text("id"))) throw no_such_token();
    auto user = attempt.read(
        [&](db::Tx& tx) { return find(tx, table::users(), Scope::all(), claims->user_id); });
    if (!user) throw no_such_token();
    // Derived credentials stay within what they were given for.
    if (!claims->trust_id.empty() || !claims->application_credential_id.empty() ||
        !claims->access_token_id.empty() || claims->by_ec2_key())
        throw forbidden("Forbidden", "A token from a trust, an application credential, an EC2 key "
                                     "or an access token cannot be used to get another token.");
    const bool scoped = !claims->project_id.empty() || !claims->domain_id.empty() || claims->system;
    if (scoped && !attempt.state.allow_rescope)
        throw forbidden("ForbiddenAction", "You are not authorized to perform the requested "
                                           "action: rescope a scoped token.");
    std::vector<std::string> methods{"token"};
    for (const auto& method : claims->methods)
        if (method != "token") methods.push_back(method);
    attempt.proof.parent = std::move(claims);
    attempt.prove(std::move(*user), std::move(methods));
}

// {"saml2": {"id": a federated token}}: what upstream's first clients rescoped by.
void log_in_by_federated_token(Attempt& attempt, const Json& part) {
    log_in_by_token(attempt, part);
    if (!attempt.proof.parent->federated()) throw refused_login();
}

} // namespace nephele::keystone
