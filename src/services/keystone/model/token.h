// SPDX-License-Identifier: Apache-2.0
// What a token says, and what revokes tokens before they expire.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

/// The content of a token: ids only; names, roles and the catalog are looked up when it is used.
struct Claims {
    std::string user_id;
    std::vector<std::string> methods;
    // At most one of the three.
    std::string project_id, domain_id;
    bool system = false;
    std::string trust_id, application_credential_id, access_token_id;
    // Of a federated user.
    std::vector<std::string> group_ids;
    std::string identity_provider_id, protocol_id;
    bool federated() const { return !protocol_id.empty(); }
    /// SHA-256 of the client certificate the token is bound to (RFC 8705, x5t#S256).
    std::string certificate_thumbprint;
    bool by_ec2_key() const;

    Time issued_at, expires_at;
    std::vector<std::string> audit_ids; ///< own, then the first one of the chain (if another)
    const std::string& chain_id() const { return audit_ids.back(); }
};

/// Tokens that match every part given and were issued before `issued_before` are dead. Kept until
/// all of them would have expired by themselves.
struct Revocation {
    std::string id;
    std::optional<std::string> user_id, project_id, domain_id, trust_id;
    std::optional<std::string> audit_id, audit_chain_id;
    std::optional<std::string> access_token_id;
    Time issued_before, revoked_at;
    static const Shape<Revocation>& shape();
    bool matches(const Claims& claims) const;
};

namespace table {
const Table<Revocation>& revocations();
}

} // namespace nephele::keystone
