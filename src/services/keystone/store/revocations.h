// SPDX-License-Identifier: Apache-2.0
// Revoking tokens before they expire.
#pragma once
#include "services/keystone/model/token.h"

namespace nephele::keystone::store {

/// Adds a revocation of what `match` names, for tokens issued until now.
void revoke(Context& context, Revocation match);
std::vector<Revocation> revocations(db::Tx& tx);
/// Forgets revocations whose tokens have all expired by themselves.
std::int64_t forget_revocations_before(Context& context, Time revoked_before);

} // namespace nephele::keystone::store
