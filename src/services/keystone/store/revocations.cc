// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/revocations.h"

#include "services/keystone/store/changes.h"

namespace nephele::keystone::store {

void revoke(Context& context, Revocation match) {
    match.id = context.new_hex();
    match.issued_before = match.revoked_at = context.now;
    store::insert(context, table::revocations(), match);
}

std::vector<Revocation> revocations(db::Tx& tx) {
    return select(tx, table::revocations(), Scope::all(), {}, "ORDER BY revoked_at, id");
}

std::int64_t forget_revocations_before(Context& context, Time revoked_before) {
    return context.tx.exec("DELETE FROM keystone_revocations WHERE revoked_at < ?",
                           db::Params{revoked_before.us});
}

} // namespace nephele::keystone::store
