// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/api/support.h"
#include "services/keystone/model/catalog.h"
#include "services/keystone/store/catalog.h"
#include "services/keystone/store/changes.h"

namespace nephele::keystone {
namespace {

ServiceEntry need_service(Call& call) {
    return need(call.tx, table::services(), Scope::all(), call.path("service_id"));
}

ServiceEntry create(Call& call, const ServiceEntry& wanted) {
    ServiceEntry service = wanted;
    service.id = call.new_hex();
    store::insert(call, table::services(), service);
    return service;
}

Listed<ServiceEntry> list_all(Call& call, const Page& page) {
    return list(call.tx, table::services(), Scope::all(), page);
}

ServiceEntry show(Call& call) { return need_service(call); }

ServiceEntry update(Call& call, const Json& body) {
    ServiceEntry service = need_service(call);
    read_update(call, body, service);
    store::update(call, table::services(), service);
    return service;
}

void remove(Call& call) {
    const ServiceEntry service = need_service(call);
    for (const auto& endpoint : store::endpoints_of(call.tx, service.id))
        store::erase(call, table::endpoints(), endpoint);
    store::erase(call, table::services(), service);
}

} // namespace

Resource service_routes() {
    return Resource()
        .on("POST /v3/services", "identity:create_service", create, created)
        .on("GET /v3/services", "identity:list_services", list_all)
        .on("GET /v3/services/{service_id}", "identity:get_service", show)
        .on("PATCH /v3/services/{service_id}", "identity:update_service", update)
        .on("DELETE /v3/services/{service_id}", "identity:delete_service", remove);
}

} // namespace nephele::keystone
