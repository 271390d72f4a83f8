// SPDX-License-Identifier: Apache-2.0
// Credentials derived from a user's own rights: application credentials and trusts.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

/// A secret of a user's own for one project, with some of the user's roles there.
struct ApplicationCredential {
    std::string id, name, user_id, project_id;
    std::optional<std::string> description;
    std::vector<std::string> role_ids;
    std::vector<std::string> access_rule_ids;
    bool unrestricted = false; ///< may manage application credentials and trusts
    std::optional<Time> expires_at;
    std::string secret_hash;
    /// The unrestricted credential it was made with, if any: it goes and ends with that one.
    std::optional<std::string> source_id;
    static const Shape<ApplicationCredential>& shape();
};

struct AccessRule {
    std::string id, user_id, service, method, path;
    static const Shape<AccessRule>& shape();
};

/// The trustor lets the trustee act with some of its roles on a project.
struct Trust {
    std::string id, trustor_user_id, trustee_user_id;
    std::optional<std::string> project_id;
    bool impersonation = false;
    std::vector<std::string> role_ids;
    std::optional<Time> expires_at;
    std::optional<std::int64_t> remaining_uses;
    bool allow_redelegation = false;
    std::int64_t redelegation_count = 0;
    std::optional<std::string> redelegated_trust_id;
    static const Shape<Trust>& shape();
};

/// What a client stores with a user: EC2 keys, TOTP seeds, certificates.
struct Credential {
    std::string id, user_id;
    std::optional<std::string> project_id;
    std::string type;
    std::string blob;        ///< as the client gave it; never stored like this
    std::string sealed_blob; ///< the blob as a Fernet token of the credential keys
    Json extra;
    static const Shape<Credential>& shape();
};

namespace table {
const Table<ApplicationCredential>& application_credentials();
const Table<AccessRule>& access_rules();
const Table<Trust>& trusts();
const Table<Credential>& credentials();
} // namespace table

} // namespace nephele::keystone
