// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/log_in.h"

#include "base/strings.h"
#include "services/keystone/ops/authenticator.h"
#include "services/keystone/ops/receipts.h"
#include "services/keystone/ops/shared_facts.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {
using logic::ScopeWish;

std::optional<Domain> named_domain(db::Tx& tx, const std::string& id, const std::string& name) {
    return id.empty() ? store::find_domain_named(tx, name) : store::find_domain(tx, id);
}

std::string project_id_of(db::Tx& tx, const logic::Named& named) {
    if (!named.id.empty()) return named.id;
    const auto domain = named_domain(tx, named.domain_id, named.domain_name);
    if (!domain) throw refused_login();
    const auto project = store::find_project_named(tx, named.name, domain->id);
    if (!project) throw refused_login();
    return project->id;
}

void apply_scope(db::Tx& tx, const ScopeWish& wish, Claims& claims) {
    switch (wish.kind) {
    case ScopeWish::Kind::project:
        claims.project_id = project_id_of(tx, wish.named);
        break;
    case ScopeWish::Kind::domain: {
        const auto domain = named_domain(tx, wish.named.id, wish.named.name);
        if (!domain) throw refused_login();
        claims.domain_id = domain->id;
        break;
    }
    case ScopeWish::Kind::system:
        // No form of token says both.
        if (claims.federated())
            throw unauthorized("A federated user cannot get a token of the system's scope.");
        claims.system = true;
        break;
    case ScopeWish::Kind::trust:
        throw refused_login();
    case ScopeWish::Kind::none:
    case ScopeWish::Kind::unscoped:
        break;
    }
}

// Nobody asked for a scope: the user's default project if it can be used, else none.
Issued issue_by_default(Cloud& cloud, db::Tx& tx, const User& user, Claims claims,
                        const Claims* parent) {
    if (user.default_project_id) {
        Claims scoped = claims;
        scoped.project_id = *user.default_project_id;
        if (look_up(tx, scoped)) claims = std::move(scoped);
    }
    return issue(cloud, tx, std::move(claims), parent);
}

Claims claims_so_far(const Proof& proof) {
    Claims claims;
    claims.user_id = proof.user->id;
    claims.methods = proof.methods;
    if (proof.parent) {
        claims.group_ids = proof.parent->group_ids;
        claims.identity_provider_id = proof.parent->identity_provider_id;
        claims.protocol_id = proof.parent->protocol_id;
        claims.certificate_thumbprint = proof.parent->certificate_thumbprint;
    }
    return claims;
}

Issued issue_by_credential(Cloud& cloud, db::Tx& tx, const Proof& proof,
                           const logic::AuthRequest& request) {
    if (request.scope.kind != ScopeWish::Kind::none)
        throw unauthorized("Application credentials cannot request a scope.");
    Claims claims = claims_so_far(proof);
    claims.application_credential_id = proof.application_credential->id;
    claims.project_id = proof.application_credential->project_id;
    return issue(cloud, tx, std::move(claims), nullptr, proof.application_credential->expires_at);
}

Issued issue_by_access_token(Cloud& cloud, db::Tx& tx, const Proof& proof) {
    Claims claims = claims_so_far(proof);
    claims.access_token_id = proof.access_token->id;
    claims.project_id = proof.access_token->project_id;
    return issue(cloud, tx, std::move(claims), nullptr, proof.access_token->expires_at);
}

// A use of the trust is counted in the transaction that decides on the token.
Issued issue_by_trust(Context& context, const Proof& proof, const std::string& trust_id) {
    auto trust = find(context.tx, table::trusts(), Scope::all(), trust_id);
    if (!trust || trust->trustee_user_id != proof.user->id || proof.application_credential ||
        proof.access_token || (trust->expires_at && *trust->expires_at <= context.now))
        throw refused_login();
    if (trust->remaining_uses) {
        if (*trust->remaining_uses <= 0) throw refused_login();
        --*trust->remaining_uses;
        shape::update(context, table::trusts(), *trust);
    }
    Claims claims = claims_so_far(proof);
    if (trust->impersonation) claims.user_id = trust->trustor_user_id;
    claims.project_id = trust->project_id.value_or("");
    claims.trust_id = trust->id;
    const Claims* parent = proof.parent ? &*proof.parent : nullptr;
    return issue(context.cloud, context.tx, std::move(claims), parent, trust->expires_at);
}

} // namespace

Failure refused_login() {
    return unauthorized("The request you have made requires authentication.");
}

std::optional<User> find_named_user(db::Tx& tx, const logic::Named& named) {
    std::optional<User> user;
    if (!named.id.empty()) {
        user = find(tx, table::users(), Scope::all(), named.id);
    } else if (const auto domain = named_domain(tx, named.domain_id, named.domain_name)) {
        user = store::find_user_named(tx, named.name, domain->id);
    }
    if (!user || !user->enabled) return std::nullopt;
    const auto domain = store::find_domain(tx, user->domain_id);
    if (!domain || !domain->enabled) return std::nullopt;
    return user;
}

Issued issue(Cloud& cloud, db::Tx& tx, Claims claims, const Claims* parent,
             std::optional<Time> limit) {
    State& state = cloud.state<State>();
    claims.issued_at = cloud.now();
    claims.expires_at = claims.issued_at.plus_seconds(state.token_seconds);
    if (limit) claims.expires_at = std::min(claims.expires_at, *limit);
    claims.expires_at = {claims.expires_at.seconds() * 1'000'000};
    claims.audit_ids = {base64url_encode(cloud.ids().random_bytes(16), false)};
    if (parent) {
        claims.expires_at = std::min(claims.expires_at, parent->expires_at);
        claims.audit_ids.push_back(parent->chain_id());
    }
    const auto shared = cloud.state<SharedFactsCache>().peek();
    auto facts = look_up(tx, claims, claims.issued_at, shared.get());
    if (!facts) throw refused_login();
    Json catalog = catalog_of(cloud, tx, claims.project_id, claims.user_id, shared.get());
    std::string token = token_of(state, claims);
    return {std::move(token), std::move(*facts), std::move(catalog)};
}

Issued log_in(Cloud& cloud, const logic::AuthRequest& request, const LoginSource& source) {
    Proof proof;
    Attempt attempt{cloud, cloud.state<State>(), source, proof, cloud.now(), ""};
    for (const auto& [name, part] : request.methods) login_method(attempt.state, name);
    for (const auto& [name, part] : request.methods) run_method(attempt, name, part);
    join_receipt(attempt);
    check_multi_factor(attempt);
    return issue_for(cloud, proof, request);
}

Issued issue_for(Cloud& cloud, const Proof& proof, const logic::AuthRequest& request) {
    if (request.scope.kind == ScopeWish::Kind::trust)
        return write_as_cloud(cloud, "", [&](Context& context) {
            return issue_by_trust(context, proof, request.scope.trust_id);
        });
    if (proof.parent && proof.parent->system &&
        (request.scope.kind == ScopeWish::Kind::project ||
         request.scope.kind == ScopeWish::Kind::domain))
        throw forbidden("ForbiddenAction",
                        "You are not authorized to perform the requested action: Using a "
                        "system-scoped token to create a project-scoped or domain-scoped token is "
                        "not allowed. Log in with a password or an unscoped token instead.");
    cloud.state<SharedFactsCache>().get(cloud);
    return cloud.db().read([&](db::Tx& tx) {
        Claims claims = claims_so_far(proof);
        const Claims* parent = proof.parent ? &*proof.parent : nullptr;
        if (proof.application_credential) return issue_by_credential(cloud, tx, proof, request);
        if (proof.access_token) return issue_by_access_token(cloud, tx, proof);
        if (request.scope.kind == ScopeWish::Kind::none)
            return issue_by_default(cloud, tx, *proof.user, std::move(claims), parent);
        apply_scope(tx, request.scope, claims);
        return issue(cloud, tx, std::move(claims), parent);
    });
}

} // namespace nephele::keystone
