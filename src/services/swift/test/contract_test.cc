// SPDX-License-Identifier: Apache-2.0
// The contract of Backend, run against each.
#include "services/swift/proxy/local_backend.h"
#include "services/swift/proxy/memory_backend.h"
#include "services/swift/test/backend_contract.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::swift;

TEST_CASE("objects in memory keep the contract") {
    contract::run([] { return make_memory_backend(); });
}

TEST_CASE("a device keeps the contract") {
    test::TempDir directory("device");
    int made = 0;
    contract::run([&] {
        DeviceOptions options;
        options.directory = directory.file(std::to_string(made++));
        options.reserve_bytes = 0;
        return std::make_shared<LocalBackend>(options);
    });
}

TEST_CASE("a device with tiny volumes and a map that must grow keeps the contract") {
    test::TempDir directory("device");
    int made = 0;
    contract::run([&] {
        DeviceOptions options;
        options.directory = directory.file(std::to_string(made++));
        options.reserve_bytes = 0;
        options.volume_bytes = 1000;
        options.inline_bytes = 3000;
        options.map_bytes = 64 << 10;
        options.open_volumes = 2;
        return std::make_shared<LocalBackend>(options);
    });
}
