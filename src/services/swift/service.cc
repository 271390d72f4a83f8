// SPDX-License-Identifier: Apache-2.0
// The explicit list of what the object store is made of.
#include "services/swift/service.h"

#include "services/swift/api/application.h"
#include "services/swift/api/login.h"
#include "services/swift/api/operations.h"
#include "services/swift/api/pacer.h"
#include "services/swift/proxy/local_backend.h"
#include "services/swift/proxy/memory_backend.h"
#include "services/swift/proxy/state.h"
#include "services/swift/s3/face.h"
#include "services/swift/s3/operations.h"
#include "services/swift/tasks/care.h"
#include "services/swift/tasks/sync.h"

#include <algorithm>

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

s3::Settings s3_settings(Cloud& cloud) {
    const Settings& settings = cloud.state<Site>().settings;
    logic::KeystoneRules rules = settings.keystone;
    // Users of tempauth are made principals with roles of this name (listed keys).
    if (settings.tempauth) rules.operator_roles = {"admin"};
    return s3::read_settings(cloud.config(), std::move(rules));
}

// The access key of tempauth's user "tester" of account "test" is "test:tester".
std::shared_ptr<s3::Keys> s3_keys(Cloud& cloud) {
    const Settings& settings = cloud.state<Site>().settings;
    if (!settings.tempauth) return s3::keystone_keys(cloud);
    std::vector<s3::ListedKey> keys;
    for (const auto& [name, user] : settings.temp_users) {
        const bool admin =
            std::find(user.groups.begin(), user.groups.end(), ".admin") != user.groups.end();
        keys.push_back({name, Secret<std::string>(user.key), name.substr(0, name.find(':')),
                        admin ? std::vector<std::string>{"admin"} : std::vector<std::string>{}});
    }
    return s3::listed_keys(std::move(keys));
}

std::shared_ptr<Face> make_s3_face(Cloud& cloud) {
    return s3::make_face(cloud.state<Site>().backend, s3_keys(cloud), s3_settings(cloud),
                         cloud.clock(), cloud.ids());
}

void start(Cloud& cloud) {
    Site site{cloud,
              make_backend(cloud),
              Settings(cloud.config()),
              std::make_shared<TempTokens>(),
              std::make_shared<Pacer>(),
              SyncRealms(cloud.config())};
    cloud.add_state(std::make_shared<State>(State{site.backend}));
    cloud.add_state(std::make_shared<Site>(std::move(site)));
    cloud.add_state(make_s3_face(cloud));
}

// One for both ways to reach it: what it locks is locked for all.
std::shared_ptr<Face> s3_face(Cloud& cloud) {
    return {&cloud.state<Face>(), [](Face*) {}};
}

std::shared_ptr<http::Application> mount(Cloud& cloud) {
    // The cloud keeps the site as long as it lives; nobody answers after that.
    std::shared_ptr<Site> site(&cloud.state<Site>(), [](Site*) {});
    return make_application(std::move(site), {s3_face(cloud)});
}

std::shared_ptr<http::Application> mount_s3(Cloud& cloud) { return s3_face(cloud); }

task::Task s3_lifecycle() {
    task::Task task;
    task.name = "swift.s3_lifecycle";
    task.every_ms = 3'600'000;
    task.run = [](Cloud& cloud) {
        s3::run_lifecycles(*cloud.state<Site>().backend, s3_settings(cloud), cloud.ids(),
                           cloud.now());
    };
    return task;
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
    s.options.insert(s.options.end(), s3::options().begin(), s3::options().end());
    s.tasks = care_tasks();
    s.tasks.push_back(s3_lifecycle());
    s.tasks.push_back(sync_task());
    s.start = start;
    return s;
}

api::Service s3_service() {
    api::Service s;
    s.name = "swift-s3";
    s.type = "s3";
    s.description = "Objects in buckets";
    s.prefix = "/s3";
    s.mount = mount_s3;
    s.mounted_operations = s3::mounted_operations();
    return s;
}

} // namespace nephele::swift
