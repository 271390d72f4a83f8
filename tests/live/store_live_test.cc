// SPDX-License-Identifier: Apache-2.0
// The contract of stores on real servers: run by tests/live/stores, which starts them.
#include "base/ids.h"
#include "engines/ceph/rbd.h"
#include "services/glance/drivers/rbd.h"
#include "services/glance/drivers/s3.h"
#include "services/glance/drivers/swift.h"
#include "services/glance/test/store_contract.h"

#include <cstdlib>
#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
std::string setting(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}
// Over one part's length, so that an object has three parts or segments and more.
constexpr std::size_t mib = 1 << 20;
} // namespace

TEST_CASE("store: the contract on Ceph RBD") {
    ceph::Access access{.pool = "images", .config_file = setting("NEPHELE_TEST_CEPH")};
    if (access.config_file.empty()) {
        MESSAGE("no Ceph here");
        return;
    }
    test::check_contract([&] { return rbd_store(access, 8 * mib); }, 5 * mib);
}

TEST_CASE("store: Ceph keeps what clones hang on") {
    ceph::Access access{.pool = "images", .config_file = setting("NEPHELE_TEST_CEPH")};
    if (access.config_file.empty()) {
        MESSAGE("no Ceph here");
        return;
    }
    auto store = rbd_store(access, 8 * mib);
    auto location = store->new_location(
        new_object_name("6ba7b810-9dad-41d1-80b4-00c04fd430c8", "0123456789abcdef"));
    test::put(*store, location, "base");
    std::string name = "images/" + object_of(location);
    std::string rbd = "rbd -c " + access.config_file + " ";
    REQUIRE(std::system((rbd + "clone " + name + "@snap images/server").c_str()) == 0);
    try {
        store->remove(location);
        FAIL("removed below a clone");
    } catch (const StoreError& error) {
        CHECK(error.kind == StoreError::Kind::in_use);
    }
    CHECK(test::content(*store, location) == "base");
    REQUIRE(std::system((rbd + "rm --no-progress images/server").c_str()) == 0);
    store->remove(location);
    CHECK(store->list().empty());
}

TEST_CASE("store: a Ceph that is not there is an error in time") {
    if (setting("NEPHELE_TEST_CEPH").empty()) {
        MESSAGE("no Ceph here");
        return;
    }
    ceph::Access access{.pool = "images", .config_file = "/nonexistent/ceph.conf", .timeout_s = 2};
    auto store = rbd_store(access, 8 * mib);
    CHECK_THROWS_AS(store->list(), StoreError);
}

TEST_CASE("store: the contract on Swift") {
    std::string url = setting("NEPHELE_TEST_SWIFT");
    if (url.empty()) {
        MESSAGE("no Swift here");
        return;
    }
    SwiftOptions options;
    options.auth_url = url + "/auth/v1.0";
    options.auth_version = 1;
    options.user = "test:tester";
    options.key = Secret<std::string>("testing");
    options.segment_bytes = mib;
    // Segments and whole objects.
    for (std::size_t piece : {mib + 1000, std::size_t(5000)})
        test::check_contract([&] { return swift_store(options); }, piece);
    options.key = Secret<std::string>("wrong");
    try {
        swift_store(options)->list();
        FAIL("let in");
    } catch (const StoreError& error) {
        CHECK(error.kind == StoreError::Kind::denied);
    }
}

TEST_CASE("store: the contract on S3") {
    std::string url = setting("NEPHELE_TEST_SWIFT");
    if (url.empty()) {
        MESSAGE("no S3 here");
        return;
    }
    S3Options options;
    options.endpoint = url;
    options.bucket = "images";
    options.access_key = "test:tester";
    options.secret_key = Secret<std::string>("testing");
    options.create_bucket = true;
    options.part_bytes = mib;
    for (std::size_t piece : {mib + 1000, std::size_t(5000)})
        test::check_contract([&] { return s3_store(options); }, piece);
    options.secret_key = Secret<std::string>("wrong");
    try {
        s3_store(options)->list();
        FAIL("let in");
    } catch (const StoreError& error) {
        CHECK(error.kind == StoreError::Kind::denied);
    }
}
