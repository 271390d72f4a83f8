// SPDX-License-Identifier: Apache-2.0
// Credentials users store: EC2 keys, TOTP seeds, certificates. Blobs are sealed at rest.
#include "services/keystone/ops/credentials.h"
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/store/changes.h"

namespace nephele::keystone {
namespace {

constexpr const char* action = "access credentials";

policy::Target target_for(const std::optional<Credential>& credential) {
    policy::Target target;
    if (credential) target.set("target.credential.user_id", credential->user_id);
    return target;
}

Json ec2_blob(const Credential& credential) {
    Json blob;
    try {
        blob = Json::parse(credential.blob);
    } catch (const JsonError&) {
        throw bad_request("ValidationError", "Invalid blob in credential");
    }
    if (!blob.get("access").is_string() || blob.text("access").empty())
        throw bad_request("ValidationError", "Expecting to find access in credential.");
    return blob;
}

Credential create(Call& call, const Credential& wanted) {
    Credential credential = wanted;
    call.enforce("identity:create_credential", target_for(credential));
    refuse_delegated(call, action, Delegated::never);
    credential.id = call.new_hex();
    if (lower(credential.type) == "ec2") {
        if (!credential.project_id)
            throw bad_request("ValidationError", "Expecting to find project_id in credential.");
        credential.id = ec2_credential_id(ec2_blob(credential).text("access"));
    }
    seal_blob(call.cloud.state<State>(), credential, call.now);
    store::insert(call, table::credentials(), credential);
    return credential;
}

Listed<Credential> list_all(Call& call, const Page& page) {
    refuse_delegated(call, action, Delegated::never);
    // Everything for those who may see the credentials of a stranger, else the own ones.
    policy::Target stranger;
    stranger.set("target.credential.user_id", "");
    const Scope scope = call.allowed("identity:list_credentials", stranger)
                            ? Scope::all()
                            : Scope::user(call.who.user_id);
    if (!scope.sees_all()) {
        policy::Target own;
        own.set("target.credential.user_id", call.who.user_id);
        call.enforce("identity:list_credentials", own);
    }
    auto listed = list(call.tx, table::credentials(), scope, page);
    for (auto& credential : listed.items) open_blob(call.cloud.state<State>(), credential);
    return listed;
}

Credential need_one(Call& call, const char* rule) {
    auto credential = find(call.tx, table::credentials(), Scope::all(), call.path("credential_id"));
    call.enforce(rule, target_for(credential));
    refuse_delegated(call, action, Delegated::never);
    if (!credential) throw_not_found(table::credentials(), call.path("credential_id"));
    open_blob(call.cloud.state<State>(), *credential);
    return std::move(*credential);
}

Credential show(Call& call) { return need_one(call, "identity:get_credential"); }

Credential update(Call& call, const Json& body) {
    Credential credential = need_one(call, "identity:update_credential");
    const Credential before = credential;
    read_update(call, body, credential);
    // Nobody moves a credential to another owner.
    call.enforce("identity:update_credential", target_for(credential));
    if (lower(credential.type) == "ec2") {
        if (!credential.project_id)
            throw bad_request("ValidationError", "Expecting to find project_id in credential.");
        const Json blob = ec2_blob(credential);
        const Json old = before.blob.empty() ? Json() : ec2_blob(before);
        for (const char* name : {"trust_id", "app_cred_id", "access_token_id", "access_id"})
            if (!(blob.get(name) == old.get(name)))
                throw bad_request("ValidationError",
                                  format("{} can not be updated for credential", name));
    }
    seal_blob(call.cloud.state<State>(), credential, call.now);
    store::update(call, table::credentials(), credential);
    return credential;
}

void remove(Call& call) {
    store::erase(call, table::credentials(), need_one(call, "identity:delete_credential"));
}

} // namespace

Resource credential_routes() {
    return Resource()
        .on("POST /v3/credentials", enforced_by_handler, create, created)
        .on("GET /v3/credentials", enforced_by_handler, list_all)
        .on("GET /v3/credentials/{credential_id}", enforced_by_handler, show)
        .on("PATCH /v3/credentials/{credential_id}", enforced_by_handler, update)
        .on("DELETE /v3/credentials/{credential_id}", enforced_by_handler, remove);
}

} // namespace nephele::keystone
