// SPDX-License-Identifier: Apache-2.0
#include "services/glance/test/store_contract.h"

#include <doctest/doctest.h>
#include <unistd.h>

namespace nephele::test {
using namespace nephele::glance;
namespace {
const std::string image = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const std::string one = new_object_name(image, "0123456789abcdef");
const std::string two = new_object_name(image, "fedcba9876543210");

std::string pattern(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
    return out;
}

std::string part(Store& store, const std::string& location, std::uint64_t offset,
                 std::uint64_t length) {
    auto object = store.open(location);
    REQUIRE(object.found());
    std::string out;
    if (object.descriptor) {
        out.resize(length);
        auto count = ::pread(*object.descriptor, out.data(), length, static_cast<off_t>(offset));
        out.resize(static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    } else {
        object.reader->read(offset, length, [&](std::string_view piece) {
            out += piece;
            return true;
        });
    }
    return out;
}

void whole_or_not_there(Store& store, std::size_t piece) {
    auto location = store.new_location(one);
    CHECK(store.knows(location));
    CHECK(object_of(location) == one);
    CHECK(content(store, location) == "(absent)");
    std::string bytes = pattern(piece);
    {
        auto writer = store.create(location);
        for (int i = 0; i < 3; ++i) writer->write(bytes);
        CHECK(content(store, location) == "(absent)");
        for (auto& object : store.list()) {
            CHECK(object.partial);
            CHECK(object.location == location);
        }
        writer->finish();
    }
    CHECK(content(store, location) == bytes + bytes + bytes);
    CHECK(part(store, location, piece - 3, 10) == (bytes + bytes).substr(piece - 3, 10));
    CHECK(part(store, location, 0, 1) == bytes.substr(0, 1));
    auto listed = store.list();
    REQUIRE(listed.size() == 1);
    CHECK(!listed[0].partial);
    CHECK(listed[0].location == location);
    if (listed[0].size) CHECK(*listed[0].size == 3 * piece);
    CHECK_THROWS_AS(put(store, location, "again"), StoreError);
    CHECK(content(store, location) == bytes + bytes + bytes);
    store.remove(location);
    store.remove(location);
    CHECK(store.list().empty());
    CHECK(content(store, location) == "(absent)");
}

void a_reader_may_stop(Store& store) {
    auto location = store.new_location(one);
    put(store, location, pattern(300'000));
    auto object = store.open(location);
    if (object.reader) {
        std::size_t seen = 0;
        object.reader->read(0, object.size, [&](std::string_view piece) {
            seen += piece.size();
            return false;
        });
        CHECK(seen > 0);
        CHECK(seen <= 300'000);
    }
    store.remove(location);
    // An open file outlives its name.
    if (object.descriptor) {
        char bytes[4];
        CHECK(::pread(*object.descriptor, bytes, 4, 0) == 4);
    }
}

void nothing_of_a_dropped_writer(Store& store, std::size_t piece) {
    auto location = store.new_location(one);
    {
        auto writer = store.create(location);
        for (int i = 0; i < 2; ++i) writer->write(pattern(piece));
    }
    CHECK(store.list().empty());
    CHECK(content(store, location) == "(absent)");
    put(store, location, "");
    CHECK(content(store, location) == "");
    store.remove(location);
}

// The process died: a new one finds what it left and clears it away.
void what_the_dead_left(const std::function<std::unique_ptr<Store>()>& make, std::size_t piece) {
    auto store = make();
    auto location = store->new_location(one), other = store->new_location(two);
    put(*store, other, "other");
    auto writer = store->create(location);
    for (int i = 0; i < 2; ++i) writer->write(pattern(piece));
    auto next = make();
    for (auto& object : store->list()) {
        try {
            store->remove(object.location, object.partial);
        } catch (const StoreError& error) {
            // Some see that the writer still holds on; once it is dead they let go.
            CHECK(error.kind == StoreError::Kind::in_use);
            writer.reset();
            store->remove(object.location, object.partial);
        }
    }
    CHECK(content(*store, other) == "(absent)");
    CHECK(store->list().empty());
    // Its writer, should it live, cannot bring the object back unseen.
    try {
        if (writer) {
            writer->write(pattern(piece));
            writer->finish();
            store->remove(location);
        }
    } catch (const StoreError&) {
    }
    writer.reset();
    CHECK(store->list().empty());
}

void only_the_unfinished(Store& store) {
    auto location = store.new_location(two);
    put(store, location, "other");
    store.remove(location, true);
    CHECK(content(store, location) == "other");
    store.remove(location);
}

void foreign_locations(Store& store) {
    CHECK_THROWS_AS(store.new_location("../x"), StoreError);
    for (auto foreign : {"file:///etc/passwd", "", "x", "http://127.0.0.1/x", "rbd://a/b/c/snap"}) {
        CHECK(!store.knows(foreign));
        CHECK_THROWS_AS(store.create(foreign), StoreError);
        CHECK_THROWS_AS(store.open(foreign), StoreError);
        CHECK_THROWS_AS(store.remove(foreign), StoreError);
    }
}
} // namespace

std::string content(Store& store, const std::string& location) {
    auto object = store.open(location);
    if (!object.found()) return "(absent)";
    return object.size == 0 ? "" : part(store, location, 0, object.size);
}

void put(Store& store, const std::string& location, const std::string& bytes) {
    auto writer = store.create(location);
    writer->write(bytes);
    writer->finish();
}

void check_contract(const std::function<std::unique_ptr<Store>()>& make, std::size_t piece) {
    auto store = make();
    REQUIRE(store->list().empty());
    whole_or_not_there(*store, piece);
    a_reader_may_stop(*store);
    nothing_of_a_dropped_writer(*store, piece);
    only_the_unfinished(*store);
    what_the_dead_left(make, piece);
    foreign_locations(*store);
    CHECK(store->list().empty());
}

} // namespace nephele::test
