// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/api/support.h"
#include "services/keystone/model/catalog.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/endpoint_filters.h"

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

void remove(Call& call) { store::remove_service(call, need_service(call)); }

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
