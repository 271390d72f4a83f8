// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/log_in.h"

#include "base/strings.h"
#include "services/keystone/ops/authenticator.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {
using logic::ScopeWish;

// What the methods of one request have proved so far.
struct Proof {
    std::optional<User> user;
    std::vector<std::string> methods;
    std::optional<Claims> parent; ///< of the token method
    std::optional<ApplicationCredential> application_credential;
};

struct Attempt {
    Cloud& cloud;
    State& state;
    Proof& proof;
    Time now;

    template <class F> auto read(F&& body) { return cloud.db().read(std::forward<F>(body)); }
    void prove(User user, std::vector<std::string> methods) {
        // Several methods must name the same user.
        if (proof.user && proof.user->id != user.id) throw refused_login();
        proof.user = std::move(user);
        for (auto& method : methods)
            if (std::find(proof.methods.begin(), proof.methods.end(), method) ==
                proof.methods.end())
                proof.methods.push_back(std::move(method));
    }
};

void note_failed_login(Attempt& attempt, const std::string& user_id) {
    if (attempt.state.rules.lockout_failures <= 0) return;
    write_as_cloud(attempt.cloud, "", [&](Context& context) {
        auto user = find(context.tx, table::users(), Scope::all(), user_id);
        if (!user) return;
        const bool old = user->failed_at &&
                         !logic::is_locked(attempt.state.rules, *user, attempt.now) &&
                         user->failed_logins >= attempt.state.rules.lockout_failures;
        user->failed_logins = old ? 1 : user->failed_logins + 1;
        user->failed_at = attempt.now;
        shape::update(context, table::users(), *user);
    });
}

void forget_failed_logins(Attempt& attempt, const User& proved) {
    if (proved.failed_logins == 0) return;
    write_as_cloud(attempt.cloud, "", [&](Context& context) {
        auto user = find(context.tx, table::users(), Scope::all(), proved.id);
        if (!user) return;
        user->failed_logins = 0;
        user->failed_at.reset();
        shape::update(context, table::users(), *user);
    });
}

void by_password(Attempt& attempt, const Json& part) {
    const auto login = logic::read_password_login(part);
    auto user = attempt.read([&](db::Tx& tx) { return find_named_user(tx, login.user); });
    if (!user || user->password_hash.empty()) {
        attempt.state.passwords.verify_nobody(login.password);
        throw refused_login();
    }
    if (logic::is_locked(attempt.state.rules, *user, attempt.now)) {
        attempt.state.passwords.verify_nobody(login.password);
        throw refused_login();
    }
    if (!attempt.state.passwords.verify(login.password, user->password_hash)) {
        note_failed_login(attempt, user->id);
        throw refused_login();
    }
    if (logic::is_expired(*user, attempt.now))
        throw unauthorized(
            format("The password is expired and needs to be changed for user: {}.", user->id));
    forget_failed_logins(attempt, *user);
    attempt.prove(std::move(*user), {"password"});
}

void by_token(Attempt& attempt, const Json& part) {
    if (!part.is_object() || !part.get("id").is_string())
        throw bad_request("ValidationError", "Expecting to find id in token.");
    auto claims = claims_of(attempt.state, part.text("id"));
    if (!claims || claims->expires_at <= attempt.now) throw refused_login();
    auto facts = attempt.read([&](db::Tx& tx) { return look_up(tx, *claims); });
    if (!facts) throw refused_login();
    // Derived credentials stay within what they were given for.
    if (!claims->trust_id.empty() || !claims->application_credential_id.empty() ||
        !claims->access_token_id.empty())
        throw forbidden("Forbidden", "A token from a trust, an application credential or an access "
                                     "token cannot be used to get another token.");
    std::vector<std::string> methods{"token"};
    for (const auto& method : claims->methods)
        if (method != "token") methods.push_back(method);
    attempt.proof.parent = std::move(claims);
    attempt.prove(std::move(facts->user), std::move(methods));
}

std::optional<ApplicationCredential> find_application_credential(db::Tx& tx, const Json& part) {
    if (part.get("id").is_string())
        return find(tx, table::application_credentials(), Scope::all(), part.text("id"));
    const Json* owner = part.find("user");
    if (!owner || !part.get("name").is_string())
        throw bad_request("ValidationError",
                          "Expecting to find id, or name and user, in application_credential.");
    const auto user = find_named_user(tx, logic::read_named(*owner, "application_credential.user"));
    if (!user) return std::nullopt;
    auto found = select(tx, table::application_credentials(), Scope::user(user->id),
                        {"name = ?", {part.text("name")}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

void by_application_credential(Attempt& attempt, const Json& part) {
    if (!part.is_object() || !part.get("secret").is_string())
        throw bad_request("ValidationError", "Expecting to find secret in application_credential.");
    const password::Password secret(part.text("secret"));
    std::optional<User> user;
    auto source = attempt.read([&](db::Tx& tx) {
        auto found = find_application_credential(tx, part);
        if (found) user = find_named_user(tx, {.id = found->user_id});
        return found;
    });
    if (!source || !user || (source->expires_at && *source->expires_at <= attempt.now)) {
        attempt.state.passwords.verify_nobody(secret);
        throw refused_login();
    }
    if (!attempt.state.passwords.verify(secret, source->secret_hash)) throw refused_login();
    attempt.proof.application_credential = std::move(source);
    attempt.prove(std::move(*user), {"application_credential"});
}

struct Method {
    const char* name;
    void (*prove)(Attempt& attempt, const Json& part);
};
constexpr Method methods[] = {{"password", by_password},
                              {"token", by_token},
                              {"application_credential", by_application_credential}};

const Method& method_named(const std::string& name) {
    for (const Method& method : methods)
        if (name == method.name) return method;
    throw Failure(Fault::unauthorized, "AuthMethodNotSupported",
                  "Attempted to authenticate with an unsupported method.");
}

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

// A use of the trust is counted in the transaction that decides on the token.
Issued issue_by_trust(Context& context, const Proof& proof, const std::string& trust_id) {
    auto trust = find(context.tx, table::trusts(), Scope::all(), trust_id);
    if (!trust || trust->trustee_user_id != proof.user->id || proof.application_credential ||
        (trust->expires_at && *trust->expires_at <= context.now))
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
    auto facts = look_up(tx, claims);
    if (!facts) throw refused_login();
    Json catalog = catalog_of(cloud, tx, claims.project_id, claims.user_id);
    std::string token = token_of(state, claims);
    return {std::move(token), std::move(*facts), std::move(catalog)};
}

Issued log_in(Cloud& cloud, const logic::AuthRequest& request) {
    Proof proof;
    Attempt attempt{cloud, cloud.state<State>(), proof, cloud.now()};
    for (const auto& [name, part] : request.methods) method_named(name);
    for (const auto& [name, part] : request.methods) method_named(name).prove(attempt, part);
    if (request.scope.kind == ScopeWish::Kind::trust)
        return write_as_cloud(cloud, "", [&](Context& context) {
            return issue_by_trust(context, proof, request.scope.trust_id);
        });
    return cloud.db().read([&](db::Tx& tx) {
        Claims claims = claims_so_far(proof);
        const Claims* parent = proof.parent ? &*proof.parent : nullptr;
        if (proof.application_credential) return issue_by_credential(cloud, tx, proof, request);
        if (request.scope.kind == ScopeWish::Kind::none)
            return issue_by_default(cloud, tx, *proof.user, std::move(claims), parent);
        apply_scope(tx, request.scope, claims);
        return issue(cloud, tx, std::move(claims), parent);
    });
}

} // namespace nephele::keystone
