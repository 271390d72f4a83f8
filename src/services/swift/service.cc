// SPDX-License-Identifier: Apache-2.0
// The explicit list of what the object store is made of.
#include "services/swift/service.h"

#include "services/swift/api/application.h"
#include "services/swift/api/login.h"
#include "services/swift/api/operations.h"
#include "services/swift/api/pacer.h"
#include "services/swift/proxy/local_backend.h"
#include "services/swift/proxy/memory_backend.h"
#include "services/swift/tasks/care.h"

namespace nephele::swift {
namespace {

std::shared_ptr<Backend> make_backend(Cloud& cloud) {
    const std::string kind = cloud.config().text("swift.backend");
    if (kind == "memory") return make_memory_backend(cloud.clock());
    if (kind != "device") throw bad_request("BadConfig", "swift.backend is device or memory");
    DeviceOptions device;
    device.directory = cloud.config().text("swift.directory");
    if (device.directory.empty())
        device.directory = cloud.config().text("data.directory") + "/swift";
    device.reserve_bytes = static_cast<std::uint64_t>(cloud.config().integer("swift.reserve_mib"))
                           << 20;
    auto backend = std::make_shared<LocalBackend>(device, system_calls(), cloud.clock());
    cloud.add_state(backend); // For its care.
    return backend;
}

void start(Cloud& cloud) {
    Site site{cloud, make_backend(cloud), Settings(cloud.config()), std::make_shared<TempTokens>(),
              std::make_shared<Pacer>()};
    cloud.add_state(std::make_shared<Site>(std::move(site)));
}

std::shared_ptr<http::Application> mount(Cloud& cloud) {
    // The cloud keeps the site as long as it lives; nobody answers after that.
    std::shared_ptr<Site> site(&cloud.state<Site>(), [](Site*) {});
    return make_application(std::move(site), {});
}

} // namespace

api::Service service() {
    api::Service s;
    s.name = "swift";
    s.type = "object-store";
    s.description = "Objects in containers";
    s.prefix = "/object-store";
    s.port = 8080;
    s.catalog_path = "/v1/AUTH_$(project_id)s";
    s.mount = mount;
    s.mounted_operations = operations();
    s.root_paths = {"/info", "/healthcheck", "/crossdomain.xml", "/auth/v1.0"};
    s.options = options();
    s.tasks = care_tasks();
    s.start = start;
    return s;
}

} // namespace nephele::swift
