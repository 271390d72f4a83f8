// SPDX-License-Identifier: Apache-2.0
// Glance: disk images and who may use them.
#include "services/glance/service.h"

#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/ops/state.h"
#include "services/glance/store/images.h"
#include "services/glance/store/members.h"
#include "services/glance/tasks/sweep.h"

#include <map>

namespace nephele::glance {
namespace {
// Active images have their data, whole.
std::vector<std::string> data_errors(Cloud& cloud, db::Tx& tx) {
    // `nephele check` looks without starting the services.
    std::shared_ptr<State> own = cloud.has_state<State>() ? nullptr : make_state(cloud);
    Store& store = own ? *own->store : *cloud.state<State>().store;
    std::map<std::string, std::uint64_t> sizes;
    for (auto& object : store.list())
        if (!object.partial) sizes[store.location(object.name)] = object.size;
    std::vector<std::string> out;
    for (auto& image : select(tx, images(), Scope::all())) {
        if (!image.has_data()) continue;
        auto found = sizes.find(image.location.value_or(""));
        if (found == sizes.end())
            out.push_back(format("image {} has no data at {}", image.id,
                                 image.location.value_or("(nowhere)")));
        else if (static_cast<std::int64_t>(found->second) != image.size.value_or(-1))
            out.push_back(format("image {} has {} bytes, its row says {}", image.id, found->second,
                                 image.size.value_or(-1)));
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
    s.resources = {version_resource(), image_resource(),  data_resource(), member_resource(),
                   tag_resource(),     schema_resource(), info_resource()};
    s.migrations = store::migrations();
    s.policies = policies();
    s.options = options();
    s.tasks = {sweep_task()};
    s.tables = {&images(), &members()};
    s.checks = {{"image tags and properties can be searched",
                 [](Cloud&, db::Tx& tx) { return store::index_errors(tx); }},
                {"images have their data", data_errors}};
    s.start = [](Cloud& cloud) { cloud.add_state(make_state(cloud)); };
    return s;
}

} // namespace nephele::glance
