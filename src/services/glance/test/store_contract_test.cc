// SPDX-License-Identifier: Apache-2.0
// What every store promises, checked on each of them; and the failures only some can show.
#include "services/glance/drivers/fake.h"
#include "services/glance/drivers/filesystem.h"
#include "services/glance/test/store_contract.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
const std::string image = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const std::string one = new_object_name(image, "0123456789abcdef");
const std::string two = new_object_name(image, "fedcba9876543210");
} // namespace

TEST_CASE("store: names are made one way and nothing else is a name") {
    CHECK(one == image + "-01234567");
    CHECK(is_object_name(one));
    CHECK(image_of_object(one) == image);
    for (auto bad : {"", "x", "../../etc/passwd", "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
                     "6ba7b810-9dad-41d1-80b4-00c04fd430c8-0123456/"})
        CHECK(!is_object_name(bad));
    CHECK(path_of_location("file:///a/b") == "/a/b");
    CHECK(path_of_location("rbd://a/b") == "");
    CHECK(object_of("file:///a/" + one) == one);
    CHECK(object_of("file:///a/" + one + "/x") == "");
}

TEST_CASE("store: the contract on files") {
    test::TempDir dir("store");
    test::check_contract([&] { return filesystem_store(dir.file("deep/images")); });
}

TEST_CASE("store: the contract on files of several directories, thinly written") {
    test::TempDir dir("store");
    test::check_contract([&] {
        FilesystemOptions options;
        options.directories = {{dir.file("a"), 0}, {dir.file("b"), 5}};
        options.thin = true;
        options.chunk_bytes = 512;
        return filesystem_store(options);
    });
}

TEST_CASE("store: the contract on the fake") {
    for (bool files : {true, false})
        test::check_contract([&] {
            auto fake = std::make_unique<FakeStore>();
            if (!files) fake->without_files();
            return std::unique_ptr<Store>(std::move(fake));
        });
}

TEST_CASE("filesystem store: a new object goes where the priority and the room are") {
    test::TempDir dir("store");
    FilesystemOptions options;
    options.directories = {{dir.file("low"), 1}, {dir.file("high"), 7}};
    auto store = filesystem_store(options);
    CHECK(store->new_location(one) == "file://" + dir.file("high") + "/" + one);
    // Nothing has that much free: the first is tried, and says why not.
    options.reserve_bytes = INT64_MAX;
    CHECK(filesystem_store(options)->new_location(one) == "file://" + dir.file("low") + "/" + one);
    CHECK(store->knows("file://" + dir.file("low") + "/" + one));
    CHECK(!store->knows("file://" + dir.file("other") + "/" + one));
    CHECK(!store->knows("file://" + dir.file("low") + "/../low/" + one));
}

TEST_CASE("filesystem store: zeros are not written when asked so, and the mode is as said") {
    test::TempDir dir("store");
    FilesystemOptions options;
    options.directories = {{dir.path(), 0}};
    options.thin = true;
    options.file_mode = 0604;
    auto store = filesystem_store(options);
    auto location = store->new_location(one);
    auto writer = store->create(location);
    std::string zeros(4 << 20, '\0');
    writer->write("head");
    writer->write(zeros);
    writer->finish();
    struct stat facts {};
    REQUIRE(::stat(path_of_location(location).c_str(), &facts) == 0);
    CHECK(facts.st_size == (4 << 20) + 4);
    CHECK(facts.st_blocks * 512 < 1 << 20);
    CHECK((facts.st_mode & 0777) == 0604);
    CHECK(test::content(*store, location) == "head" + zeros);
}

TEST_CASE("filesystem store: files of others are left alone and left-overs are listed") {
    test::TempDir dir("store");
    auto store = filesystem_store(dir.path());
    for (auto& name : {std::string("README"), one + ".part", two, image})
        ::close(::open(dir.file(name).c_str(), O_CREAT | O_WRONLY, 0600));
    auto listed = store->list();
    CHECK(listed.size() == 2);
    for (auto& object : listed) store->remove(object.location, object.partial);
    CHECK(store->list().empty());
    CHECK(::access(dir.file("README").c_str(), F_OK) == 0);
    CHECK(::access(dir.file(image).c_str(), F_OK) == 0);
}

TEST_CASE("filesystem store: a vanished directory is an error that names it") {
    test::TempDir dir("store");
    auto store = filesystem_store(dir.file("gone"));
    CHECK(::rmdir(dir.file("gone").c_str()) == 0);
    auto location = store->new_location(one);
    CHECK_THROWS_AS(store->create(location), StoreError);
    CHECK_THROWS_AS(store->list(), StoreError);
    CHECK(!store->open(location).found());
    CHECK_THROWS_AS(filesystem_store("/proc/nowhere"), std::exception);
}

TEST_CASE("fake store: it fails where it is told to") {
    FakeStore store;
    auto location = store.new_location(one);
    store.fail_at(FakeStore::At::write, StoreError::Kind::full);
    store.writes_before_failure(1);
    {
        auto writer = store.create(location);
        writer->write("a");
        CHECK_THROWS_AS(writer->write("b"), StoreError);
    }
    CHECK(store.list().empty());
    for (auto point : {FakeStore::At::sync, FakeStore::At::rename}) {
        store.fail_at(point);
        CHECK_THROWS_AS(test::put(store, location, "x"), StoreError);
        CHECK(store.list().empty());
    }
    store.fail_at(FakeStore::At::nowhere);
    test::put(store, location, "x");
    CHECK(test::content(store, location) == "x");
}
