// SPDX-License-Identifier: Apache-2.0
// Identity from elsewhere: identity providers with their protocols and mappings, the users known
// only through them, and service providers that trust us.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

// `valid_from`: tokens issued before are void. Set when a record is made or enabled again, so that
// tokens of a deleted namesake, or of the time before it was disabled, stay dead.

struct IdentityProvider {
    std::string id;
    std::optional<std::string> description;
    bool enabled = false;
    std::string domain_id; ///< where its users live
    std::vector<std::string> remote_ids;
    /// Minutes that group memberships outlive the login; none: the configured default.
    std::optional<std::int64_t> authorization_ttl;
    Time valid_from;
    static const Shape<IdentityProvider>& shape();
};

struct FederationProtocol {
    std::string key; ///< "identity provider/protocol"
    std::string id, identity_provider_id;
    std::string mapping_id;
    std::optional<std::string> remote_id_attribute;
    Time valid_from;
    static std::string key_of(const std::string& identity_provider, const std::string& protocol) {
        return identity_provider + "/" + protocol;
    }
    static const Shape<FederationProtocol>& shape();
};

struct Mapping {
    std::string id;
    Json rules;
    std::string schema_version = "1.0";
    Time valid_from;
    static const Shape<Mapping>& shape();
};

struct ServiceProvider {
    std::string id;
    std::string auth_url, sp_url;
    std::optional<std::string> description;
    bool enabled = false;
    std::optional<std::string> relay_state_prefix;
    static const Shape<ServiceProvider>& shape();
};

/// How a user is called by an identity provider.
struct FederatedIdentity {
    std::string id; ///< "identity provider/protocol/unique id"
    std::string user_id;
    std::string identity_provider_id, protocol_id, unique_id;
    std::string display_name;
    static std::string id_of(const std::string& identity_provider, const std::string& protocol,
                             const std::string& unique_id) {
        return identity_provider + "/" + protocol + "/" + unique_id;
    }
    static const Shape<FederatedIdentity>& shape();
};

/// A group membership an identity provider said, for what the user made that logs in without it
/// (application credentials, trusts). Ends by itself.
struct ExpiringMembership {
    std::string id; ///< "group/user/identity provider"
    std::string group_id, user_id, identity_provider_id;
    Time last_verified, expires_at;
    static const Shape<ExpiringMembership>& shape();
};

namespace table {
const Table<IdentityProvider>& identity_providers();
const Table<FederationProtocol>& federation_protocols();
const Table<Mapping>& mappings();
const Table<ServiceProvider>& service_providers();
const Table<FederatedIdentity>& federated_identities();
const Table<ExpiringMembership>& expiring_memberships();
} // namespace table

} // namespace nephele::keystone
