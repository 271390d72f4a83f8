// SPDX-License-Identifier: Apache-2.0
// From credentials to a token: who it is, for which scope, with which roles.
#pragma once
#include "services/keystone/logic/auth_request.h"
#include "services/keystone/ops/login_attempt.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/ops/token_facts.h"

namespace nephele::keystone {

struct Issued {
    std::string token;
    TokenFacts facts;
    Json catalog;
};

/// Opens transactions of its own: passwords are hashed between them. Throws Failure(unauthorized)
/// without telling what was wrong.
Issued log_in(Cloud& cloud, const logic::AuthRequest& request, const LoginSource& source);
/// The second half of log_in: a token for what was proved, in the scope asked for.
Issued issue_for(Cloud& cloud, const Proof& proof, const logic::AuthRequest& request);

/// A token for claims whose user and scope are decided: sets times and audit ids and checks that
/// the scope gives a role. For a token made from another, `parent` limits the expiry; so does
/// whatever else the token is derived from, by `limit`.
Issued issue(Cloud& cloud, db::Tx& tx, Claims claims, const Claims* parent,
             std::optional<Time> limit = std::nullopt);

/// "The request you have made requires authentication."
Failure refused_login();

/// The user a client named, when it and its domain are there and enabled.
std::optional<User> find_named_user(db::Tx& tx, const logic::Named& named);

} // namespace nephele::keystone
