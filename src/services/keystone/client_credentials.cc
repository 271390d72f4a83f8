// SPDX-License-Identifier: Apache-2.0
// What users keep in the identity service for use by other services.
#include "services/keystone/client.h"
#include "services/keystone/ops/credentials.h"

namespace nephele::keystone::client {

std::optional<std::string> stored_credential(Cloud& cloud, db::Tx& tx, const std::string& id,
                                             const std::string& type, const std::string& user_id) {
    if (!cloud.has_state<State>()) return std::nullopt; // A node without the identity service.
    auto credential = find(tx, table::credentials(), Scope::all(), id);
    if (!credential || credential->type != type || credential->user_id != user_id)
        return std::nullopt;
    open_blob(cloud.state<State>(), *credential);
    return credential->blob;
}

} // namespace nephele::keystone::client
