// SPDX-License-Identifier: Apache-2.0
// OAuth 1 for consumers: they are registered, ask for a request token, and turn the one a user
// consented to into an access token. The last two are signed by the consumer and need no token.
#include "services/keystone/api/oauth.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/api/support.h"
#include "services/keystone/logic/role_inference.h"
#include "services/keystone/ops/oauth1.h"
#include "services/keystone/ops/watched_login.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/delegations.h"
#include "services/keystone/store/identity.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

constexpr const char* action = "manage OAuth 1 consumers and tokens";
constexpr std::size_t verifier_length = 8;

// ---- consumers ----

Reply create_consumer(Call& call, const Json& body) {
    refuse_delegated(call, action, Delegated::never);
    Consumer consumer;
    Consumer::shape().read(unwrap(Consumer::shape(), body), &consumer, call.reading);
    consumer.id = call.new_hex();
    consumer.secret = call.new_hex();
    store::insert(call, table::consumers(), consumer);
    Json shown = Consumer::shape().write(&consumer, call.view());
    shown["secret"] = consumer.secret;
    Reply reply;
    reply.status = 201;
    reply.body = Json::object({{"consumer", std::move(shown)}});
    return reply;
}

Listed<Consumer> list_consumers(Call& call, const Page& page) {
    return list(call.tx, table::consumers(), Scope::all(), page);
}

Consumer need_consumer(Call& call) {
    return need(call.tx, table::consumers(), Scope::all(), call.path("consumer_id"));
}

Consumer update_consumer(Call& call, const Json& body) {
    Consumer consumer = need_consumer(call);
    const Json& given = unwrap(Consumer::shape(), body);
    if (given.has("secret"))
        throw bad_request("ValidationError", "The secret of a consumer cannot be changed.");
    if (given.size() == 0)
        throw bad_request("ValidationError", "Name at least one member of the consumer to change.");
    read_update(call, body, consumer);
    store::update(call, table::consumers(), consumer);
    return consumer;
}

void delete_consumer(Call& call) {
    refuse_delegated(call, action, Delegated::never);
    store::remove_consumer(call, need_consumer(call));
}

// ---- the steps of a consumer ----

Reply form_reply(const std::string& id, const std::string& secret,
                 const std::optional<Time>& expires_at) {
    Reply reply;
    reply.status = 201;
    reply.content_type = "application/x-www-form-urlencoded";
    reply.raw = "oauth_token=" + id + "&oauth_token_secret=" + secret;
    if (expires_at) *reply.raw += "&oauth_expires_at=" + iso_time(*expires_at, 6);
    return reply;
}

std::optional<Time> expiry_by(const Call& call, const char* option) {
    const std::int64_t seconds = call.cloud.config().integer(option);
    if (seconds <= 0) return std::nullopt;
    return call.now.plus_seconds(seconds);
}

const Consumer& nobody() {
    static const Consumer consumer = [] {
        Consumer none;
        none.secret = std::string(32, '0');
        return none;
    }();
    return consumer;
}

LoginSource source_of(const Call& call) {
    return {&call.in.head, call.in.base_url + call.in.service_path};
}

// The consumer that signed the request, with this token's secret. One that is not there is refused
// like a wrong signature, and after the same work.
Consumer signing_consumer(Call& call, const logic::OauthHeader& header, const std::string& secret) {
    const auto consumer = find(call.tx, table::consumers(), Scope::all(), header.consumer_key);
    check_oauth_request(call.cloud, header, source_of(call), consumer ? *consumer : nobody(),
                        secret, call.now);
    if (!consumer) throw refused_login();
    return *consumer;
}

Reply request_token(FreeCall& free) {
    const auto header = need_oauth_header(free.in.head);
    const std::string project = free.in.head.headers.get("Requested-Project-Id");
    if (project.empty())
        throw bad_request("ValidationError", "Expecting to find Requested-Project-Id in request.");
    // Whose signature is not right learns nothing about projects.
    const Consumer consumer =
        free.read([&](Call& call) { return signing_consumer(call, header, ""); });
    return free.write([&](Call& call) {
        need(call.tx, table::projects(), Scope::all(), project);
        RequestToken token;
        token.id = call.new_hex();
        token.secret = call.new_hex();
        token.consumer_id = consumer.id;
        token.requested_project_id = project;
        token.expires_at = expiry_by(call, "keystone.oauth1_request_token_duration");
        store::insert(call, table::request_tokens(), token);
        return form_reply(token.id, token.secret, token.expires_at);
    });
}

bool is_over(const RequestToken& token, Time now) {
    return token.expires_at && *token.expires_at <= now;
}

// The request token a user consented to, when its consumer and that user's verifier are right.
RequestToken granted_token(Call& call, const logic::OauthHeader& header) {
    const auto granted = find(call.tx, table::request_tokens(), Scope::all(), header.token);
    const bool known = granted && granted->consumer_id == header.consumer_key;
    signing_consumer(call, header, known ? granted->secret : nobody().secret);
    if (!known) throw refused_login();
    if (is_over(*granted, call.now)) throw unauthorized("Request token is expired");
    if (granted->authorizing_user_id.empty() ||
        !crypto::equal_constant_time(granted->verifier, header.verifier))
        throw unauthorized("Provided verifier does not match stored verifier");
    return *granted;
}

// A verifier is short: guesses are counted. What comes of it is a login of the user who consented.
RequestToken watched_exchange(FreeCall& free, const logic::OauthHeader& header) {
    Proof proof;
    const LoginSource source{&free.in.head, free.in.base_url + free.in.service_path};
    Attempt attempt{free.cloud, free.cloud.state<State>(), source, proof, free.cloud.now(), ""};
    LoginOutcome outcome = begun_login(free.cloud, free.in.head, free.in.request_id, {"oauth1"});
    RequestToken granted;
    try {
        counted(attempt, [&] {
            attempt.guard("request token " + header.token);
            granted = free.read([&](Call& call) { return granted_token(call, header); });
        });
    } catch (const Failure& failure) {
        note_failure(free.cloud, std::move(outcome), failure);
        throw;
    }
    outcome.user_id = granted.authorizing_user_id;
    outcome.project_id = granted.requested_project_id;
    free.cloud.state<LoginAudit>().note(std::move(outcome));
    return granted;
}

Reply access_token(FreeCall& free) {
    const auto header = need_oauth_header(free.in.head);
    for (const auto& [value, name] :
         {std::pair{header.token, "oauth_token"}, std::pair{header.verifier, "oauth_verifier"}})
        if (value.empty())
            throw bad_request("ValidationError", format("Expecting to find {} in request.", name));
    const RequestToken granted = watched_exchange(free, header);
    return free.write([&](Call& call) {
        // Another exchange of it came in between.
        if (!find(call.tx, table::request_tokens(), Scope::all(), granted.id))
            throw refused_login();
        AccessToken token;
        token.id = call.new_hex();
        token.secret = call.new_hex();
        token.consumer_id = granted.consumer_id;
        token.authorizing_user_id = granted.authorizing_user_id;
        token.project_id = granted.requested_project_id;
        token.role_ids = granted.role_ids;
        token.expires_at = expiry_by(call, "keystone.oauth1_access_token_duration");
        store::insert(call, table::access_tokens(), token);
        store::erase(call, table::request_tokens(), granted);
        return form_reply(token.id, token.secret, token.expires_at);
    });
}

// ---- consent ----

std::string new_verifier(IdSource& ids) {
    static constexpr char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789";
    constexpr unsigned count = sizeof letters - 1;
    std::string verifier;
    while (verifier.size() < verifier_length)
        for (const unsigned char byte : ids.random_bytes(16))
            // Without the last part of the range all letters are equally likely.
            if (byte < 256 / count * count && verifier.size() < verifier_length)
                verifier += letters[byte % count];
    return verifier;
}

std::vector<std::string> roles_held(Call& call, const std::string& project_id) {
    return logic::with_implied(
        store::assigned_role_ids(call.tx, call.who.user_id,
                                 store::group_ids_of(call.tx, call.who.user_id), Place::project,
                                 project_id),
        store::implications(call.tx));
}

Json authorize(Call& call, const Json& body) {
    refuse_delegated(call, "authorize a request token", Delegated::never);
    const Json& roles = body.get("roles");
    if (!roles.is_array() || roles.size() == 0)
        throw bad_request("ValidationError", "Expecting to find roles in request body, a list.");
    for (const Json& role : roles.as_array())
        if (!role.is_object() || role.size() != 1)
            throw bad_request("ValidationError", "Each role is {\"id\": ..} or {\"name\": ..}.");
    auto token =
        need(call.tx, table::request_tokens(), Scope::all(), call.path("request_token_id"));
    if (is_over(token, call.now)) throw unauthorized("Request token is expired");
    const auto wanted = role_ids_of(call.tx, roles);
    if (logic::narrowed(wanted, roles_held(call, token.requested_project_id)) != wanted)
        throw unauthorized("authorizing user does not have role required");
    token.authorizing_user_id = call.who.user_id;
    token.role_ids = wanted;
    token.verifier = new_verifier(call.cloud.ids());
    store::update(call, table::request_tokens(), token);
    return Json::object({{"token", Json::object({{"oauth_verifier", token.verifier}})}});
}

} // namespace

Resource oauth1_routes() {
    const std::string root = "/v3/OS-OAUTH1", one = root + "/consumers/{consumer_id}";
    return Resource()
        .on("POST " + root + "/consumers", "identity:create_consumer", create_consumer, created)
        .on("GET " + root + "/consumers", "identity:list_consumers", list_consumers)
        .on("GET " + one, "identity:get_consumer", need_consumer)
        .on("PATCH " + one, "identity:update_consumer", update_consumer)
        .on("DELETE " + one, "identity:delete_consumer", delete_consumer)
        .on("POST " + root + "/request_token", "", request_token,
            {.status = 201, .open = true, .any_content_type = true})
        .on("POST " + root + "/access_token", "", access_token,
            {.status = 201, .open = true, .any_content_type = true})
        .on("PUT " + root + "/authorize/{request_token_id}", "identity:authorize_request_token",
            authorize);
}

} // namespace nephele::keystone
