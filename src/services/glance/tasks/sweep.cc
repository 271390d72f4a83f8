// SPDX-License-Identifier: Apache-2.0
#include "services/glance/tasks/sweep.h"

#include "platform/log/log.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"
#include "services/glance/store/locations.h"

namespace nephele::glance {
namespace {
int return_dead_uploads(Cloud& cloud) {
    auto& uploads = cloud.state<State>().uploads;
    auto begun = cloud.db().read([&](db::Tx& tx) { return store::receiving_on(tx, cloud.node()); });
    int count = 0;
    for (auto& image : begun) {
        // Holding it keeps a new upload out; failing to hold it shows that it is alive.
        auto hold = uploads.hold(image.id);
        if (!hold) continue;
        abandon(cloud, "glance.sweep", image, "the process that received it has died");
        ++count;
    }
    return count;
}

// Objects are listed before the rows are read, and an object's location stands in a row from before
// it exists: what no row names then is nobody's, and its name will never be used again.
int remove_strays(Cloud& cloud, const std::string& name, Store& store) {
    auto& state = cloud.state<State>();
    auto objects = store.list();
    if (objects.empty()) return 0;
    auto used = cloud.db().read([](db::Tx& tx) { return store::locations_in_use(tx); });
    int count = 0;
    for (auto& object : objects) {
        if (used.count(object.location)) continue;
        // Deleted while it was uploaded: the upload will notice and clean up itself.
        if (state.uploads.holds(image_of_object(object_of(object.location)))) continue;
        log::warning(
            "removing image data that no image names",
            {{"store", name}, {"object", object.location}, {"bytes", object.size.value_or(0)}});
        try {
            store.remove(object.location, object.partial);
            ++count;
        } catch (const StoreError& error) {
            // Clones keep it; or the next round will do.
            log::warning("a stray could not be removed",
                         {{"object", object.location}, {"what", error.what()}});
        }
    }
    return count;
}

// A store that is away must not keep the others from being swept.
int sweep_store(Cloud& cloud, const std::string& name, Store& store) {
    try {
        return remove_strays(cloud, name, store);
    } catch (const StoreError& error) {
        log::warning("a store could not be swept", {{"store", name}, {"what", error.what()}});
        return 0;
    }
}
} // namespace

Swept sweep(Cloud& cloud) {
    auto& state = cloud.state<State>();
    Swept swept{.images = return_dead_uploads(cloud)};
    for (auto& store : state.stores.all())
        if (!store->read_only) swept.objects += sweep_store(cloud, store->id, *store->driver);
    swept.objects += sweep_store(cloud, "(staging)", *state.staging);
    return swept;
}

task::Task sweep_task() {
    return {.name = "glance.sweep",
            .every_ms = 60'000,
            .nudged_by = {},
            .run = [](Cloud& cloud) { sweep(cloud); },
            .one_node = false};
}

} // namespace nephele::glance
