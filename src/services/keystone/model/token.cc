// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/token.h"

#include <algorithm>

namespace nephele::keystone {

const Shape<Revocation>& Revocation::shape() {
    static const auto made =
        Shape<Revocation>("event", "events")
            .field("id", &Revocation::id, {hidden})
            .field("user_id", &Revocation::user_id, {omit_null})
            .field("project_id", &Revocation::project_id, {omit_null})
            .field("domain_id", &Revocation::domain_id, {omit_null})
            .field("OS-TRUST:trust_id", &Revocation::trust_id, {omit_null})
            .field("OS-OAUTH1:access_token_id", &Revocation::access_token_id, {omit_null})
            .field("audit_id", &Revocation::audit_id, {omit_null})
            .field("audit_chain_id", &Revocation::audit_chain_id, {omit_null})
            .field("issued_before", &Revocation::issued_before, {time_format(6, "Z")})
            .field("revoked_at", &Revocation::revoked_at, {hidden});
    return made;
}

bool Claims::by_ec2_key() const {
    return std::find(methods.begin(), methods.end(), "ec2credential") != methods.end();
}

bool Revocation::matches(const Claims& claims) const {
    if (claims.issued_at > issued_before) return false;
    if (user_id && *user_id != claims.user_id) return false;
    if (project_id && *project_id != claims.project_id) return false;
    if (domain_id && *domain_id != claims.domain_id) return false;
    if (trust_id && *trust_id != claims.trust_id) return false;
    if (access_token_id && *access_token_id != claims.access_token_id) return false;
    if (audit_id && (claims.audit_ids.empty() || *audit_id != claims.audit_ids.front()))
        return false;
    if (audit_chain_id && (claims.audit_ids.empty() || *audit_chain_id != claims.chain_id()))
        return false;
    return true;
}

const Table<Revocation>& table::revocations() {
    static const Table<Revocation> made({.name = "keystone_revocations",
                                         .service = "keystone",
                                         .kind = "revocation",
                                         .not_found_code = "NotFound",
                                         .not_found_message = "Could not find revocation: {}."});
    return made;
}

} // namespace nephele::keystone
