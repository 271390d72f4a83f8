// SPDX-License-Identifier: Apache-2.0
// What every store promises, checked on each of them; and the failures only some can show.
#include "services/glance/drivers/fake.h"
#include "services/glance/drivers/filesystem.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <unistd.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
const std::string image = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const std::string one = new_object_name(image, "0123456789abcdef");
const std::string two = new_object_name(image, "fedcba9876543210");

std::string content(Store& store, const std::string& name) {
    auto object = store.open(name);
    if (!object.descriptor) return "(absent)";
    std::string out(object.size, '\0');
    CHECK(::pread(*object.descriptor, out.data(), out.size(), 0) ==
          static_cast<ssize_t>(out.size()));
    return out;
}
void put(Store& store, const std::string& name, const std::string& bytes) {
    auto writer = store.create(name);
    writer->write(bytes);
    writer->finish();
}

void on_every_store(const std::function<void(Store&)>& check) {
    test::TempDir dir("store");
    auto files = filesystem_store(dir.file("deep/images"));
    FakeStore fake;
    SUBCASE("filesystem") { check(*files); }
    SUBCASE("fake") { check(fake); }
}
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
}

TEST_CASE("store: an object is whole or not there") {
    on_every_store([](Store& store) {
        CHECK(content(store, one) == "(absent)");
        {
            auto writer = store.create(one);
            writer->write("he");
            writer->write("llo");
            CHECK(content(store, one) == "(absent)");
            auto listed = store.list();
            REQUIRE(listed.size() == 1);
            CHECK(listed[0].partial);
            CHECK(listed[0].name == one);
            writer->finish();
        }
        CHECK(content(store, one) == "hello");
        auto listed = store.list();
        REQUIRE(listed.size() == 1);
        CHECK(!listed[0].partial);
        CHECK(listed[0].size == 5);
        CHECK(store.name_at(store.location(one)) == one);
        CHECK(store.name_at("file:///elsewhere/" + one) == "");
    });
}

TEST_CASE("store: a dropped writer leaves nothing") {
    on_every_store([](Store& store) {
        store.create(one)->write("half");
        CHECK(store.list().empty());
        put(store, one, "");
        CHECK(content(store, one) == "");
    });
}

TEST_CASE("store: two writers of one object are refused") {
    on_every_store([](Store& store) {
        auto writer = store.create(one);
        CHECK_THROWS_AS(store.create(one), StoreError);
        auto other = store.create(two);
    });
}

TEST_CASE("store: removing is safe to repeat and does not disturb readers") {
    on_every_store([](Store& store) {
        put(store, one, "data");
        auto open = store.open(one);
        store.remove(one);
        store.remove(one);
        CHECK(store.list().empty());
        char bytes[4];
        CHECK(::pread(*open.descriptor, bytes, 4, 0) == 4);
        CHECK(content(store, one) == "(absent)");
        put(store, two, "other");
        store.remove(two, true);
        CHECK(content(store, two) == "other");
    });
}

TEST_CASE("store: foreign names are refused") {
    on_every_store([](Store& store) { CHECK_THROWS_AS(store.create("../x"), StoreError); });
}

TEST_CASE("filesystem store: files of others are left alone and left-overs are listed") {
    test::TempDir dir("store");
    auto store = filesystem_store(dir.path());
    for (auto& name : {std::string("README"), one + ".part", two, image})
        ::close(::open(dir.file(name).c_str(), O_CREAT | O_WRONLY, 0600));
    auto listed = store->list();
    CHECK(listed.size() == 2);
    for (auto& object : listed) store->remove(object.name, object.partial);
    CHECK(store->list().empty());
    CHECK(::access(dir.file("README").c_str(), F_OK) == 0);
    CHECK(::access(dir.file(image).c_str(), F_OK) == 0);
}

TEST_CASE("filesystem store: a vanished directory is an error that names it") {
    test::TempDir dir("store");
    auto store = filesystem_store(dir.file("gone"));
    CHECK(::rmdir(dir.file("gone").c_str()) == 0);
    CHECK_THROWS_AS(store->create(one), StoreError);
    CHECK_THROWS_AS(store->list(), StoreError);
    CHECK(!store->open(one).descriptor);
    CHECK_THROWS_AS(filesystem_store("/proc/nowhere"), std::exception);
}

TEST_CASE("fake store: it fails where it is told to") {
    FakeStore store;
    store.fail_at(FakeStore::At::write, StoreError::Kind::full);
    store.writes_before_failure(1);
    {
        auto writer = store.create(one);
        writer->write("a");
        CHECK_THROWS_AS(writer->write("b"), StoreError);
    }
    CHECK(store.list().empty());
    for (auto point : {FakeStore::At::sync, FakeStore::At::rename}) {
        store.fail_at(point);
        CHECK_THROWS_AS(put(store, one, "x"), StoreError);
        CHECK(store.list().empty());
    }
    store.fail_at(FakeStore::At::nowhere);
    put(store, one, "x");
    CHECK(content(store, one) == "x");
}
