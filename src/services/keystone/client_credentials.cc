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

std::optional<Ec2Login> find_ec2_login(Cloud& cloud, db::Tx& tx, const std::string& access) {
    if (!cloud.has_state<State>()) return std::nullopt;
    const auto key = find_ec2_key(cloud.state<State>(), tx, access);
    if (!key) return std::nullopt;
    if (is_closed(cloud.state<State>(), *key, cloud.now()))
        return Ec2Login{Secret<std::string>(cloud.ids().hex()), std::nullopt};
    Ec2Login login{Secret<std::string>(key->secret), std::nullopt};
    auto found = claims_of_key(tx, *key, cloud.now());
    if (!found) return login;
    // As a token made at this moment would be: what was revoked before does not matter.
    found->claims.issued_at = cloud.now();
    found->claims.expires_at = found->limit.value_or(cloud.now().plus_seconds(60));
    found->claims.audit_ids = {key->access};
    if (const auto facts = look_up(tx, found->claims, cloud.now()))
        login.principal = facts->principal();
    return login;
}

void note_wrong_signature(Cloud& cloud, const std::string& access) {
    if (cloud.has_state<State>())
        keystone::note_wrong_signature(cloud.state<State>(), access, cloud.now());
}

} // namespace nephele::keystone::client
