// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/credentials.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

namespace nephele::keystone {

void seal_blob(State& state, Credential& credential, Time now) {
    credential.sealed_blob = state.credential_keys.reload()->encode(credential.blob, now);
}

void open_blob(State& state, Credential& credential) {
    auto opened = state.credential_keys.keys()->decode(credential.sealed_blob);
    if (!opened) opened = state.credential_keys.reload()->decode(credential.sealed_blob);
    if (!opened)
        throw Failure(Fault::internal, "CredentialEncryptionError",
                      format("Credential {} was sealed with a key that is not in the repository; "
                             "put the key back.",
                             credential.id));
    credential.blob = std::move(opened->data);
}

std::string ec2_credential_id(const std::string& access) {
    return hex_encode(crypto::sha256(access));
}

std::optional<Ec2Key> find_ec2_key(State& state, db::Tx& tx, const std::string& access) {
    auto credential = find(tx, table::credentials(), Scope::all(), ec2_credential_id(access));
    if (!credential || credential->type != "ec2" || !credential->project_id) return std::nullopt;
    open_blob(state, *credential);
    Json blob;
    try {
        blob = Json::parse(credential->blob);
    } catch (const JsonError&) {
        return std::nullopt;
    }
    // A changed access key is not found by its new name, nor by its old one.
    if (!blob.get("access").is_string() || !blob.get("secret").is_string() ||
        blob.text("access") != access)
        return std::nullopt;
    return Ec2Key{credential->user_id,         *credential->project_id, blob.text("access"),
                  blob.text("secret"),         blob.text("trust_id"),   blob.text("app_cred_id"),
                  blob.text("access_token_id")};
}

static std::string counted_as(const std::string& access) { return "ec2 key " + access; }

void note_wrong_signature(State& state, const std::string& access, Time now) {
    const std::string account = counted_as(access);
    // While it is closed more guesses do not make it longer.
    if (state.throttle.wait_seconds(account, "", now) == 0) state.throttle.failed(account, "", now);
}

bool is_closed(State& state, const Ec2Key& key, Time now) {
    constexpr std::size_t length_of_made = 32;
    return key.secret.size() < length_of_made &&
           state.throttle.wait_seconds(counted_as(key.access), "", now) > 0;
}

std::optional<KeyClaims> claims_of_key(db::Tx& tx, const Ec2Key& key, Time now) {
    KeyClaims found;
    Claims& claims = found.claims;
    claims.user_id = key.user_id;
    claims.project_id = key.project_id;
    claims.methods = {"ec2credential"};
    claims.trust_id = key.trust_id;
    claims.application_credential_id = key.application_credential_id;
    claims.access_token_id = key.access_token_id;
    // More than one source has no form of token.
    if (!key.trust_id.empty() + !key.application_credential_id.empty() +
            !key.access_token_id.empty() >
        1)
        return std::nullopt;
    bool good = true;
    const auto within = [&](const auto& source) {
        good = source && !(source->expires_at && *source->expires_at <= now);
        if (good) found.limit = source->expires_at;
    };
    if (!key.trust_id.empty()) within(find(tx, table::trusts(), Scope::all(), key.trust_id));
    if (!key.application_credential_id.empty())
        within(find(tx, table::application_credentials(), Scope::all(),
                    key.application_credential_id));
    if (!key.access_token_id.empty())
        within(find(tx, table::access_tokens(), Scope::all(), key.access_token_id));
    if (!good) return std::nullopt;
    return found;
}

Issued issue_for_key(Cloud& cloud, db::Tx& tx, const Ec2Key& key) {
    auto found = claims_of_key(tx, key, cloud.now());
    if (!found) throw refused_login();
    return issue(cloud, tx, std::move(found->claims), nullptr, found->limit);
}

} // namespace nephele::keystone
