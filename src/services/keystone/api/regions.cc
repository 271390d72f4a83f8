// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/model/catalog.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/endpoint_filters.h"

namespace nephele::keystone {
namespace {

Region need_region(Call& call) {
    return need(call.tx, table::regions(), Scope::all(), call.path("region_id"));
}

// The parent exists and is not below the region itself.
void check_parent(Call& call, const Region& region) {
    std::optional<std::string> above = region.parent_region_id;
    for (int level = 0; above && level < 100; ++level) {
        const Region parent = need(call.tx, table::regions(), Scope::all(), *above);
        if (parent.id == region.id)
            throw bad_request("CircularRegionHierarchyError",
                              format("The specified parent region {} would create a circular "
                                     "region hierarchy.",
                                     *region.parent_region_id));
        above = parent.parent_region_id;
    }
}

Reply store_new(Call& call, Region region) {
    if (region.id.empty()) region.id = call.new_hex();
    check_parent(call, region);
    store::insert(call, table::regions(), region);
    Reply reply;
    reply.status = 201;
    reply.body = Json::object({{"region", Region::shape().write(&region, call.view())}});
    return reply;
}

Reply create(Call& call, const Region& wanted) { return store_new(call, wanted); }

Reply create_with_id(Call& call, const Json& body) {
    Region region;
    call.reading.mode = Reading::Mode::create;
    Region::shape().read(unwrap(Region::shape(), body), &region, call.reading);
    if (!region.id.empty() && region.id != call.path("region_id"))
        throw bad_request("ValidationError",
                          "Conflicting region IDs specified: in the URL and in the body.");
    region.id = call.path("region_id");
    return store_new(call, std::move(region));
}

Listed<Region> list_all(Call& call, const Page& page) {
    return list(call.tx, table::regions(), Scope::all(), page);
}

Region show(Call& call) { return need_region(call); }

Region update(Call& call, const Json& body) {
    Region region = need_region(call);
    read_update(call, body, region);
    check_parent(call, region);
    store::update(call, table::regions(), region);
    return region;
}

void remove(Call& call) {
    const Region region = need_region(call);
    const bool used = call.tx.count("SELECT count(*) FROM keystone_endpoints WHERE region_id = ?",
                                    {region.id}) > 0 ||
                      call.tx.count("SELECT count(*) FROM keystone_regions WHERE "
                                    "parent_region_id = ?",
                                    {region.id}) > 0;
    if (used)
        throw forbidden("RegionDeletionError",
                        format("Unable to delete region {} because it or its child regions have "
                               "associated endpoints.",
                               region.id));
    store::remove_region(call, region);
}

} // namespace

Resource region_routes() {
    return Resource()
        .on("POST /v3/regions", "identity:create_region", create, created)
        .on("GET /v3/regions", "identity:list_regions", list_all)
        .on("GET /v3/regions/{region_id}", "identity:get_region", show)
        .on("PUT /v3/regions/{region_id}", "identity:create_region", create_with_id, created)
        .on("PATCH /v3/regions/{region_id}", "identity:update_region", update)
        .on("DELETE /v3/regions/{region_id}", "identity:delete_region", remove);
}

} // namespace nephele::keystone
