// SPDX-License-Identifier: Apache-2.0
// Service providers: other clouds that trust our users.
#include "base/strings.h"
#include "services/keystone/api/federation.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/federation.h"

namespace nephele::keystone {
namespace {

ServiceProvider need_provider(Call& call) {
    return need(call.tx, table::service_providers(), Scope::all(), call.path("sp_id"));
}

Reply create(Call& call, const Json& body) {
    auto provider = read_new<ServiceProvider>(call, body, call.path("sp_id"));
    if (find(call.tx, table::service_providers(), Scope::all(), provider.id))
        throw conflict("Conflict", format("Conflict occurred attempting to store service_provider "
                                          "- Duplicate entry found with ID {}.",
                                          provider.id));
    if (!call.given("relay_state_prefix"))
        provider.relay_state_prefix = call.cloud.config().text("keystone.relay_state_prefix");
    store::insert(call, table::service_providers(), provider);
    return created_reply(call, provider);
}

Listed<ServiceProvider> list_all(Call& call, const Page& page) {
    return list(call.tx, table::service_providers(), Scope::all(), page);
}
ServiceProvider show(Call& call) { return need_provider(call); }

ServiceProvider update(Call& call, const Json& body) {
    ServiceProvider provider = need_provider(call);
    read_update(call, body, provider);
    store::update(call, table::service_providers(), provider);
    return provider;
}

void remove(Call& call) { store::erase(call, table::service_providers(), need_provider(call)); }

} // namespace

Resource service_provider_routes() {
    return Resource()
        .on("GET /v3/OS-FEDERATION/service_providers", "identity:list_service_providers", list_all)
        .on("PUT /v3/OS-FEDERATION/service_providers/{sp_id}", "identity:create_service_provider",
            create, created)
        .on("GET /v3/OS-FEDERATION/service_providers/{sp_id}", "identity:get_service_provider",
            show)
        .on("PATCH /v3/OS-FEDERATION/service_providers/{sp_id}", "identity:update_service_provider",
            update)
        .on("DELETE /v3/OS-FEDERATION/service_providers/{sp_id}",
            "identity:delete_service_provider", remove);
}

} // namespace nephele::keystone
