// SPDX-License-Identifier: Apache-2.0
// Keeping what is derived from a user's rights, and dropping it with them.
#pragma once
#include "services/keystone/model/delegation.h"
#include "services/keystone/model/oauth1.h"

namespace nephele::keystone::store {

/// All that hangs on a user (or project) that goes.
void remove_delegations_of_user(Context& context, const std::string& user_id);
void remove_delegations_at_project(Context& context, const std::string& project_id);
/// A role was taken from a user on a project: application credentials with it go for good.
void remove_credentials_with_role(Context& context, const std::string& user_id,
                                  const std::string& project_id, const std::string& role_id);
/// With all made by means of it.
void remove_application_credential(Context& context, const ApplicationCredential& credential);
/// With all trusts made from it.
void remove_trust(Context& context, const Trust& trust);
/// The trusts this one was passed on from, nearest first; nothing when one of them is gone.
std::optional<std::vector<Trust>> trust_pedigree(db::Tx& tx, const Trust& trust);
/// With its tokens.
void remove_consumer(Context& context, const Consumer& consumer);
/// An equal rule of the user, or a new one.
AccessRule ensure_access_rule(Context& context, AccessRule rule);

} // namespace nephele::keystone::store
