// SPDX-License-Identifier: Apache-2.0
#include "services/glance/client.h"
#include "services/glance/store/images.h"
#include "services/glance/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::glance;

TEST_CASE("glance: the schema is what the shapes say") {
    World w;
    CHECK(test::schema_problems(w.cloud) == std::vector<std::string>{});
}

TEST_CASE("glance: versions are listed without a token") {
    World w;
    auto root = w.get("/", "");
    CHECK(root.status == 300);
    auto& versions = root.json.at("versions").as_array();
    CHECK(versions[0].text("status") == "CURRENT");
    CHECK(versions[0].at("links").as_array()[0].text("href") == w.cloud.url() + "/image/v2/");
    CHECK(w.get("/versions", "").status == 200);
}

TEST_CASE("glance: create, upload, show, list, download, delete") {
    World w;
    auto made = w.create(w.one, Json::object({{"name", "disk"}, {"colour", "red"}}));
    REQUIRE(made.status == 201);
    std::string id = made.json.text("id");
    CHECK(made.headers.get("Location") == w.cloud.url() + "/image/v2/images/" + id);
    CHECK(made.json.text("status") == "queued");
    CHECK(made.json.text("visibility") == "shared");
    CHECK(made.json.text("owner") == "one");
    CHECK(made.json.text("colour") == "red");
    CHECK(made.json.get("size").is_null());
    CHECK(made.json.text("self") == "/v2/images/" + id);
    CHECK(made.json.text("file") == "/v2/images/" + id + "/file");
    CHECK(made.json.text("schema") == "/v2/schemas/image");
    CHECK(!made.json.has("location"));
    CHECK(w.get("/v2/images/" + id + "/file", w.one).status == 204);

    std::string bytes(100'000, 'x');
    CHECK(w.upload(id, w.one, bytes).status == 204);
    auto shown = w.get("/v2/images/" + id, w.one).json;
    CHECK(shown.text("status") == "active");
    CHECK(shown.integer("size") == 100'000);
    CHECK(shown.integer("virtual_size") == 100'000);
    CHECK(shown.text("checksum").size() == 32);
    CHECK(shown.text("os_hash_algo") == "sha512");
    CHECK(shown.text("os_hash_value").size() == 128);
    CHECK(w.list(w.one) == std::vector{id});

    auto data = w.get("/v2/images/" + id + "/file", w.one);
    CHECK(data.status == 200);
    CHECK(data.text == bytes);
    CHECK(data.headers.get("Content-MD5") == shown.text("checksum"));
    CHECK(data.headers.get("Content-Type") == "application/octet-stream");

    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
    CHECK(w.get("/v2/images/" + id, w.one).status == 404);
    CHECK(w.state().store->list().empty());
    CHECK(w.list(w.one).empty());
}
