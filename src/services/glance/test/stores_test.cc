// SPDX-License-Identifier: Apache-2.0
// Several stores: how they are configured, which one an upload goes to, and copies taken out again.
#include "platform/fault/fault.h"
#include "services/glance/drivers/http_store.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"
#include "services/glance/tasks/sweep.h"
#include "services/glance/test/store_contract.h"
#include "services/glance/test/web_origin.h"
#include "services/glance/test/world.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace nephele;
using namespace nephele::glance;

namespace {
std::string written(test::TempDir& dir, const std::string& text) {
    std::string path = dir.file("stores.yaml");
    std::ofstream(path) << text;
    return path;
}
std::string problem_of(const std::string& text) {
    test::TempDir dir("stores");
    Config config;
    config.declare({{"glance.stores_file", "", ""}});
    config.set("glance.stores_file=\"" + written(dir, text) + "\"");
    try {
        configured_stores(config);
    } catch (const Failure& failure) {
        std::string what = failure.what();
        return what.substr(what.find("stores.yaml:") + 12);
    }
    return "";
}
test::Answer upload_to(World& w, const std::string& id, const std::string& store) {
    http::Headers headers;
    headers.set("Content-Type", "application/octet-stream");
    headers.set("X-Image-Meta-Store", store);
    return w.cloud.raw("PUT", "/image/v2/images/" + id + "/file", w.one, "data", headers);
}
// A copy of the image's data in another store, as an import would make it.
void copy_to(World& w, const std::string& id, const std::string& store_id) {
    auto& stores = w.state().stores;
    auto& driver = *stores.find(store_id)->driver;
    write_as_cloud(w.cloud.cloud(), "test", [&](Context& context) {
        Image image = need(context.tx, images(), Scope::all(), id);
        std::string url = driver.new_location(new_object_name(id, context.new_hex()));
        auto writer = driver.create(url);
        writer->write("data");
        writer->finish();
        add_location(image, {.url = url, .store = store_id}, stores);
        store::update(context, image);
    });
}

/// A second and third store beside the default one.
struct ManyStores : World {
    ManyStores() {
        auto fast = std::make_unique<FakeStore>("fake://fast/");
        fast->without_files();
        this->fast = fast.get();
        state().stores.add({.id = "fast",
                            .type = "fake",
                            .description = "quick",
                            .weight = 10,
                            .driver = std::move(fast)});
        state().stores.add({.id = "old",
                            .type = "fake",
                            .read_only = true,
                            .driver = std::make_unique<FakeStore>("fake://old/")});
    }
    FakeStore* fast;
};
} // namespace

TEST_CASE("stores: what is wrong with the file is told with its line") {
    CHECK(problem_of("a: b\n") == "1: must be a list of stores");
    CHECK(problem_of("- id: a\n") == "1: a store of this type needs \"type\"");
    CHECK(problem_of("- id: a\n  type: tape\n").rfind("2: \"type\" must be one of file", 0) == 0);
    CHECK(problem_of("- id: a b\n  type: file\n") ==
          "1: \"id\" must be letters, digits, '_', '-' and '.'");
    CHECK(problem_of("- id: os_glance_x\n  type: file\n").rfind("1: \"id\"", 0) == 0);
    CHECK(problem_of("- id: a\n  type: file\n") ==
          "1: a store of type file needs \"directory\" or \"directories\"");
    CHECK(problem_of("- id: a\n  type: file\n  directory: /tmp\n  wieght: 3\n") ==
          "4: \"wieght\" is no option of such a store");
    CHECK(problem_of("- id: a\n  type: file\n  directory: /tmp\n  file_mode: '0888'\n") ==
          "4: \"file_mode\" must be octal");
    CHECK(problem_of("- id: a\n  type: file\n  directory: /tmp\n  file_mode: '0044'\n") ==
          "4: \"file_mode\" must let the owner read and write");
    CHECK(problem_of("- id: a\n  type: file\n  directory: /tmp\n  read_only: true\n") ==
          "1: a store that is not read-only must come first or be the default");
    CHECK(problem_of("- {id: a, type: file, directory: /tmp}\n- {id: a, type: file, directory: "
                     "/tmp}\n") == "2: \"id\" is used twice");
    CHECK(problem_of("- [\n").rfind("", 0) == 0);
}

TEST_CASE("stores: as configured they are told, to administrators with their particulars") {
    test::TempDir dir("stores");
    auto file =
        written(dir, "- id: slow\n  type: file\n  directory: " + dir.file("slow") +
                         "\n  description: big\n- id: fast\n  type: file\n  default: true\n"
                         "  weight: 7\n  directories:\n    - " +
                         dir.file("f1") + "\n    - {path: " + dir.file("f2") + ", priority: 2}\n");
    World w({"glance.stores_file=\"" + file + "\""});
    CHECK(w.get("/v2/info/stores", w.one).json ==
          Json::parse(R"({"stores": [{"id": "slow", "description": "big"},
                          {"id": "fast", "default": "true"}]})"));
    CHECK(w.get("/v2/info/stores/detail", w.one).status == 403);
    auto detail = w.get("/v2/info/stores/detail", w.admin).json.at("stores");
    CHECK(detail.as_array()[1].integer("weight") == 7);
    CHECK(detail.as_array()[0].at("properties").text("data_dir") == dir.file("slow"));
    auto made = w.create(w.one);
    CHECK(made.headers.get("OpenStack-image-store-ids") == "slow,fast");
    auto id = made.json.text("id");
    CHECK(w.upload(id, w.one, "data").status == 204);
    CHECK(w.show(id).text("stores") == "fast");
    CHECK(w.state().stores.find("fast")->driver->list().front().location.find("/f2/") !=
          std::string::npos);
}

TEST_CASE("stores: an upload goes where its header says") {
    ManyStores w;
    auto id = w.image(w.one), other = w.image(w.one);
    CHECK(upload_to(w, id, "nowhere").status == 400);
    CHECK(upload_to(w, id, "old").status == 410);
    CHECK(w.show(id).text("status") == "queued");
    CHECK(upload_to(w, id, "fast").status == 204);
    CHECK(w.show(id).text("stores") == "fast");
    CHECK(w.fast->list().size() == 1);
    CHECK(w.upload(other, w.one, "data").status == 204);
    CHECK(w.show(other).text("stores") == "local");
    // Read through the store's reader, whole and in part.
    auto whole = w.get("/v2/images/" + id + "/file", w.one);
    CHECK(whole.text == "data");
    CHECK(whole.headers.get("Content-Length") == "4");
    http::Headers range;
    range.set("Range", "bytes=1-2");
    auto part = w.cloud.raw("GET", "/image/v2/images/" + id + "/file", w.one, "", range);
    CHECK(part.status == 206);
    CHECK(part.text == "at");
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
    CHECK(w.fast->list().empty());
}

TEST_CASE("stores: the heaviest copy is read, and another when it cannot be") {
    ManyStores w;
    auto id = w.image(w.one);
    w.upload(id, w.one, "data");
    copy_to(w, id, "fast");
    CHECK(w.show(id).text("stores") == "fast,local");
    w.fast->fail_at(FakeStore::At::open);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "data");
    w.fast->fail_at(FakeStore::At::nowhere);
    for (auto& object : w.fast->list()) w.fast->remove(object.location, false);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "data");
}

TEST_CASE("stores: a copy is taken out of one store, never the last one") {
    ManyStores w;
    auto id = w.image(w.one);
    w.upload(id, w.one, "data");
    auto take = [&](const std::string& store, const std::string& token) {
        return w.cloud.del("/image/v2/stores/" + store + "/" + id, token).status;
    };
    CHECK(take("local", w.admin) == 403);
    CHECK(take("nowhere", w.admin) == 409);
    CHECK(take("local", w.two) == 404);
    copy_to(w, id, "fast");
    CHECK(take("local", w.one) == 403);
    CHECK(take("old", w.admin) == 404);
    CHECK(take("local", w.admin) == 204);
    CHECK(w.store().list().empty());
    CHECK(w.show(id).text("stores") == "fast");
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "data");
    CHECK(take("fast", w.admin) == 403);
    auto queued = w.image(w.one);
    CHECK(w.cloud.del("/image/v2/stores/fast/" + queued, w.admin).status == 409);
}

TEST_CASE("sweep: strays in every store go, also when one store is away") {
    ManyStores w;
    auto stray = [&](Store& store) {
        store
            .create(store.new_location(
                new_object_name("6ba7b810-9dad-41d1-80b4-00c04fd430c8", "01234567")))
            ->finish();
    };
    stray(w.store());
    stray(*w.fast);
    stray(*w.state().staging);
    w.fast->fail_at(FakeStore::At::list);
    CHECK(sweep(w.cloud.cloud()).objects == 2);
    w.fast->fail_at(FakeStore::At::remove);
    CHECK(sweep(w.cloud.cloud()).objects == 0);
    w.fast->fail_at(FakeStore::At::nowhere);
    CHECK(sweep(w.cloud.cloud()).objects == 1);
    CHECK(sweep(w.cloud.cloud()).objects == 0);
}

TEST_CASE("stores: options of the remote kinds") {
    CHECK(problem_of("- id: a\n  type: s3\n  endpoint: ftp://x\n") ==
          "3: \"endpoint\" must begin with http:// or https://");
    CHECK(problem_of("- id: a\n  type: s3\n  endpoint: http://x\n") ==
          "1: a store of this type needs \"bucket\"");
    CHECK(problem_of("- id: a\n  type: swift\n  auth_url: http://x\n  auth_version: 2\n") ==
          "4: \"auth_version\" must be 1 or 3");
    CHECK(problem_of("- id: a\n  type: rbd\n  chunk_mib: 64\n") ==
          "3: \"chunk_mib\" must be a number from 1 to 32");
    CHECK(problem_of("- id: a\n  type: http\n  allowed_networks: [nonsense]\n")
              .rfind("3: \"allowed_networks\" not a network", 0) == 0);
    // Nothing is connected to before it is used.
    CHECK(problem_of("- {id: a, type: rbd, config_file: /nonexistent}\n- {id: w, type: http}\n- "
                     "{id: o, type: swift, auth_url: 'http://127.0.0.1:1', user: u, key: k}\n- "
                     "{id: s, type: s3, endpoint: 'http://127.0.0.1:1', bucket: b, access_key: a, "
                     "secret_key: s}\n") == "");
}

TEST_CASE("stores: http is read and nothing else, and only where the site allows") {
    test::WebOrigin web;
    web.pages["/image"] = {200, "from the web", ""};
    auto store = http_store({"127.0.0.0/8"}, "");
    CHECK(test::content(*store, web.url("/image")) == "from the web");
    CHECK(test::content(*store, web.url("/absent")) == "(absent)");
    std::string part;
    store->open(web.url("/image")).reader->read(5, 3, [&](std::string_view piece) {
        part += piece;
        return true;
    });
    CHECK(part == "the");
    CHECK_THROWS_AS(store->create(web.url("/image")), StoreError);
    CHECK_THROWS_AS(store->remove(web.url("/image")), StoreError);
    CHECK_THROWS_AS(store->open("file:///etc/passwd"), StoreError);
    int before = web.requests;
    CHECK_THROWS_AS(http_store({}, "")->open(web.url("/image")), StoreError);
    CHECK(web.requests == before);
}
