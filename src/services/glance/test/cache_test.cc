// SPDX-License-Identifier: Apache-2.0
// The cache: bounded, made once for all who ask, whole or not there; and its API.
#include "platform/fault/fault.h"
#include "services/glance/ops/cache.h"
#include "services/glance/ops/cached_data.h"
#include "services/glance/store/cache.h"
#include "services/glance/store/images.h"
#include "services/glance/tasks/tend_cache.h"
#include "services/glance/test/world.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
std::string name_of(int number) {
    return new_object_name("00000000-0000-4000-8000-00000000000" + std::to_string(number),
                           "01234567");
}

std::string text_of(const OpenObject& object) {
    std::string out;
    if (object.reader)
        object.reader->read(0, object.size, [&](std::string_view piece) {
            out += piece;
            return true;
        });
    if (object.descriptor) {
        out.resize(object.size);
        CHECK(::pread(*object.descriptor, out.data(), out.size(), 0) ==
              static_cast<ssize_t>(out.size()));
    }
    return out;
}

ImageCache::Produce gives(const std::string& bytes) {
    return [bytes](ObjectWriter& writer, const std::function<bool()>&) {
        writer.write(bytes);
        writer.finish();
    };
}

struct SmallCache {
    test::TempDir dir{"cache"};
    ManualClock clock;
    ImageCache cache{{.directory = dir.path(), .max_bytes = 10, .fills = 2}, clock};
    bool has(int number) {
        for (auto& copy : cache.copies())
            if (copy.name == name_of(number)) return true;
        return false;
    }
    void fill(int number, const std::string& bytes) {
        auto object = cache.open_or_fill(name_of(number), bytes.size(), gives(bytes));
        REQUIRE(object.found());
        CHECK(text_of(object) == bytes);
        cache.settle();
        clock.advance_ms(1000);
    }
};

// A copy that goes on when told so.
struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    void release() {
        std::lock_guard lock(mutex);
        open = true;
        changed.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return open; });
    }
};

struct FarWorld : World {
    explicit FarWorld(std::vector<std::string> settings = {}) : World(std::move(settings)) {
        far = &use_fake_store();
        far->without_files();
    }
    std::string uploaded(const std::string& bytes) {
        auto id = image(one);
        CHECK(upload(id, one, bytes).status == 204);
        return id;
    }
    test::Answer download(const std::string& id) {
        auto answer = get("/v2/images/" + id + "/file", one);
        state().cache->settle();
        return answer;
    }
    Json cached() { return get("/v2/cache", admin).json.at("cached_images"); }
    Json queued() { return get("/v2/cache", admin).json.at("queued_images"); }
    test::Answer act(const std::string& method, const std::string& path,
                     const std::string& token = "", http::Headers headers = {}) {
        return cloud.request(method, "/image/v2/cache" + path, token.empty() ? admin : token,
                             Json(), headers);
    }
    FakeStore* far;
};
} // namespace

TEST_CASE("cache: of what is not in use the least recently used goes") {
    SmallCache s;
    s.fill(1, "aaaa");
    s.fill(2, "bbbb");
    CHECK(text_of(s.cache.open(name_of(1))) == "aaaa"); // 2 is the older one now
    s.clock.advance_ms(1000);
    s.fill(3, "cccc");
    CHECK(s.has(1));
    CHECK(!s.has(2));
    CHECK(s.has(3));
    auto path = s.cache.keep(name_of(1), 60);
    REQUIRE(path);
    CHECK(::access(path->c_str(), R_OK) == 0);
    s.clock.advance_ms(1000);
    s.cache.open(name_of(3));
    s.clock.advance_ms(1000);
    s.fill(4, "dddd");
    CHECK(s.has(1)); // kept
    CHECK(!s.has(3));
    CHECK(!s.cache.open_or_fill(name_of(5), 11, gives("eeeeeeeeeee")).found());
    s.cache.keep(name_of(4), 60);
    CHECK(!s.cache.open_or_fill(name_of(5), 4, gives("eeee")).found());
    s.clock.advance_ms(61'000);
    s.fill(5, "eeee");
    CHECK(s.cache.copies().size() == 2);
}

TEST_CASE("cache: who reads while a copy goes keeps what was opened") {
    SmallCache s;
    s.fill(1, "aaaa");
    auto open = s.cache.open(name_of(1));
    CHECK(s.cache.remove([](auto&) { return true; }) == 1);
    CHECK(!s.cache.open(name_of(1)).found());
    CHECK(text_of(open) == "aaaa");
    // Somebody else took the file away: it is made again.
    s.fill(2, "bbbb");
    ::unlink((s.dir.path() + "/" + name_of(2)).c_str());
    CHECK(!s.cache.open(name_of(2)).found());
    s.fill(2, "bbbb");
}

TEST_CASE("cache: many who ask at once share one copy, and read what has come so far") {
    SmallCache s;
    Gate gate;
    std::atomic<int> made{0};
    auto produce = [&](ObjectWriter& writer, const std::function<bool()>&) {
        ++made;
        writer.write("abc");
        gate.wait();
        writer.write("defg");
        writer.finish();
    };
    auto first = s.cache.open_or_fill(name_of(1), 7, produce);
    std::string head;
    first.reader->read(0, 3, [&](std::string_view piece) {
        head += piece;
        return true;
    });
    CHECK(head == "abc"); // long before it is whole
    CHECK(s.cache.filling(name_of(1)));
    CHECK(!s.cache.keep(name_of(1), 60));
    std::vector<std::thread> readers;
    std::atomic<int> good{0};
    for (int i = 0; i < 16; ++i)
        readers.emplace_back([&] {
            if (text_of(s.cache.open_or_fill(name_of(1), 7, produce)) == "abcdefg") ++good;
        });
    gate.release();
    for (auto& reader : readers) reader.join();
    CHECK(good == 16);
    CHECK(made == 1);
    s.cache.settle();
    CHECK(s.cache.copies()[0].hits >= 16);
}

TEST_CASE("cache: a copy that fails is not there, and nobody reads it to its end") {
    SmallCache s;
    Gate gate;
    auto fails = [&](ObjectWriter& writer, const std::function<bool()>&) {
        writer.write("abcd");
        gate.wait();
        throw StoreError(StoreError::Kind::failed, "told to fail");
    };
    auto object = s.cache.open_or_fill(name_of(1), 4, fails);
    gate.release();
    std::string seen;
    CHECK_THROWS_AS(object.reader->read(0, 4,
                                        [&](std::string_view piece) {
                                            seen += piece;
                                            return true;
                                        }),
                    StoreError);
    CHECK(seen == "abc"); // the last byte waits until the copy is known to be good
    s.cache.settle();
    CHECK(s.cache.copies().empty());
    CHECK(::rmdir(s.dir.path().c_str()) == 0); // empty
    REQUIRE(::mkdir(s.dir.path().c_str(), 0700) == 0);
    // Shorter or longer than said is a failure as well.
    for (std::string bytes : {"abc", "abcde"}) {
        try {
            auto wrong = s.cache.open_or_fill(name_of(1), 4, gives(bytes));
            if (wrong.found()) text_of(wrong);
            FAIL_CHECK("not noticed");
        } catch (const StoreError&) {
        }
        s.cache.settle();
        CHECK(s.cache.copies().empty());
    }
    s.fill(1, "good");
}

TEST_CASE("cache: a process that dies leaves its whole copies to the next one") {
    test::TempDir dir("cache");
    ManualClock clock;
    {
        ImageCache cache({.directory = dir.path(), .max_bytes = 10}, clock);
        cache.open_or_fill(name_of(1), 4, gives("aaaa"));
        cache.settle();
    }
    std::string left = dir.file(name_of(2) + ".part");
    ::close(::open(left.c_str(), O_CREAT | O_WRONLY, 0600));
    ImageCache cache({.directory = dir.path(), .max_bytes = 10}, clock);
    CHECK(::access(left.c_str(), F_OK) != 0);
    REQUIRE(cache.copies().size() == 1);
    CHECK(text_of(cache.open(name_of(1))) == "aaaa");
    ImageCache smaller({.directory = dir.path(), .max_bytes = 3}, clock);
    CHECK(smaller.prune() == std::pair<int, std::uint64_t>(1, 4));
    CHECK(smaller.copies().empty());
}

TEST_CASE("cache: images of remote stores are read from it the second time") {
    FarWorld w;
    std::string bytes(300'000, 'x');
    auto id = w.uploaded(bytes);
    CHECK(w.download(id).text == bytes);
    CHECK(w.far->reads() == 1);
    w.far->fail_at(FakeStore::At::open);
    CHECK(w.download(id).text == bytes);
    http::Headers range;
    range.set("Range", "bytes=299998-");
    auto part = w.cloud.request("GET", "/image/v2/images/" + id + "/file", w.one, Json(), range);
    CHECK(part.status == 206);
    CHECK(part.text == "xx");
    REQUIRE(w.cached().size() == 1);
    auto one = w.cached().as_array()[0];
    CHECK(one.text("image_id") == id);
    CHECK(one.integer("size") == 300'000);
    CHECK(one.integer("hits") == 2);
    CHECK(w.get("/v2/cache/nodes/" + id, w.admin).json.at("cached_nodes").size() == 1);
    // Deleted with its image.
    w.far->fail_at(FakeStore::At::nowhere);
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
    CHECK(w.cached().size() == 0);
}

TEST_CASE("cache: a store that breaks off is gone on with, one that lies is found out") {
    FarWorld w;
    std::string bytes(300'000, 'y');
    auto id = w.uploaded(bytes);
    w.far->break_off(100'000, 2);
    CHECK(w.download(id).text == bytes);
    CHECK(w.far->reads() == 3);
    CHECK(w.cached().size() == 1);
    auto other = w.uploaded("some other data");
    w.far->spoil();
    // Refused, or broken off before the last byte: never a whole answer.
    try {
        auto answer = w.download(other);
        CHECK(answer.status != 200);
    } catch (const EngineFailure&) {
    }
    w.state().cache->settle();
    CHECK(w.cached().size() == 1);
}

TEST_CASE("cache: without room, or without a cache, data is read from the store") {
    FarWorld w({"glance.image_cache_max_size=3"});
    auto id = w.uploaded("data");
    CHECK(w.download(id).text == "data");
    CHECK(w.cached().size() == 0);
    World none({"glance.image_cache_max_size=0"});
    none.use_fake_store().without_files();
    auto plain = none.image(none.one);
    CHECK(none.upload(plain, none.one, "data").status == 204);
    CHECK(none.get("/v2/images/" + plain + "/file", none.one).text == "data");
    CHECK(none.get("/v2/cache", none.admin).status == 404);
    auto versions = [](World& w) { return w.get("/versions", "").json.at("versions"); };
    CHECK(versions(none).as_array()[0].text("id") == "v2.17");
    CHECK(versions(w).as_array()[0].text("id") == "v2.18");
    CHECK(versions(w).size() == 19);
    CHECK(versions(none).size() == 16);
}

TEST_CASE("cache: administrators queue, see, clear and clean it") {
    FarWorld w;
    auto id = w.uploaded("data"), second = w.uploaded("more"), empty = w.image(w.one);
    CHECK(w.act("PUT", "/" + id, w.one).status == 403);
    CHECK(w.act("GET", "", w.one).status == 403);
    CHECK(w.act("PUT", "/" + std::string(36, '0')).status == 404);
    CHECK(w.act("PUT", "/" + empty).status == 400);
    CHECK(w.act("PUT", "/" + id).status == 202);
    w.state().cache->settle();
    CHECK(w.queued().size() == 0);
    CHECK(w.cached().size() == 1);
    // What cannot be read now stays queued.
    w.far->fail_at(FakeStore::At::read);
    CHECK(w.act("PUT", "/" + second).status == 202);
    w.state().cache->settle();
    CHECK(w.queued() == Json::array({second}));
    http::Headers target;
    target.set("x-image-cache-clear-target", "elsewhere");
    CHECK(w.act("DELETE", "", "", target).status == 400);
    target.set("x-image-cache-clear-target", "cache");
    CHECK(w.act("DELETE", "", "", target).status == 204);
    CHECK(w.queued().size() == 1);
    CHECK(w.cached().size() == 0);
    w.far->fail_at(FakeStore::At::nowhere);
    fill_queued(w.cloud.cloud()); // the next round
    w.state().cache->settle();
    CHECK(w.queued().size() == 0);
    CHECK(w.cached().size() == 1);
    w.far->fail_at(FakeStore::At::read);
    CHECK(w.act("PUT", "/" + id).status == 202);
    w.state().cache->settle();
    target.set("x-image-cache-clear-target", "queue");
    CHECK(w.act("DELETE", "", "", target).status == 204);
    CHECK(w.queued().size() == 0);
    CHECK(w.cached().size() == 1);
    CHECK(w.act("DELETE", "/" + second).status == 204);
    CHECK(w.cached().size() == 0);
    CHECK(w.act("DELETE", "/" + std::string(36, '0')).status == 404);
    w.far->fail_at(FakeStore::At::nowhere);
    w.download(id);
    // Its image has other data than the copy: no copy of it.
    write_as_cloud(w.cloud.cloud(), "test", [&](Context& context) {
        Image image = need(context.tx, images(), Scope::all(), id);
        image.os_hash_value = std::string(128, '0');
        store::update(context, image);
    });
    CHECK(w.act("POST", "/prune").json.integer("total_files_pruned") == 0);
    CHECK(w.act("POST", "/clean").json.integer("total_files_cleaned") == 1);
    CHECK(w.cached().size() == 0);
    CHECK(w.act("DELETE", "").status == 204);
    CHECK(w.cloud.cloud().db().read([](db::Tx& tx) { return store::cache_errors(tx); }).empty());
}
