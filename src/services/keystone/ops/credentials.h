// SPDX-License-Identifier: Apache-2.0
// Stored credentials, sealed at rest, and tokens from EC2 keys.
#pragma once
#include "services/keystone/model/delegation.h"
#include "services/keystone/ops/log_in.h"

namespace nephele::keystone {

/// Fills sealed_blob from blob, and back. Throws Failure(internal) when the keys are not those the
/// blob was sealed with.
void seal_blob(State& state, Credential& credential, Time now);
void open_blob(State& state, Credential& credential);

/// "sha256(access)": the id of an EC2 credential.
std::string ec2_credential_id(const std::string& access);

struct Ec2Key {
    std::string user_id, project_id, access, secret;
    std::string trust_id, application_credential_id, access_token_id; ///< what it was made with
};
std::optional<Ec2Key> find_ec2_key(State& state, db::Tx& tx, const std::string& access);

// Wrong signatures are counted by access key, whether there is such a key or not. Access keys are
// no secrets (signed addresses show them), so after too many only keys whose secret can be guessed
// are refused for a while; long secrets cannot be closed by others (decision 0031).
void note_wrong_signature(State& state, const std::string& access, Time now);
/// True for a key to be refused although its signature fits.
bool is_closed(State& state, const Ec2Key& key, Time now);

/// Who the key acts for; nothing when what it was made with is gone or over.
struct KeyClaims {
    Claims claims;
    std::optional<Time> limit; ///< nothing derived from the key outlives this
};
std::optional<KeyClaims> claims_of_key(db::Tx& tx, const Ec2Key& key, Time now);

/// A token for whom the key belongs to, never wider than what the key was made with.
Issued issue_for_key(Cloud& cloud, db::Tx& tx, const Ec2Key& key);

} // namespace nephele::keystone
