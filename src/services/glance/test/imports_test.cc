// SPDX-License-Identifier: Apache-2.0
// Staging and importing: every method, every store, every refusal; the tasks that tell of it.
#include "services/glance/ops/operations.h"
#include "services/glance/store/images.h"
#include "services/glance/store/tasks.h"
#include "services/glance/tasks/expire_tasks.h"
#include "services/glance/tasks/sweep.h"
#include "services/glance/test/web_origin.h"
#include "services/glance/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
struct StillClock {
    ManualClock clock;
};
struct ImportWorld : StillClock, World {
    explicit ImportWorld(std::vector<std::string> more = {})
        : World(settings(std::move(more)), &clock) {
        auto add = [&](const char* id) {
            auto driver = std::make_unique<FakeStore>(std::string("fake://") + id + "/");
            driver->without_files();
            auto* pointer = driver.get();
            state().stores.add({.id = id, .type = "fake", .driver = std::move(driver)});
            return pointer;
        };
        fast = add("fast");
        far = add("far");
    }
    test::Answer stage(const std::string& id, const std::string& bytes,
                       const char* type = "application/octet-stream") {
        http::Headers headers;
        headers.set("Content-Type", type);
        return cloud.raw("PUT", "/image/v2/images/" + id + "/stage", one, bytes, headers);
    }
    test::Answer import(const std::string& id, const std::string& body, const std::string& token) {
        return post("/v2/images/" + id + "/import", token, Json::parse(body));
    }
    static std::vector<std::string> settings(std::vector<std::string> more) {
        more.insert(more.begin(), {"glance.import_allowed_ports=[]",
                                   "glance.import_allowed_networks=[\"127.0.0.0/8\"]"});
        return more;
    }
    /// Until no operation is left, retries and all.
    void settle() {
        for (int round = 0; round < 100; ++round) {
            cloud.settle();
            auto left = cloud.cloud().db().read([](db::Tx& tx) { return ops::unfinished(tx, 10); });
            if (left.empty()) return;
            clock.advance_ms(1000);
        }
        FAIL("an operation does not end");
    }
    /// Asks for the import and lets it end.
    Json imported(const std::string& id, const std::string& body) {
        auto answer = import(id, body, one);
        CHECK_MESSAGE(answer.status == 202, answer.text);
        settle();
        return show(id);
    }
    std::string staged(const std::string& bytes) {
        auto id = image(one);
        CHECK(stage(id, bytes).status == 204);
        return id;
    }
    Json tasks(const std::string& id) {
        return get("/v2/images/" + id + "/tasks", one).json.at("tasks");
    }
    std::size_t objects() {
        std::size_t count = state().staging->list().size();
        for (auto& store : state().stores.all()) count += store->driver->list().size();
        return count;
    }
    FakeStore *fast, *far;
};
std::string web_download(const std::string& uri, const std::string& more = "") {
    return R"({"method": {"name": "web-download", "uri": ")" + uri + "\"}" + more + "}";
}
constexpr const char* direct = R"({"method": {"name": "glance-direct"}})";
} // namespace

TEST_CASE("import: staged data becomes the image's") {
    ImportWorld w;
    auto id = w.image(w.one);
    CHECK(w.import(id, direct, w.one).status == 409);
    CHECK(w.stage(id, "x", "application/json").status == 415);
    CHECK(w.stage(id, "data").status == 204);
    CHECK(w.show(id).text("status") == "uploading");
    CHECK(w.show(id).integer("size") == 4);
    CHECK(w.stage(id, "again").status == 409);
    CHECK(w.upload(id, w.one, "other").status == 409);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).status == 204);
    CHECK(w.import(id, direct, w.two).status == 404);
    auto answer = w.import(id, direct, w.one);
    CHECK(answer.status == 202);
    CHECK(w.show(id).has("os_glance_import_task"));
    CHECK(w.import(id, direct, w.one).status == 409);
    w.settle();
    auto image = w.show(id);
    CHECK(image.text("status") == "active");
    CHECK(image.text("stores") == "local");
    CHECK(image.text("checksum") == "8d777f385d3dfec8815d20f7496026dc");
    CHECK(image.text("os_glance_importing_to_stores", "?") == "");
    CHECK(image.text("os_glance_failed_import", "?") == "");
    CHECK(!image.has("os_glance_import_task"));
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "data");
    CHECK(w.objects() == 1);
    CHECK(w.import(id, direct, w.one).status == 409);
    auto tasks = w.tasks(id);
    REQUIRE(tasks.size() == 1);
    auto& task = tasks.as_array()[0];
    CHECK(task.text("status") == "success");
    CHECK(task.text("type") == "api_image_import");
    CHECK(task.at("result").text("image_id") == id);
    CHECK(task.at("input").at("backend").as_array()[0] == Json("local"));
    CHECK(task.has("expires_at"));
}

TEST_CASE("import: bodies that say nothing sensible") {
    ImportWorld w;
    auto id = w.staged("data");
    for (
        auto* body :
        {"{}", R"({"method": 3})", R"({"method": {}})", R"({"method": {"name": "magic"}})",
         R"({"method": {"name": 4}})", R"({"method": {"name": "web-download"}})",
         R"({"method": {"name": "glance-direct"}, "all_stores": "yes"})",
         R"({"method": {"name": "glance-direct"}, "all_stores_must_succeed": 1})",
         R"({"method": {"name": "glance-direct"}, "stores": []})",
         R"({"method": {"name": "glance-direct"}, "stores": [1]})",
         R"({"method": {"name": "glance-direct"}, "stores": ["fast"], "all_stores": true})",
         R"({"method": {"name": "glance-download", "glance_region": "r", "glance_image_id": "x"}})",
         R"({"method": {"name": "glance-download"}})"}) {
        CAPTURE(body);
        CHECK(w.import(id, body, w.one).status == 400);
    }
    CHECK(
        w.import(id, R"({"method": {"name": "glance-direct"}, "stores": ["no"]})", w.one).status ==
        409);
    CHECK(w.import(id, R"({"method": {"name": "copy-image"}})", w.one).status == 409);
    CHECK(w.import(id, web_download("http://127.0.0.1/x"), w.one).status == 409);
    auto bare = w.post("/v2/images", w.one, Json::object()).json.text("id");
    CHECK(w.import(bare, web_download("http://127.0.0.1/x"), w.one).status == 409);
    CHECK(w.show(id).text("status") == "uploading");
    CHECK(w.tasks(id).size() == 0);
}

TEST_CASE("import: to several stores at once, and to all") {
    ImportWorld w;
    auto id = w.staged("data");
    auto image =
        w.imported(id, R"({"method": {"name": "glance-direct"}, "stores": ["fast", "far"]})");
    CHECK(image.text("stores") == "fast,far");
    CHECK(w.objects() == 2);
    auto all = w.staged("more");
    CHECK(w.imported(all, R"({"method": {"name": "glance-direct"}, "all_stores": true})")
              .text("stores") == "local,fast,far");
    CHECK(w.objects() == 5);
}

TEST_CASE("import: one store fails") {
    ImportWorld w;
    for (auto point : {FakeStore::At::create, FakeStore::At::write, FakeStore::At::rename}) {
        CAPTURE(static_cast<int>(point));
        w.far->fail_at(point);
        auto strict = w.staged("data");
        auto before = w.objects();
        auto image = w.imported(
            strict, R"({"method": {"name": "glance-direct"}, "stores": ["fast", "far"]})");
        CHECK(image.text("status") == "uploading");
        CHECK(image.text("os_glance_failed_import") == "far");
        CHECK(image.text("os_glance_importing_to_stores", "?") == "");
        CHECK(!image.has("stores"));
        CHECK(w.objects() == before);
        CHECK(w.tasks(strict).as_array()[0].text("status") == "failure");
        // The staged data is still there for another try.
        CHECK(w.imported(strict, R"({"method": {"name": "glance-direct"}, "stores":
                                   ["fast", "far"], "all_stores_must_succeed": false})")
                  .text("stores") == "fast");
        image = w.show(strict);
        CHECK(image.text("status") == "active");
        CHECK(image.text("os_glance_failed_import") == "far");
        CHECK(w.tasks(strict).size() == 2);
        CHECK(w.objects() == before);
        // None that must succeed, but one at least.
        auto nowhere = w.staged("data");
        CHECK(w.imported(nowhere, R"({"method": {"name": "glance-direct"}, "stores": ["far"],
                                     "all_stores_must_succeed": false})")
                  .text("status") == "uploading");
        CHECK(w.cloud.del("/image/v2/images/" + nowhere, w.one).status == 204);
        CHECK(w.objects() == before);
    }
}

TEST_CASE("import: what is refused goes away, and the image is queued") {
    ImportWorld w;
    auto id = w.image(w.one, Json::object({{"disk_format", "qcow2"}}));
    CHECK(w.stage(id, std::string(200'000, 'x')).status == 204);
    auto image = w.imported(id, direct);
    CHECK(image.text("status") == "queued");
    CHECK(w.tasks(id).as_array()[0].text("message").find("qcow2") != std::string::npos);
    sweep(w.cloud.cloud());
    CHECK(w.objects() == 0);
    CHECK(w.stage(id, "x").status == 204);
}

TEST_CASE("import: web-download") {
    test::WebOrigin web;
    web.pages["/image"] = {200, "from the web", ""};
    web.pages["/moved"] = {302, "", "/image"};
    web.pages["/broken"] = {500, "", ""};
    ImportWorld w;
    auto id = w.image(w.one);
    auto image = w.imported(id, web_download(web.url("/moved"), R"(, "stores": ["fast"])"));
    CHECK(image.text("status") == "active");
    CHECK(image.text("stores") == "fast");
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "from the web");
    CHECK(w.objects() == 1);
    auto absent = w.image(w.one);
    auto failed = w.imported(absent, web_download(web.url("/absent"), R"(, "stores": ["fast"])"));
    CHECK(failed.text("status") == "queued");
    CHECK(failed.text("os_glance_failed_import") == "fast");
    CHECK(failed.text("os_glance_importing_to_stores", "?") == "");
    CHECK(w.tasks(absent).as_array()[0].text("message").find("404") != std::string::npos);
    CHECK(w.objects() == 1);
}

TEST_CASE("import: where a web-download may not go") {
    test::WebOrigin web;
    web.pages["/image"] = {200, "data", ""};
    auto port = web.url("");
    port = port.substr(port.rfind(':'));
    web.pages["/away"] = {302, "", "http://localhost.invalid" + port + "/image"};
    web.pages["/inside"] = {302, "", "http://169.254.169.254/latest"};
    web.pages["/file"] = {302, "", "file:///etc/passwd"};
    ImportWorld w({"glance.import_disallowed_hosts=[\"forbidden.example\"]"});
    // At once, by the address alone.
    for (auto* uri : {"file:///etc/passwd", "ftp://127.0.0.1/x", "http://forbidden.example/x",
                      "http://user:pw@127.0.0.1/x", "http://127.0.0.1:0/x", "http:///x", "x",
                      "http://127.0.0.1:99999/x", "http://a b/", "http://127.0.0.1\\\\@evil/"}) {
        CAPTURE(uri);
        CHECK(w.import(w.image(w.one), web_download(uri), w.one).status == 400);
    }
    // By what it resolves to, or leads to. Spellings of an address are what they mean.
    int before = web.requests;
    ImportWorld closed({"glance.import_allowed_networks=[]"});
    for (auto& uri :
         {std::string("http://169.254.169.254/x"), std::string("http://10.0.0.1/x"),
          web.url("/image"), web.url("/image", "localhost"), web.url("/image", "2130706433"),
          web.url("/image", "0x7f000001"), web.url("/image", "127.1"),
          web.url("/image", "0177.0.0.1"), web.url("/image", "[::ffff:127.0.0.1]"),
          web.url("/image", "[::1]"), web.url("/image", "127.0.0.1.")}) {
        CAPTURE(uri);
        auto id = closed.image(closed.one);
        CHECK(closed.imported(id, web_download(uri)).text("status") == "queued");
        CHECK(closed.tasks(id).as_array()[0].text("status") == "failure");
    }
    CHECK(web.requests == before);
    CHECK(closed.objects() == 0);
    for (auto* path : {"/away", "/inside", "/file"}) {
        CAPTURE(path);
        CHECK(w.imported(w.image(w.one), web_download(web.url(path))).text("status") == "queued");
    }
    CHECK(w.objects() == 0);
    World ports;
    CHECK(ports
              .post("/v2/images/" + ports.image(ports.one) + "/import", ports.one,
                    Json::parse(web_download(web.url("/image"))))
              .status == 400);
}

TEST_CASE("import: a download that is too large leaves nothing") {
    test::WebOrigin web;
    web.pages["/image"] = {200, std::string(2000, 'x'), ""};
    ImportWorld w({"glance.image_size_cap=1000"});
    auto id = w.image(w.one);
    CHECK(w.imported(id, web_download(web.url("/image"))).text("status") == "queued");
    CHECK(w.objects() == 0);
    CHECK(w.stage(id, std::string(1001, 'x')).status == 413);
    CHECK(w.show(id).text("status") == "queued");
    CHECK(w.objects() == 0);
}

TEST_CASE("import: copies to more stores") {
    ImportWorld w;
    auto id = w.image(w.one);
    w.upload(id, w.one, "data");
    auto copy = [&](const char* rest) {
        return std::string(R"({"method": {"name": "copy-image"})") + rest + "}";
    };
    CHECK(w.import(id, copy(R"(, "stores": ["fast"])"), w.one).status == 403);
    CHECK(w.import(id, copy(R"(, "stores": ["local"])"), w.admin).status == 400);
    CHECK(w.import(id, copy(R"(, "stores": ["fast"])"), w.admin).status == 202);
    w.settle();
    CHECK(w.show(id).text("stores") == "local,fast");
    // From a store that is read through its reader, to those left.
    CHECK(w.cloud.del("/image/v2/stores/local/" + id, w.admin).status == 204);
    w.far->fail_at(FakeStore::At::write);
    CHECK(w.import(id, copy(R"(, "all_stores": true)"), w.admin).status == 202);
    w.settle();
    auto image = w.show(id);
    CHECK(image.text("stores") == "fast");
    CHECK(image.text("status") == "active");
    CHECK(image.text("os_glance_failed_import") == "far");
    CHECK(w.objects() == 1);
    w.far->fail_at(FakeStore::At::nowhere);
    CHECK(w.import(id, copy(R"(, "all_stores": true)"), w.admin).status == 202);
    w.settle();
    CHECK(w.show(id).text("stores") == "fast,local,far");
    CHECK(w.objects() == 3);
    // Everywhere already: nothing to do, and no task of it.
    auto tasks = w.tasks(id).size();
    CHECK(w.import(id, copy(R"(, "all_stores": true)"), w.admin).status == 202);
    CHECK(w.tasks(id).size() == tasks);
}

TEST_CASE("import: a copy whose source rotted is refused") {
    ImportWorld w;
    w.state().stores.standard().weight = -1;
    auto id = w.image(w.one);
    w.upload(id, w.one, "data");
    auto location = w.store().list().front().location;
    w.store().remove(location);
    auto writer = w.store().create(location);
    writer->write("dato");
    writer->finish();
    CHECK(
        w.import(id, R"({"method": {"name": "copy-image"}, "stores": ["fast"]})", w.admin).status ==
        202);
    w.settle();
    CHECK(w.show(id).text("stores") == "local");
    CHECK(w.tasks(id).as_array()[0].text("message").find("checksum") != std::string::npos);
    CHECK(w.fast->list().empty());
}

TEST_CASE("import: deleted while it waits, and nothing is left") {
    ImportWorld w;
    auto id = w.staged("data");
    CHECK(w.import(id, direct, w.one).status == 202);
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
    w.settle();
    CHECK(w.objects() == 0);
    auto staged = w.staged("data");
    CHECK(w.cloud.del("/image/v2/images/" + staged, w.one).status == 204);
    CHECK(w.objects() == 0);
}

TEST_CASE("stage: a store that fails, a client that breaks off, a process that died") {
    ImportWorld w;
    auto fake = std::make_unique<FakeStore>("fake://staging/");
    auto& staging = *fake;
    w.state().staging = std::move(fake);
    auto id = w.image(w.one);
    for (auto point : {FakeStore::At::create, FakeStore::At::write, FakeStore::At::rename}) {
        staging.fail_at(point, StoreError::Kind::full);
        CHECK(w.stage(id, "data").status == 413);
        CHECK(w.show(id).text("status") == "queued");
        CHECK(w.objects() == 0);
    }
    staging.fail_at(FakeStore::At::nowhere);
    // As after kill -9 in the middle.
    write_as_cloud(w.cloud.cloud(), "test", [&](Context& context) {
        Image image = need(context.tx, images(), Scope::all(), id);
        image.status = Status::uploading;
        image.staged = staging.new_location(new_object_name(id, context.new_hex()));
        image.upload_node = context.cloud.node();
        store::update(context, image);
    });
    CHECK(w.import(id, direct, w.one).status == 409);
    CHECK(sweep(w.cloud.cloud()).images == 1);
    CHECK(w.show(id).text("status") == "queued");
    CHECK(w.stage(id, "data").status == 204);
    CHECK(sweep(w.cloud.cloud()).images == 0);
    CHECK(w.imported(id, direct).text("status") == "active");
}

TEST_CASE("tasks: administrators import by them, see them, and never delete them") {
    test::WebOrigin web;
    web.pages["/image"] = {200, "data", ""};
    ImportWorld w;
    auto make = [&](const std::string& body) {
        return w.post("/v2/tasks", w.admin, Json::parse(body));
    };
    std::string good = R"({"type": "import", "input": {"import_from": ")" + web.url("/image") +
                       R"(", "import_from_format": "raw", "image_properties": {"name": "t"}}})";
    CHECK(w.post("/v2/tasks", w.one, Json::parse(good)).status == 403);
    auto made = make(good);
    REQUIRE(made.status == 201);
    CHECK(made.json.text("status") == "pending");
    auto id = made.json.text("id"), image = made.json.text("image_id");
    w.settle();
    auto shown = w.get("/v2/tasks/" + id, w.admin).json;
    CHECK(shown.text("status") == "success");
    CHECK(shown.at("result").text("image_id") == image);
    CHECK(w.show(image).text("status") == "active");
    CHECK(w.show(image).text("name") == "t");
    for (auto* bad :
         {R"({"type": "export", "input": {}})", R"({"type": "import", "input": {}})",
          R"({"type": "import"})", R"({"input": {}})", R"({"type": "import", "input": 3})",
          R"({"type": "import", "input": {"import_from": "file:///etc/passwd",
              "import_from_format": "raw", "image_properties": {}}})",
          R"({"type": "import", "input": {"import_from": "http://x/y",
              "import_from_format": "raw", "image_properties": {"disk_format": "qcow2"}}})",
          R"({"type": "api_image_import", "input": {"image_id": "x"}})"}) {
        CAPTURE(bad);
        CHECK(make(bad).status == 400);
    }
    // A failure takes the image along.
    auto failed = make(R"({"type": "import", "input": {"import_from": ")" + web.url("/absent") +
                       R"(", "import_from_format": "raw", "image_properties": {}}})");
    w.settle();
    CHECK(w.get("/v2/tasks/" + failed.json.text("id"), w.admin).json.text("status") == "failure");
    CHECK(w.get("/v2/images/" + failed.json.text("image_id"), w.admin).status == 404);
    auto staged = w.staged("more");
    auto api = make(R"({"type": "api_image_import", "input": {"image_id": ")" + staged +
                    R"(", "import_req": {"method": {"name": "glance-direct"}}}})");
    CHECK(api.status == 201);
    w.settle();
    CHECK(w.show(staged).text("status") == "active");

    auto all = w.get("/v2/tasks", w.admin).json;
    CHECK(all.at("tasks").size() == 3);
    CHECK(all.text("first") == "/v2/tasks");
    CHECK(!all.at("tasks").as_array()[0].has("input"));
    CHECK(w.get("/v2/tasks?status=failure", w.admin).json.at("tasks").size() == 1);
    CHECK(w.get("/v2/tasks?type=api_image_import", w.admin).json.at("tasks").size() == 1);
    CHECK(w.get("/v2/tasks?status=odd", w.admin).status == 400);
    CHECK(w.get("/v2/tasks?limit=1", w.admin).json.has("next"));
    CHECK(w.get("/v2/tasks", w.one).status == 403);
    auto refused = w.cloud.del("/image/v2/tasks/" + id, w.admin);
    CHECK(refused.status == 405);
    CHECK(w.get("/v2/tasks/" + image, w.admin).status == 404);
    CHECK(w.get("/v2/images/" + image + "/tasks", w.two).status == 404);
}

TEST_CASE("tasks: they expire after their end") {
    ManualClock clock;
    test::TestCloud cloud({glance::service()}, {}, false, {}, &clock);
    auto add = [&](const char* id, std::optional<Time> expires) {
        write_as_cloud(cloud.cloud(), "test", [&](Context& context) {
            ImageTask task{.id = id, .type = "import", .owner = "one"};
            task.expires_at = expires;
            task.created_at = task.updated_at = context.now;
            insert(context, image_tasks(), task);
        });
    };
    add("a", clock.now().plus_seconds(10));
    add("b", std::nullopt);
    auto left = [&] {
        expire_tasks_task().run(cloud.cloud());
        return cloud.cloud().db().read(
            [](db::Tx& tx) { return count(tx, image_tasks(), Scope::all()); });
    };
    CHECK(left() == 2);
    clock.advance_ms(11'000);
    CHECK(left() == 1);
}
