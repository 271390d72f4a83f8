// SPDX-License-Identifier: Apache-2.0
// Identity providers and the protocols they are reached by.
#include "base/strings.h"
#include "services/keystone/api/federation.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/federation.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

// ---- identity providers ----

IdentityProvider need_provider(Call& call) {
    return need(call.tx, table::identity_providers(), Scope::all(), call.path("idp_id"));
}

// A provider without a domain gets one for its users.
std::string new_domain(Call& call, const std::string& provider_id) {
    Domain domain;
    domain.id = domain.name = call.new_hex();
    domain.description = "Auto generated federated domain for Identity Provider: " + provider_id;
    domain.enabled = true;
    domain.is_domain = true;
    store::insert(call, table::domains(), domain);
    return domain.id;
}

Reply create_provider(Call& call, const Json& body) {
    auto provider = read_new<IdentityProvider>(call, body, call.path("idp_id"));
    if (find(call.tx, table::identity_providers(), Scope::all(), provider.id))
        throw conflict("Conflict", format("Conflict occurred attempting to store identity_provider "
                                          "- Duplicate entry found with ID {}.",
                                          provider.id));
    store::check_remote_ids(call.tx, provider);
    if (provider.domain_id.empty())
        provider.domain_id = new_domain(call, provider.id);
    else
        store::need_domain(call.tx, provider.domain_id);
    provider.valid_from = call.now;
    store::insert(call, table::identity_providers(), provider);
    return created_reply(call, provider);
}

Listed<IdentityProvider> list_providers(Call& call, const Page& page) {
    return list(call.tx, table::identity_providers(), Scope::all(), page);
}
IdentityProvider show_provider(Call& call) { return need_provider(call); }

IdentityProvider update_provider(Call& call, const Json& body) {
    const IdentityProvider before = need_provider(call);
    IdentityProvider provider = before;
    read_update(call, body, provider);
    store::check_remote_ids(call.tx, provider);
    // Tokens of the time before stay dead when it is enabled again.
    if (before.enabled && !provider.enabled) provider.valid_from = call.now;
    store::update(call, table::identity_providers(), provider);
    return provider;
}

void remove_provider(Call& call) { store::remove_identity_provider(call, need_provider(call)); }

// ---- protocols ----

FederationProtocol need_protocol(Call& call) {
    auto protocol = store::find_protocol(call.tx, call.path("idp_id"), call.path("protocol_id"));
    if (protocol) return std::move(*protocol);
    throw not_found("FederatedProtocolNotFound",
                    format("Could not find federated protocol {} for Identity Provider: {}.",
                           call.path("protocol_id"), call.path("idp_id")));
}

void check_mapping(Call& call, const FederationProtocol& protocol) {
    if (!find(call.tx, table::mappings(), Scope::all(), protocol.mapping_id))
        throw bad_request("ValidationError", format("Invalid mapping id: {}", protocol.mapping_id));
}

Reply create_protocol(Call& call, const Json& body) {
    auto protocol = read_new<FederationProtocol>(call, body, call.path("protocol_id"));
    protocol.identity_provider_id = need_provider(call).id;
    protocol.key = FederationProtocol::key_of(protocol.identity_provider_id, protocol.id);
    if (store::find_protocol(call.tx, protocol.identity_provider_id, protocol.id))
        throw conflict("Conflict", format("Conflict occurred attempting to store "
                                          "federation_protocol - Duplicate entry found with ID {}.",
                                          protocol.id));
    check_mapping(call, protocol);
    protocol.valid_from = call.now;
    store::insert(call, table::federation_protocols(), protocol);
    return created_reply(call, protocol);
}

Listed<FederationProtocol> list_protocols(Call& call, const Page& page) {
    return list(call.tx, table::federation_protocols(), Scope::all(), page,
                {"idp_id = ?", {need_provider(call).id}});
}
FederationProtocol show_protocol(Call& call) { return need_protocol(call); }

FederationProtocol update_protocol(Call& call, const Json& body) {
    FederationProtocol protocol = need_protocol(call);
    read_update(call, body, protocol);
    check_mapping(call, protocol);
    store::update(call, table::federation_protocols(), protocol);
    return protocol;
}

void remove_protocol(Call& call) { store::remove_protocol(call, need_protocol(call)); }

} // namespace

void check_federation_id(const std::string& id) {
    if (utf8_length(id) > 64)
        throw bad_request("ValidationError",
                          "Invalid input for field 'id': longer than 64 characters");
}

Resource identity_provider_routes() {
    return Resource()
        .on("GET /v3/OS-FEDERATION/identity_providers", "identity:list_identity_providers",
            list_providers)
        .on("PUT /v3/OS-FEDERATION/identity_providers/{idp_id}",
            "identity:create_identity_provider", create_provider, created)
        .on("GET /v3/OS-FEDERATION/identity_providers/{idp_id}", "identity:get_identity_provider",
            show_provider)
        .on("PATCH /v3/OS-FEDERATION/identity_providers/{idp_id}",
            "identity:update_identity_provider", update_provider)
        .on("DELETE /v3/OS-FEDERATION/identity_providers/{idp_id}",
            "identity:delete_identity_provider", remove_provider);
}

Resource federation_protocol_routes() {
    return Resource()
        .on("GET /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols",
            "identity:list_protocols", list_protocols)
        .on("PUT /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
            "identity:create_protocol", create_protocol, created)
        .on("GET /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
            "identity:get_protocol", show_protocol)
        .on("PATCH /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
            "identity:update_protocol", update_protocol)
        .on("DELETE /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
            "identity:delete_protocol", remove_protocol);
}

} // namespace nephele::keystone
