// SPDX-License-Identifier: Apache-2.0
// The fake keeps the promises of Backend that the HTTP side relies on.
#include "services/swift/proxy/memory_backend.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::swift;

namespace {
void put(Backend& store, const std::string& name, const std::string& bytes) {
    auto writer = store.put({"a", "c", name}, 0, bytes.size());
    writer->write(bytes);
    ObjectInfo info;
    info.timestamp = store.now();
    CHECK(writer->commit(info) != Outcome::stale);
}
std::vector<std::string> names(Backend& store, ListQuery query) {
    std::vector<std::string> out;
    for (auto& row : store.objects("a", "c", query)) out.push_back(row.name);
    return out;
}
using Names = std::vector<std::string>;
} // namespace

TEST_CASE("listings by prefix, delimiter, markers, path and in reverse") {
    ManualClock clock;
    auto store = make_memory_backend(clock);
    CHECK(store->save_container("a", "c", {}, {}, true, store->now()) == Outcome::created);
    for (auto* name : {"a", "b/1", "b/2", "b/2/x", "c", "d/"}) put(*store, name, "x");
    CHECK(names(*store, {.delimiter = "/"}) == Names{"a", "b/", "c", "d/"});
    CHECK(names(*store, {.prefix = "b/", .delimiter = "/"}) == Names{"b/1", "b/2", "b/2/"});
    CHECK(names(*store, {.delimiter = "/", .marker = "b/"}) == Names{"c", "d/"});
    CHECK(names(*store, {.delimiter = "/", .reverse = true}) == Names{"d/", "c", "b/", "a"});
    CHECK(names(*store, {.marker = "b/2", .end_marker = "d"}) == Names{"b/2/x", "c"});
    CHECK(names(*store, {.marker = "c", .end_marker = "a", .reverse = true}) ==
          Names{"b/2/x", "b/2", "b/1"});
    CHECK(names(*store, {.path = "b"}) == Names{"b/1", "b/2"});
    CHECK(names(*store, {.path = ""}) == Names{"a", "c", "d/"});
    CHECK(names(*store, {.limit = 2}) == Names{"a", "b/1"});
    CHECK(store->container("a", "c")->objects == 6);
    CHECK(store->delete_container("a", "c", store->now()) == Outcome::not_empty);
}

TEST_CASE("the newest wins, also over what was removed") {
    ManualClock clock;
    auto store = make_memory_backend(clock);
    store->save_container("a", "c", {}, {}, true, store->now());
    Timestamp early = store->now();
    put(*store, "o", "one");
    auto reader = store->open({"a", "c", "o"});
    put(*store, "o", "three");
    char bytes[8];
    CHECK(reader->read(0, bytes, sizeof bytes) == 3);
    CHECK(store->head({"a", "c", "o"})->bytes == 5);
    CHECK(store->remove({"a", "c", "o"}, early) == Outcome::stale);
    CHECK(store->remove({"a", "c", "o"}, store->now()) == Outcome::updated);
    CHECK(store->remove({"a", "c", "o"}, store->now()) == Outcome::absent);
    ObjectInfo late;
    late.timestamp = early;
    auto writer = store->put({"a", "c", "o"}, 0, {});
    writer->write("zombie");
    CHECK(writer->commit(late) == Outcome::stale);
    CHECK_FALSE(store->head({"a", "c", "o"}));
}
