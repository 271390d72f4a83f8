// SPDX-License-Identifier: Apache-2.0
// Paging, sorting and filtering over HTTP.
#include "services/glance/store/images.h"
#include "services/glance/test/world.h"

#include <doctest/doctest.h>
#include <set>

using namespace nephele;
using namespace nephele::glance;

namespace {
// Straight into the table: paging needs many, and their fields chosen.
void fill(World& w, int count) {
    write_as_cloud(w.cloud.cloud(), "test", [&](Context& context) {
        for (int i = 0; i < count; ++i) {
            Image image;
            image.id = context.new_uuid();
            image.name = "image-" + std::to_string(i % 10);
            image.owner = i % 2 ? "one" : "two";
            image.visibility = i % 4 < 2 ? Visibility::everybody : Visibility::owner_only;
            image.status = Status::active;
            image.size = i * 100;
            image.disk_format = i % 3 ? "raw" : "qcow2";
            image.properties = Json::object({{"group", std::to_string(i % 5)}});
            // Several of one moment: paging must not lose or repeat any.
            image.created_at = image.updated_at = Time{1'700'000'000'000'000}.plus_seconds(i / 7);
            store::insert(context, image);
        }
    });
}

// Follows the links from page to page.
std::vector<std::string> walk(World& w, const std::string& token, std::string path) {
    std::vector<std::string> ids;
    for (int page = 0; page < 1000 && !path.empty(); ++page) {
        auto answer = w.get(path, token);
        REQUIRE(answer.status == 200);
        for (auto& item : answer.json.at("images").as_array()) ids.push_back(item.text("id"));
        path = answer.json.text("next");
    }
    return ids;
}
} // namespace

TEST_CASE("list: pages hold every image once, in order") {
    World w;
    fill(w, 200);
    for (std::string query :
         {"", "?limit=7", "?limit=1000", "?limit=13&sort=name:asc,size:desc",
          "?limit=9&sort_key=disk_format&sort_dir=asc", "?limit=11&sort_dir=asc",
          "?limit=10&sort_key=name&sort_key=created_at&sort_dir=desc"}) {
        CAPTURE(query);
        auto ids = walk(w, w.one, "/v2/images" + query);
        CHECK(ids.size() == 150);
        CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 150);
        // The same order in one page; of repeated limits the last counts.
        std::string glue = query.empty() ? "?" : "&";
        CHECK(ids == w.list(w.one, query + glue + "limit=1000"));
    }
    CHECK(walk(w, w.admin, "/v2/images?limit=50").size() == 200);
}

TEST_CASE("list: newest first by default, 25 of them, with links") {
    World w;
    fill(w, 60);
    auto first = w.get("/v2/images?status=active", w.admin).json;
    auto& items = first.at("images").as_array();
    REQUIRE(items.size() == 25);
    for (std::size_t i = 1; i < items.size(); ++i)
        CHECK(items[i - 1].text("created_at") >= items[i].text("created_at"));
    CHECK(first.text("first") == "/v2/images?status=active");
    CHECK(first.text("next") == "/v2/images?status=active&marker=" + items[24].text("id"));
    CHECK(first.text("schema") == "/v2/schemas/images");
    CHECK(!w.get("/v2/images?limit=60", w.admin).json.has("next"));
    CHECK(w.list(w.admin, "?limit=0").empty());
    CHECK(w.list(w.admin, "?limit=5000").size() == 60);
}

TEST_CASE("list: filters") {
    World w;
    fill(w, 100);
    auto count = [&](const char* query) {
        CAPTURE(query);
        return w.list(w.admin, std::string("?limit=1000&") + query).size();
    };
    CHECK(count("name=image-3") == 10);
    CHECK(count("name=in:image-3,image-4") == 20);
    CHECK(count("name=in:%22image-3%22,image-4") == 20);
    CHECK(count("disk_format=qcow2") == 34);
    CHECK(count("owner=one") == 50);
    CHECK(count("visibility=private") == 50);
    CHECK(count("visibility=all") == 100);
    CHECK(count("status=in:active,queued") == 100);
    CHECK(count("status=queued") == 0);
    CHECK(count("size_min=5000") == 50);
    CHECK(count("size_min=1000&size_max=1900") == 10);
    CHECK(count("group=3") == 20);
    CHECK(count("group=3&name=image-3") == 10);
    CHECK(count("group=9") == 0);
    CHECK(count("nothing=3") == 0);
    CHECK(count("protected=false") == 100);
    CHECK(count("created_at=gte:2023-11-14T22:13:27Z") == 51);
    CHECK(count("created_at=lt:2023-11-14T22:13:27Z") == 49);
    CHECK(count("created_at=2023-11-14T22:13:27Z") == 7);
    CHECK(w.list(w.one, "?limit=1000&visibility=private").size() == 25);
    CHECK(w.list(w.one, "?limit=1000&owner=two").size() == 25);
}

TEST_CASE("list: wrong questions are answered with 400") {
    World w;
    for (std::string query :
         {"limit=-1", "limit=x", "marker=nothing", "sort_key=nothing", "sort=name:up",
          "sort_dir=up", "sort_key=tags", "visibility=some", "member_status=some", "size_min=x",
          "created_at=gt:x", "protected=maybe", "os_hidden=maybe", "min_disk=x",
          "sort_key=location"}) {
        CAPTURE(query);
        CHECK(w.get("/v2/images?" + query, w.one).status == 400);
    }
    CHECK(w.get("/v2/images", "").status == 401);
}

TEST_CASE("list: long property values are found as well") {
    World w;
    std::string value(5000, 'v');
    auto id = w.image(w.one, Json::object({{"long", value}}));
    CHECK(w.list(w.one, "?long=" + value) == std::vector{id});
    CHECK(w.list(w.one, "?long=" + value + "x").empty());
}
