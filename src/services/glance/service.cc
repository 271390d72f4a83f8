// SPDX-License-Identifier: Apache-2.0
// Glance: disk images and who may use them.
#include "services/glance/service.h"

#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/api/metadefs.h"
#include "services/glance/ops/add_location.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/format_options.h"
#include "services/glance/ops/operations.h"
#include "services/glance/store/cache.h"
#include "services/glance/store/images.h"
#include "services/glance/store/locations.h"
#include "services/glance/store/members.h"
#include "services/glance/store/tasks.h"
#include "services/glance/tasks/expire_tasks.h"
#include "services/glance/tasks/sweep.h"
#include "services/glance/tasks/tend_cache.h"

#include <map>

namespace nephele::glance {
namespace {
// Active images have their data, whole.
std::vector<std::string> data_errors(Cloud& cloud, db::Tx& tx) {
    // `nephele check` looks without starting the services.
    std::shared_ptr<State> own = cloud.has_state<State>() ? nullptr : make_state(cloud);
    Stores& stores = own ? own->stores : cloud.state<State>().stores;
    std::map<std::string, std::optional<std::uint64_t>> sizes;
    for (auto& store : stores.all())
        for (auto& object : store->driver->list())
            if (!object.partial) sizes[object.location] = object.size;
    std::vector<std::string> out;
    for (auto& image : select(tx, images(), Scope::all())) {
        if (!image.has_data()) continue;
        if (image.locations.empty()) out.push_back(format("image {} has no data", image.id));
        for (auto& location : image.locations) {
            auto* store = stores.find(location.store);
            // Data that others wrote is theirs to look after.
            if (store && store->read_only) continue;
            auto found = sizes.find(location.url);
            if (found == sizes.end())
                out.push_back(format("image {} has no data at {}", image.id, location.url));
            else if (found->second &&
                     static_cast<std::int64_t>(*found->second) != image.size.value_or(-1))
                out.push_back(format("image {} has {} bytes at {}, its row says {}", image.id,
                                     *found->second, location.url, image.size.value_or(-1)));
        }
    }
    return out;
}
} // namespace

api::Service service() {
    api::Service s;
    s.name = "glance";
    s.type = "image";
    s.description = "Disk images";
    s.prefix = "/image";
    s.port = 9292;
    s.manners = manners();
    s.resources = {version_resource(), image_resource(),    data_resource(),  member_resource(),
                   tag_resource(),     schema_resource(),   store_resource(), import_resource(),
                   task_resource(),    location_resource(), cache_resource()};
    s.migrations = store::migrations();
    s.policies = policies();
    s.options = options();
    for (auto& option : format_options()) s.options.push_back(option);
    s.operations = {import_image(), remove_staged(), add_location_operation()};
    s.tasks = {sweep_task(), expire_tasks_task(), tend_cache_task()};
    s.tables = {&images(), &members(), &image_tasks()};
    s.checks = {{"image tags and properties can be searched",
                 [](Cloud&, db::Tx& tx) { return store::index_errors(tx); }},
                {"images have their data", data_errors},
                {"what is being written has its operation",
                 [](Cloud&, db::Tx& tx) { return store::transfer_errors(tx); }}};
    s.checks.push_back({"what nodes have cached belongs to images",
                        [](Cloud&, db::Tx& tx) { return store::cache_errors(tx); }});
    for (auto* more : {&store::list_migrations(), &store::cache_migrations()})
        for (auto& migration : *more) s.migrations.push_back(migration);
    add_metadefs(s);
    s.resources.push_back(usage_resource());
    for (auto& option : catalogue_options()) s.options.push_back(option);
    s.start = [](Cloud& cloud) {
        cloud.add_state(make_catalogue(cloud.config()));
        start_cache(cloud, cloud.add_state(make_state(cloud)));
    };
    s.seed = [](Context& context) {
        auto directory = context.cloud.config().text("glance.metadefs_directory");
        if (!directory.empty()) load_metadefs(context, directory);
    };
    return s;
}

} // namespace nephele::glance
