// SPDX-License-Identifier: Apache-2.0
// What the identity service keeps in memory for as long as the process lives.
#pragma once
#include "platform/context/context.h"
#include "platform/crypto/password.h"
#include "services/keystone/logic/login_throttle.h"
#include "services/keystone/logic/password_rules.h"
#include "services/keystone/store/jws_keys.h"
#include "services/keystone/store/key_repository.h"

#include <memory>

namespace nephele::keystone {

struct State {
    explicit State(Cloud& cloud);
    store::KeyRepository keys;
    store::KeyRepository credential_keys; ///< seal the blobs of stored credentials
    std::unique_ptr<store::JwsKeys> jws;  ///< null: tokens are Fernet
    store::KeyRepository receipt_keys;    ///< make auth receipts
    password::PasswordPool passwords;
    logic::PasswordRules rules;
    logic::LoginThrottle throttle;
    std::vector<std::string> auth_methods; ///< enabled
    bool allow_rescope;
    std::int64_t receipt_seconds;
    std::int64_t token_seconds;
    std::int64_t expired_window_seconds; ///< how long services may still validate expired tokens
    std::int64_t max_project_depth;
};

std::vector<Option> options();
/// Where the Fernet keys are; empty: in memory only.
std::string key_directory(const Config& config);
std::string credential_key_directory(const Config& config);
std::string jws_key_directory(const Config& config);
std::string receipt_key_directory(const Config& config);

} // namespace nephele::keystone
