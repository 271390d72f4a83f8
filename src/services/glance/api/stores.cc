// SPDX-License-Identifier: Apache-2.0
// The stores of this site, and removing one copy of an image.
#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"
#include "services/glance/store/locations.h"

#include <algorithm>

namespace nephele::glance {
using namespace api;
namespace {
Json brief(const Stores& stores, const NamedStore& store) {
    Json out = Json::object({{"id", store.id}});
    if (!store.description.empty()) out["description"] = store.description;
    if (stores.is_standard(store)) out["default"] = "true";
    if (store.read_only) out["read-only"] = "true";
    return out;
}

Json list(Call& call) {
    auto& stores = call.cloud.state<State>().stores;
    Json out = Json::array();
    for (auto& store : stores.all()) out.push_back(brief(stores, *store));
    return Json::object({{"stores", std::move(out)}});
}

Json list_detail(Call& call) {
    auto& stores = call.cloud.state<State>().stores;
    Json out = Json::array();
    for (auto& store : stores.all()) {
        Json one = brief(stores, *store);
        one["type"] = store->type;
        one["weight"] = store->weight;
        one["properties"] = store->properties;
        out.push_back(std::move(one));
    }
    return Json::object({{"stores", std::move(out)}});
}

// The row first: from its commit on nobody reads that copy.
Location take_out(Call& call) {
    const std::string& store_id = call.path("store_id");
    auto& stores = call.cloud.state<State>().stores;
    Image image = need_image(call);
    if (!stores.find(store_id))
        throw conflict("Conflict", format("The selected store {} is not available on this node.",
                                          store_id.substr(0, 100)));
    call.enforce("get_image_location", target_of(call, image));
    call.enforce("delete_image_location", target_of(call, image));
    if (image.status != Status::active)
        throw conflict("Conflict", "It's not allowed to remove image data from store if image "
                                   "status is not 'active'");
    if (image.locations.size() == 1)
        throw forbidden("Forbidden", "Cannot delete image data from the only store containing it. "
                                     "Consider deleting the image instead.");
    auto found = std::find_if(image.locations.begin(), image.locations.end(),
                              [&](auto& location) { return location.store == store_id; });
    if (found == image.locations.end())
        throw not_found("NotFound",
                        format("Image {} is not stored in store {}.", image.id, store_id));
    Location location = *found;
    image.locations.erase(found);
    image.location = image.locations.front().url;
    store::update(call, image);
    return location;
}

Reply remove(FreeCall& free) {
    Location location;
    Reply reply = free.write([&](Call& call) {
        location = take_out(call);
        return Reply{.status = 204};
    });
    remove_data(free.cloud.state<State>(), {location});
    return reply;
}
} // namespace

Resource store_resource() {
    return Resource()
        .on("GET /v2/info/stores", "default", list)
        .on("GET /v2/info/stores/detail", "stores_info_detail", list_detail)
        .on("DELETE /v2/stores/{store_id}/{image_id}", enforced_by_handler, remove);
}

} // namespace nephele::glance
