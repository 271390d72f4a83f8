// SPDX-License-Identifier: Apache-2.0
// Federation's records: which tokens of federated users are still in force, who is known by which
// name elsewhere, and removing providers with all that hangs on them.
#pragma once
#include "services/keystone/model/federation.h"
#include "services/keystone/model/token.h"
#include "services/keystone/model/user.h"

#include <map>

namespace nephele::keystone::store {

std::vector<db::Migration> federation_migrations();

std::optional<FederationProtocol> find_protocol(db::Tx& tx, const std::string& identity_provider,
                                                const std::string& protocol);
/// The provider that has this remote id.
std::optional<IdentityProvider> find_provider_of_remote_id(db::Tx& tx,
                                                           const std::string& remote_id);
/// Throws Failure(conflict) when another provider has one of these remote ids.
void check_remote_ids(db::Tx& tx, const IdentityProvider& provider);

/// False once the provider, protocol or mapping a federated token came through is gone, disabled,
/// or was so since the token was issued.
bool federation_in_force(db::Tx& tx, const Claims& claims);
void remove_protocol(Context& context, const FederationProtocol& protocol);
void remove_identity_provider(Context& context, const IdentityProvider& provider);

/// {"id", "auth_url", "sp_url"} of each enabled one, as tokens show them.
Json enabled_service_providers(db::Tx& tx);

std::vector<FederatedIdentity> federated_identities_of(db::Tx& tx, const std::string& user_id);
/// [{"idp_id", "protocols": [{"protocol_id", "unique_id"}]}], as users show them.
Json federated_objects_of(db::Tx& tx, const std::string& user_id);
/// Makes the user's identities those of `objects` (of that form; checked: providers and protocols
/// must be there, nobody else may have them).
void set_federated_objects(Context& context, const User& user, const Json& objects);

/// Groups the user is in until they expire, and when the first of them does.
struct ExpiringGroups {
    std::vector<std::string> ids;
    std::optional<Time> until;
};
ExpiringGroups expiring_groups_of(db::Tx& tx, const std::string& user_id, Time now);
/// What an identity provider said at a login: replaces what it said before.
void set_expiring_memberships(Context& context, const IdentityProvider& provider,
                              const std::string& user_id, const std::vector<std::string>& group_ids,
                              Time expires_at);
void forget_expired_memberships(Context& context);
/// The groups a user is in for a while only, and until when.
std::map<std::string, Time> expiring_memberships_of(db::Tx& tx, const std::string& user_id,
                                                    Time now);
/// Groups the user is in, for ever or for a while.
shape::Where of_user(const std::string& user_id, Time now);

/// False when the assertion of this name was used before; from now on it is.
bool use_assertion(Context& context, const std::string& key, Time until);
/// Those that are refused for their age by now.
void forget_used_assertions(Context& context);
void forget_federation_of_user(Context& context, const std::string& user_id);
void forget_federation_of_group(Context& context, const std::string& group_id);
void forget_federation_of_domain(Context& context, const std::string& domain_id);

// Invariants for `nephele check`.
std::vector<std::string> federated_identities_of_nobody(db::Tx& tx);
std::vector<std::string> identity_providers_of_no_domain(db::Tx& tx);

} // namespace nephele::keystone::store
