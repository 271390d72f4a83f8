// SPDX-License-Identifier: Apache-2.0
#include "services/glance/tasks/sweep.h"

#include "platform/log/log.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"

#include <set>

namespace nephele::glance {
namespace {
int return_dead_uploads(Cloud& cloud) {
    auto& uploads = cloud.state<State>().uploads;
    auto saving = cloud.db().read([&](db::Tx& tx) { return store::saving_on(tx, cloud.node()); });
    int count = 0;
    for (auto& image : saving) {
        // Holding it keeps a new upload out; failing to hold it shows that it is alive.
        auto hold = uploads.hold(image.id);
        if (!hold) continue;
        abandon(cloud, "glance.sweep", image, "the process that received it has died");
        ++count;
    }
    return count;
}

// Objects are listed before the rows are read, and an object's name stands in its image's row from
// before it exists: what no row names then is nobody's, and its name will never be used again.
int remove_strays(Cloud& cloud) {
    auto& state = cloud.state<State>();
    Store& store = *state.store;
    auto objects = store.list();
    if (objects.empty()) return 0;
    auto all = cloud.db().read([](db::Tx& tx) { return store::locations(tx); });
    std::set<std::string> used(all.begin(), all.end());
    int count = 0;
    for (auto& object : objects) {
        if (used.count(store.location(object.name))) continue;
        // Deleted while it was uploaded: the upload will notice and clean up itself.
        if (state.uploads.holds(image_of_object(object.name))) continue;
        log::warning("removing image data that no image names",
                     {{"object", object.name}, {"bytes", object.size}});
        store.remove(object.name, object.partial);
        ++count;
    }
    return count;
}
} // namespace

Swept sweep(Cloud& cloud) { return {return_dead_uploads(cloud), remove_strays(cloud)}; }

task::Task sweep_task() {
    return {.name = "glance.sweep",
            .every_ms = 60'000,
            .nudged_by = {},
            .run = [](Cloud& cloud) { sweep(cloud); },
            .one_node = false};
}

} // namespace nephele::glance
