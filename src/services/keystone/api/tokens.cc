// SPDX-License-Identifier: Apache-2.0
// POST, GET, HEAD and DELETE /v3/auth/tokens.
#include "services/keystone/api/support.h"
#include "services/keystone/api/token_reply.h"
#include "services/keystone/logic/auth_request.h"
#include "services/keystone/ops/authenticator.h"
#include "services/keystone/ops/receipts.h"
#include "services/keystone/ops/token_answers.h"
#include "services/keystone/ops/watched_login.h"
#include "services/keystone/store/revocations.h"

namespace nephele::keystone {
namespace {

bool wants_catalog(const Incoming& in) {
    for (const auto& [key, value] : in.query)
        if (key == "nocatalog") return false;
    return true;
}

// 401 with what was proved so far, for the rest of the login.
Reply receipt_reply(const MoreMethodsNeeded& needed) {
    Reply reply;
    reply.status = 401;
    reply.body = needed.body;
    reply.headers.set("Openstack-Auth-Receipt", needed.receipt);
    reply.headers.set("Vary", "X-Auth-Token");
    return reply;
}

Issued log_in_from(FreeCall& call) {
    const LoginSource source{&call.in.head, call.in.base_url + call.in.service_path};
    return log_in(call.cloud, logic::read_auth_request(call.in.body), source);
}

Issued watched_log_in(FreeCall& call) {
    LoginOutcome outcome =
        begun_login(call.cloud, call.in.head, call.in.request_id, methods_in(call.in.body));
    read_named(call.in.body, outcome);
    return watched(call.cloud, std::move(outcome),
                   [&](LoginOutcome&) { return log_in_from(call); });
}

Reply create(FreeCall& call) try {
    const Issued issued = watched_log_in(call);
    const bool scoped = issued.facts.project || issued.facts.domain || issued.facts.claims.system;
    return token_reply(201, issued.token, issued.facts,
                       scoped && wants_catalog(call.in) ? &issued.catalog : nullptr);
} catch (const MoreMethodsNeeded& needed) {
    return receipt_reply(needed);
}

std::string subject_token(const Call& call) {
    const auto* token = call.in.head.headers.find("X-Subject-Token");
    if (!token || token->empty())
        throw bad_request("ValidationError", "Expecting to find X-Subject-Token in the headers.");
    return *token;
}

Failure no_such_token() { return not_found("TokenNotFound", "Failed to validate token"); }

// The subject's claims after the rule allowed the caller to look. A subject that does not decode
// has no user: only rules that need none allow.
Claims allowed_claims(Call& call, const char* rule) {
    const auto claims = claims_of(call.cloud.state<State>(), subject_token(call));
    policy::Target target;
    if (claims) target.set("target.token.user_id", claims->user_id);
    call.enforce(rule, target);
    if (!claims) throw no_such_token();
    return *claims;
}

// With the body as text, which is kept until `until` when that is to come.
Reply shown(Call& call, const Claims& claims, std::string key, std::uint64_t epoch) {
    Time limit = claims.expires_at;
    if (flag(call, "allow_expired"))
        limit = limit.plus_seconds(call.cloud.state<State>().expired_window_seconds);
    if (limit <= call.now) throw no_such_token();
    const auto facts = look_up(call.tx, claims, call.now);
    if (!facts) throw no_such_token();
    const bool scoped = facts->project || facts->domain || facts->claims.system;
    Json catalog;
    if (scoped && wants_catalog(call.in))
        catalog = catalog_of(call.cloud, call.tx, claims.project_id, claims.user_id);
    Reply reply =
        token_reply(200, subject_token(call), *facts, catalog.is_null() ? nullptr : &catalog);
    reply.raw = reply.body.dump();
    // Other control nodes change a shared database without this node noticing.
    if (call.tx.dialect() == db::Dialect::sqlite && claims.expires_at > call.now)
        call.cloud.state<TokenAnswers>().keep(
            key, epoch, std::min(claims.expires_at, facts->until.value_or(claims.expires_at)),
            *reply.raw);
    return reply;
}

Reply show(FreeCall& free) {
    auto& answers = free.cloud.state<TokenAnswers>();
    const std::uint64_t epoch = answers.epoch();
    return free.read([&](Call& call) {
        const char* rule =
            call.in.head.method == "HEAD" ? "identity:check_token" : "identity:validate_token";
        const Claims claims = allowed_claims(call, rule);
        std::string key = subject_token(call) + (wants_catalog(call.in) ? "+" : "-");
        auto kept = answers.find(key, call.now);
        if (!kept) return shown(call, claims, std::move(key), epoch);
        Reply reply;
        reply.raw = *kept;
        set_token_headers(reply, subject_token(call));
        return reply;
    });
}

void revoke(Call& call) {
    const Claims claims = allowed_claims(call, "identity:revoke_token");
    if (claims.expires_at <= call.now || !look_up(call.tx, claims)) throw no_such_token();
    store::revoke(call, {.audit_id = claims.audit_ids.front()});
}

Json revocation_events(Call& call) {
    Json events = Json::array();
    for (const auto& event : store::revocations(call.tx))
        events.push_back(Revocation::shape().write(&event, call.view()));
    return Json::object({{"events", events}, {"links", list_links(call)}});
}

} // namespace

Resource token_routes() {
    return Resource()
        .on("POST /v3/auth/tokens", "", create, {.status = 201, .open = true})
        .on("GET /v3/auth/tokens", enforced_by_handler, show)
        .on("HEAD /v3/auth/tokens", enforced_by_handler, show)
        .on("DELETE /v3/auth/tokens", enforced_by_handler, revoke)
        .on("GET /v3/OS-REVOKE/events", "identity:list_revoke_events", revocation_events);
}

} // namespace nephele::keystone
