// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/logic/catalog.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/endpoint_filters.h"

namespace nephele::keystone {
namespace {

Endpoint need_endpoint(Call& call) {
    return need(call.tx, table::endpoints(), Scope::all(), call.path("endpoint_id"));
}

// "region" is the old name of region_id: taken out of the body before it is read.
std::optional<std::string> take_old_region(Json& members) {
    const Json old = members.get("region");
    members.erase("region");
    if (!old.is_string()) return std::nullopt;
    return old.as_string();
}

// The old name makes a region that is not there.
void use_old_region(Call& call, Endpoint& endpoint, const std::optional<std::string>& region) {
    if (!region) return;
    endpoint.region_id = region;
    if (!find(call.tx, table::regions(), Scope::all(), *region))
        store::insert(call, table::regions(), Region{.id = *region});
}

void check(Call& call, const Endpoint& endpoint) {
    if (!find(call.tx, table::services(), Scope::all(), endpoint.service_id))
        throw bad_request("ValidationError",
                          format("Could not find service: {}.", endpoint.service_id));
    if (endpoint.region_id && !find(call.tx, table::regions(), Scope::all(), *endpoint.region_id))
        throw bad_request("ValidationError",
                          format("Could not find region: {}.", *endpoint.region_id));
    if (!logic::is_url_template(endpoint.url))
        throw bad_request("URLValidationError",
                          format("Cannot create an endpoint with an invalid URL: {}.",
                                 endpoint.url.substr(0, 300)));
}

Endpoint create(Call& call, const Json& body) {
    Endpoint endpoint;
    Json wanted = unwrap(Endpoint::shape(), body);
    const auto region = take_old_region(wanted);
    Endpoint::shape().read(wanted, &endpoint, call.reading);
    use_old_region(call, endpoint, region);
    check(call, endpoint);
    endpoint.id = call.new_hex();
    store::insert(call, table::endpoints(), endpoint);
    return endpoint;
}

Listed<Endpoint> list_all(Call& call, const Page& page) {
    return list(call.tx, table::endpoints(), Scope::all(), page);
}

Endpoint show(Call& call) { return need_endpoint(call); }

Endpoint update(Call& call, const Json& body) {
    Endpoint endpoint = need_endpoint(call);
    Json change = unwrap(Endpoint::shape(), body);
    const auto region = take_old_region(change);
    read_update(call, Json::object({{"endpoint", change}}), endpoint);
    use_old_region(call, endpoint, region);
    check(call, endpoint);
    store::update(call, table::endpoints(), endpoint);
    return endpoint;
}

void remove(Call& call) { store::remove_endpoint(call, need_endpoint(call)); }

} // namespace

Resource endpoint_routes() {
    return Resource()
        .on("POST /v3/endpoints", "identity:create_endpoint", create, created)
        .on("GET /v3/endpoints", "identity:list_endpoints", list_all)
        .on("GET /v3/endpoints/{endpoint_id}", "identity:get_endpoint", show)
        .on("PATCH /v3/endpoints/{endpoint_id}", "identity:update_endpoint", update)
        .on("DELETE /v3/endpoints/{endpoint_id}", "identity:delete_endpoint", remove);
}

} // namespace nephele::keystone
