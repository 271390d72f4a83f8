// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/changes.h"

#include "base/strings.h"

namespace nephele::keystone::store {

void note_change(Context& context) {
    if (!context.cloud.has_state<Epoch>()) return;
    Epoch& epoch = context.cloud.state<Epoch>();
    context.tx.on_commit([&epoch] { ++epoch.value; });
}

void throw_conflict(const TableBase& table, const std::string& name,
                    const db::ConstraintError& error) {
    if (error.kind == db::ConstraintError::Kind::unique)
        throw conflict("Conflict",
                       format("Conflict occurred attempting to store {} - Duplicate entry found "
                              "with name {}.",
                              table.kind, name));
    throw error;
}

} // namespace nephele::keystone::store
