// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/federation.h"

#include "services/keystone/model/project.h"

namespace nephele::keystone {
namespace {
constexpr const char* providers_path = "/v3/OS-FEDERATION/identity_providers/";
} // namespace

const Shape<IdentityProvider>& IdentityProvider::shape() {
    static const auto made =
        Shape<IdentityProvider>("identity_provider", "identity_providers")
            .field("id", &IdentityProvider::id, {read_only})
            .field("description", &IdentityProvider::description)
            .field("enabled", &IdentityProvider::enabled)
            .field("domain_id", &IdentityProvider::domain_id,
                   {create_only, nullable, max_length(64)})
            .field("remote_ids", &IdentityProvider::remote_ids,
                   {nullable, not_filterable, max_items(1000)})
            .field("authorization_ttl", &IdentityProvider::authorization_ttl,
                   {at_least(0), at_most(5'000'000), not_filterable})
            .field("valid_from", &IdentityProvider::valid_from, {hidden, read_only})
            .computed("links", [](const IdentityProvider& provider, const View& view) {
                Json links = self_link(view, providers_path, provider.id);
                links["protocols"] = links.text("self") + "/protocols";
                return links;
            });
    return made;
}

const Shape<FederationProtocol>& FederationProtocol::shape() {
    static const auto made =
        Shape<FederationProtocol>("protocol", "protocols")
            .field("key", &FederationProtocol::key, {hidden, read_only})
            .field("id", &FederationProtocol::id, {read_only})
            .field("idp_id", &FederationProtocol::identity_provider_id, {hidden, read_only})
            .field("mapping_id", &FederationProtocol::mapping_id,
                   {required, min_length(1), max_length(64)})
            .field("remote_id_attribute", &FederationProtocol::remote_id_attribute,
                   {max_length(64)})
            .field("valid_from", &FederationProtocol::valid_from, {hidden, read_only})
            .computed("links", [](const FederationProtocol& protocol, const View& view) {
                const std::string provider =
                    view.base_url + providers_path + protocol.identity_provider_id;
                return Json::object({{"self", provider + "/protocols/" + protocol.id},
                                     {"identity_provider", provider}});
            });
    return made;
}

const Shape<Mapping>& Mapping::shape() {
    static const auto made =
        Shape<Mapping>("mapping", "mappings")
            .field("id", &Mapping::id, {read_only})
            .field("rules", &Mapping::rules, {required, not_filterable})
            .field("schema_version", &Mapping::schema_version, {max_length(16)})
            .field("valid_from", &Mapping::valid_from, {hidden, read_only})
            .computed("links", [](const Mapping& mapping, const View& view) {
                return self_link(view, "/v3/OS-FEDERATION/mappings/", mapping.id);
            });
    return made;
}

const Shape<ServiceProvider>& ServiceProvider::shape() {
    static const auto made =
        Shape<ServiceProvider>("service_provider", "service_providers")
            .field("id", &ServiceProvider::id, {read_only})
            .field("auth_url", &ServiceProvider::auth_url, {required, url, max_length(256)})
            .field("sp_url", &ServiceProvider::sp_url, {required, url, max_length(256)})
            .field("description", &ServiceProvider::description)
            .field("enabled", &ServiceProvider::enabled)
            .field("relay_state_prefix", &ServiceProvider::relay_state_prefix, {max_length(256)})
            .computed("links", [](const ServiceProvider& provider, const View& view) {
                return self_link(view, "/v3/OS-FEDERATION/service_providers/", provider.id);
            });
    return made;
}

const Shape<FederatedIdentity>& FederatedIdentity::shape() {
    static const auto made = Shape<FederatedIdentity>()
                                 .field("id", &FederatedIdentity::id)
                                 .field("user_id", &FederatedIdentity::user_id)
                                 .field("idp_id", &FederatedIdentity::identity_provider_id)
                                 .field("protocol_id", &FederatedIdentity::protocol_id)
                                 .field("unique_id", &FederatedIdentity::unique_id)
                                 .field("display_name", &FederatedIdentity::display_name);
    return made;
}

const Shape<ExpiringMembership>& ExpiringMembership::shape() {
    static const auto made = Shape<ExpiringMembership>()
                                 .field("id", &ExpiringMembership::id)
                                 .field("group_id", &ExpiringMembership::group_id)
                                 .field("user_id", &ExpiringMembership::user_id)
                                 .field("idp_id", &ExpiringMembership::identity_provider_id)
                                 .field("last_verified", &ExpiringMembership::last_verified)
                                 .field("expires_at", &ExpiringMembership::expires_at);
    return made;
}

const Table<IdentityProvider>& table::identity_providers() {
    static const Table<IdentityProvider> made(
        {.name = "keystone_identity_providers",
         .service = "keystone",
         .kind = "identity_provider",
         .not_found_code = "IdentityProviderNotFound",
         .not_found_message = "Could not find Identity Provider: {}."});
    return made;
}

const Table<FederationProtocol>& table::federation_protocols() {
    static const Table<FederationProtocol> made(
        {.name = "keystone_federation_protocols",
         .service = "keystone",
         .kind = "federation_protocol",
         .key = "key",
         .not_found_code = "FederatedProtocolNotFound",
         .not_found_message = "Could not find federated protocol {}."});
    return made;
}

const Table<Mapping>& table::mappings() {
    static const Table<Mapping> made({.name = "keystone_mappings",
                                      .service = "keystone",
                                      .kind = "mapping",
                                      .not_found_code = "MappingNotFound",
                                      .not_found_message = "Could not find mapping: {}."});
    return made;
}

const Table<ServiceProvider>& table::service_providers() {
    static const Table<ServiceProvider> made(
        {.name = "keystone_service_providers",
         .service = "keystone",
         .kind = "service_provider",
         .not_found_code = "ServiceProviderNotFound",
         .not_found_message = "Could not find Service Provider: {}."});
    return made;
}

const Table<FederatedIdentity>& table::federated_identities() {
    static const Table<FederatedIdentity> made(
        {.name = "keystone_federated_identities",
         .service = "keystone",
         .kind = "federated_identity",
         .user_column = "user_id",
         .not_found_code = "NotFound",
         .not_found_message = "Could not find federated identity: {}."});
    return made;
}

const Table<ExpiringMembership>& table::expiring_memberships() {
    static const Table<ExpiringMembership> made(
        {.name = "keystone_expiring_memberships",
         .service = "keystone",
         .kind = "expiring_membership",
         .user_column = "user_id",
         .not_found_code = "NotFound",
         .not_found_message = "Could not find membership: {}."});
    return made;
}

} // namespace nephele::keystone
