// SPDX-License-Identifier: Apache-2.0
// EC2 keys of users, and the checks of signatures made with them.
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/logic/ec2_signature.h"
#include "services/keystone/ops/credentials.h"
#include "services/keystone/ops/watched_login.h"
#include "services/keystone/store/changes.h"

namespace nephele::keystone {
namespace {

constexpr const char* action = "access credentials";
constexpr std::int64_t signature_seconds = 15 * 60;

policy::Target owned(const std::string& user_id) {
    policy::Target target;
    target.set("target.credential.user_id", user_id).set("user_id", user_id);
    return target;
}

Json shown(const Call& call, const Ec2Key& key) {
    return Json::object(
        {{"user_id", key.user_id},
         {"tenant_id", key.project_id},
         {"access", key.access},
         {"secret", key.secret},
         {"trust_id", key.trust_id.empty() ? Json() : Json(key.trust_id)},
         {"links", self_link(call.view(), "/v3/users/" + key.user_id + "/credentials/OS-EC2/",
                             key.access)}});
}

Reply create(Call& call, const Json& body) {
    const std::string& user_id = call.path("user_id");
    call.enforce("identity:ec2_create_credential", owned(user_id));
    refuse_delegated(call, action, Delegated::never);
    need(call.tx, table::users(), Scope::all(), user_id);
    const std::string project_id = body.text("tenant_id");
    if (project_id.empty())
        throw bad_request("ValidationError", "Expecting to find tenant_id in request body.");
    need(call.tx, table::projects(), Scope::all(), project_id);
    const Ec2Key key{user_id, project_id, call.new_hex(), call.new_hex(), "", "", ""};
    Credential credential;
    credential.id = ec2_credential_id(key.access);
    credential.user_id = user_id;
    credential.project_id = project_id;
    credential.type = "ec2";
    credential.blob = Json::object({{"access", key.access}, {"secret", key.secret}}).dump();
    seal_blob(call.cloud.state<State>(), credential, call.now);
    store::insert(call, table::credentials(), credential);
    Reply reply;
    reply.status = 201;
    reply.body = Json::object({{"credential", shown(call, key)}});
    return reply;
}

// Keys that cannot be read as such are left out.
Json list_all(Call& call) {
    const std::string& user_id = call.path("user_id");
    call.enforce("identity:ec2_list_credentials", owned(user_id));
    refuse_delegated(call, action, Delegated::never);
    State& state = call.cloud.state<State>();
    Json::Array keys;
    for (auto& credential :
         select(call.tx, table::credentials(), Scope::user(user_id), {"type = 'ec2'", {}})) {
        open_blob(state, credential);
        const Json blob = Json::parse(credential.blob);
        if (const auto key = find_ec2_key(state, call.tx, blob.text("access")))
            keys.push_back(shown(call, *key));
    }
    return Json::object({{"credentials", Json(std::move(keys))}, {"links", list_links(call)}});
}

Ec2Key need_key(Call& call, const char* rule) {
    auto key = find_ec2_key(call.cloud.state<State>(), call.tx, call.path("credential_id"));
    if (key && key->user_id != call.path("user_id")) key.reset();
    call.enforce(rule, owned(call.path("user_id")));
    refuse_delegated(call, action, Delegated::never);
    if (!key) throw_not_found(table::credentials(), call.path("credential_id"));
    return *key;
}

Json show(Call& call) {
    return Json::object(
        {{"credential", shown(call, need_key(call, "identity:ec2_get_credential"))}});
}

void remove(Call& call) {
    const Ec2Key key = need_key(call, "identity:ec2_delete_credential");
    store::erase(call, table::credentials(),
                 need(call.tx, table::credentials(), Scope::all(), ec2_credential_id(key.access)));
}

// A signature is good for a while only: what was overheard cannot be replayed for ever.
void check_age(const Call& call, const Json& credentials) {
    const auto text = logic::signed_time(credentials);
    if (!text) return;
    std::string iso = *text;
    // 20261122T142142Z, as version 4 writes it.
    if (iso.size() == 16 && iso[8] == 'T')
        iso = format("{}-{}-{}T{}:{}:{}Z", iso.substr(0, 4), iso.substr(4, 2), iso.substr(6, 2),
                     iso.substr(9, 2), iso.substr(11, 2), iso.substr(13, 2));
    const auto time = parse_time(iso);
    if (!time) throw unauthorized("Credential timestamp is invalid.");
    if (*time > call.now.plus_seconds(signature_seconds))
        throw unauthorized("Credential timestamp is invalid.");
    if (call.now > time->plus_seconds(signature_seconds))
        throw unauthorized("Credential is expired");
}

const Json& credentials_of(const Json& body) {
    for (const char* name : {"credentials", "credential", "ec2Credentials"})
        if (const Json* found = body.find(name); found && found->is_object()) return *found;
    throw bad_request("ValidationError", "Expecting to find credentials in request body.");
}

using SignatureFits = bool (*)(const std::string& secret, const Json& credentials);

bool s3_fits(const std::string& secret, const Json& credentials) {
    return logic::s3_signature_fits(secret, credentials.text("token"),
                                    credentials.text("signature"));
}
bool ec2_fits(const std::string& secret, const Json& credentials) {
    return logic::ec2_signature_fits(secret, credentials);
}

// The key that made the signature. Unknown keys, wrong signatures and keys closed for guesses are
// refused in the same words after the same work. Who asks is a service that passes signatures on,
// so no source is counted.
Ec2Key proved_key(Call& call, const Json& credentials, SignatureFits fits, LoginOutcome& outcome) {
    static const std::string nobodys_secret(32, '0');
    if (!credentials.get("access").is_string()) throw refused_login();
    State& state = call.cloud.state<State>();
    const std::string access = credentials.text("access");
    const auto key = find_ec2_key(state, call.tx, access);
    if (key) outcome.named.id = key->user_id;
    const bool right = fits(key ? key->secret : nobodys_secret, credentials) && key;
    if (!right) note_wrong_signature(state, access, call.now);
    if (!right || is_closed(state, *key, call.now)) throw refused_login();
    check_age(call, credentials);
    return *key;
}

template <SignatureFits fits> Reply token(FreeCall& free) {
    const Json& credentials = credentials_of(free.in.body);
    const Issued issued = watched(
        free.cloud, begun_login(free.cloud, free.in.head, free.in.request_id, {"ec2credential"}),
        [&](LoginOutcome& outcome) {
            return free.read([&](Call& call) {
                return issue_for_key(call.cloud, call.tx,
                                     proved_key(call, credentials, fits, outcome));
            });
        });
    Reply reply;
    reply.body = Json::object({{"token", issued.facts.body(&issued.catalog)}});
    reply.headers.set("X-Subject-Token", issued.token);
    return reply;
}

} // namespace

Resource ec2_routes() {
    const std::string all = "/v3/users/{user_id}/credentials/OS-EC2",
                      one = all + "/{credential_id}";
    return Resource()
        .on("POST " + all, enforced_by_handler, create, created)
        .on("GET " + all, enforced_by_handler, list_all)
        .on("GET " + one, enforced_by_handler, show)
        .on("DELETE " + one, enforced_by_handler, remove)
        .on("POST /v3/ec2tokens", "identity:ec2tokens_validate", token<ec2_fits>,
            {.read_only = true})
        .on("POST /v3/s3tokens", "identity:s3tokens_validate", token<s3_fits>, {.read_only = true});
}

} // namespace nephele::keystone
