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
    CHECK(w.store().list().empty());
    CHECK(w.list(w.one).empty());
}

TEST_CASE("glance: a create says what is wrong with it") {
    World w;
    auto status = [&](const char* body) {
        CAPTURE(body);
        return w.post("/v2/images", w.one, Json::parse(body)).status;
    };
    CHECK(status(R"({"name":5})") == 400);
    CHECK(status(R"({"disk_format":"exe"})") == 400);
    CHECK(status(R"({"container_format":"box"})") == 400);
    CHECK(status(R"({"visibility":"secret"})") == 400);
    CHECK(status(R"({"min_disk":-1})") == 400);
    CHECK(status(R"({"protected":"yes"})") == 400);
    CHECK(status(R"({"tags":"a"})") == 400);
    CHECK(status(R"({"tags":[5]})") == 400);
    CHECK(status(R"({"colour":5})") == 400);
    CHECK(status(R"({"colour":null})") == 400);
    CHECK(status(R"({"id":"not-a-uuid"})") == 400);
    CHECK(status(R"({"":"x"})") == 400);
    CHECK(status(R"([])") == 400);
    CHECK(status(R"({"status":"active"})") == 403);
    CHECK(status(R"({"size":5})") == 403);
    CHECK(status(R"({"location":"file:///etc/shadow"})") == 403);
    CHECK(status(R"({"os_glance_x":"y"})") == 403);
    CHECK(status(R"({"owner":"two"})") == 403);
    CHECK(status(R"({"visibility":"public"})") == 403);
    CHECK(w.list(w.admin).empty());
    CHECK(status(R"({})") == 201);
    CHECK(status(R"({"name":null,"disk_format":null,"visibility":"community"})") == 201);
    CHECK(w.post("/v2/images", w.cloud.token("one", {"reader"}), Json::object()).status == 403);
    CHECK(w.post("/v2/images", "", Json::object()).status == 401);
}

TEST_CASE("glance: a chosen id is kept and may be used once") {
    World w;
    Json body = Json::object({{"id", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}});
    CHECK(w.image(w.one, body) == "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    CHECK(w.create(w.one, body).status == 409);
    CHECK(w.create(w.two, body).status == 409);
}

TEST_CASE("glance: administrators give images to other projects and to everybody") {
    World w;
    auto id = w.image(w.admin, Json::object({{"owner", "one"}, {"visibility", "public"}}));
    CHECK(w.show(id).text("owner") == "one");
    CHECK(w.list(w.two) == std::vector{id});
    CHECK(w.patch(id, w.admin, R"([{"op":"replace","path":"/owner","value":"two"}])").status ==
          200);
    CHECK(w.show(id).text("owner") == "two");
}

TEST_CASE("glance: patch over HTTP") {
    World w;
    auto id = w.image(w.one, Json::object({{"name", "old"}, {"colour", "red"}}));
    auto patched = w.patch(id, w.one, R"([{"op":"replace","path":"/name","value":"new"},
                                          {"op":"remove","path":"/colour"},
                                          {"op":"add","path":"/shape","value":"round"}])");
    CHECK(patched.status == 200);
    CHECK(patched.json.text("name") == "new");
    CHECK(patched.json.text("shape") == "round");
    CHECK(!patched.json.has("colour"));
    CHECK(w.list(w.one, "?shape=round") == std::vector{id});
    CHECK(w.list(w.one, "?colour=red").empty());
    // All or nothing.
    CHECK(w.patch(id, w.one, R"([{"op":"replace","path":"/name","value":"newer"},
                                 {"op":"replace","path":"/size","value":1}])")
              .status == 403);
    CHECK(w.show(id).text("name") == "new");
    CHECK(
        w.patch(id, w.one, R"([{"op":"replace","path":"/visibility","value":"public"}])").status ==
        403);
    CHECK(w.show(id).text("visibility") == "shared");
    auto wrong = w.cloud.patch("/image/v2/images/" + id, w.one, Json::array());
    CHECK(wrong.status == 415);
    CHECK(wrong.headers.get("Accept-Patch").find("v2.1-json-patch") != std::string::npos);
    CHECK(w.patch(id, w.one, "{").status == 400);
    CHECK(w.patch("6ba7b810-9dad-41d1-80b4-00c04fd430c9", w.one, "[]").status == 404);
}

TEST_CASE("glance: protected images stay, hidden ones are not listed") {
    World w;
    auto id = w.image(w.one, Json::object({{"protected", true}, {"os_hidden", true}}));
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 403);
    CHECK(w.list(w.one).empty());
    CHECK(w.list(w.one, "?os_hidden=true") == std::vector{id});
    CHECK(w.get("/v2/images/" + id, w.one).status == 200);
    w.patch(id, w.one, R"([{"op":"replace","path":"/protected","value":false}])");
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 404);
}

TEST_CASE("glance: tags are added and removed one by one") {
    World w({"glance.image_tag_quota=2"});
    auto id = w.image(w.one);
    std::string path = "/image/v2/images/" + id + "/tags/";
    CHECK(w.cloud.put(path + "a%20b", w.one, Json()).status == 204);
    CHECK(w.cloud.put(path + "a%20b", w.one, Json()).status == 204);
    CHECK(w.cloud.put(path + "second", w.one, Json()).status == 204);
    CHECK(w.cloud.put(path + "third", w.one, Json()).status == 413);
    CHECK(w.cloud.put(path + std::string(256, 'x'), w.one, Json()).status == 400);
    CHECK(w.show(id).at("tags").size() == 2);
    CHECK(w.list(w.one, "?tag=a%20b&tag=second") == std::vector{id});
    CHECK(w.list(w.one, "?tag=second&tag=other").empty());
    CHECK(w.cloud.del(path + "second", w.one).status == 204);
    CHECK(w.cloud.del(path + "second", w.one).status == 404);
    CHECK(w.cloud.put(path + "x", w.two, Json()).status == 404);
}

TEST_CASE("glance: deactivated data is for administrators") {
    World w;
    auto id = w.image(w.one);
    auto act = [&](const char* action, const std::string& token) {
        return w.post("/v2/images/" + id + "/actions/" + action, token, Json()).status;
    };
    CHECK(act("deactivate", w.one) == 403);
    CHECK(w.upload(id, w.one, "data").status == 204);
    CHECK(act("deactivate", w.two) == 404);
    CHECK(act("deactivate", w.one) == 204);
    CHECK(act("deactivate", w.one) == 204);
    CHECK(w.show(id).text("status") == "deactivated");
    CHECK(w.get("/v2/images/" + id + "/file", w.one).status == 403);
    CHECK(w.get("/v2/images/" + id + "/file", w.admin).text == "data");
    CHECK(act("reactivate", w.one) == 204);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "data");
}

TEST_CASE("glance: ranges and HEAD of the data") {
    World w;
    auto id = w.image(w.one);
    w.upload(id, w.one, "0123456789");
    auto get = [&](const char* range, const char* method = "GET") {
        http::Headers headers;
        headers.set("Range", range);
        return w.cloud.request(method, "/image/v2/images/" + id + "/file", w.one, Json(), headers);
    };
    auto part = get("bytes=2-4");
    CHECK(part.status == 206);
    CHECK(part.text == "234");
    CHECK(part.headers.get("Content-Range") == "bytes 2-4/10");
    CHECK(!part.headers.find("Content-MD5"));
    CHECK(get("bytes=-3").text == "789");
    auto outside = get("bytes=10-");
    CHECK(outside.status == 416);
    CHECK(outside.headers.get("Content-Range") == "bytes */10");
    auto head = get("", "HEAD");
    CHECK(head.status == 200);
    CHECK(head.text.empty());
    CHECK(head.headers.get("Content-Length") == "10");
}

TEST_CASE("glance: errors come as the client accepts them") {
    World w;
    auto error = [&](const char* accept) {
        http::Headers headers;
        if (*accept) headers.set("Accept", accept);
        return w.cloud.request("GET", "/image/v2/images/<no>", w.one, Json(), headers);
    };
    for (auto accept : {"", "*/*", "text/html", "application/json;q=0.5, text/html"}) {
        auto html = error(accept);
        CHECK(html.status == 404);
        CHECK(html.headers.get("Content-Type") == "text/html; charset=UTF-8");
        CHECK(html.text.find("<h1>404 Not Found</h1>") != std::string::npos);
        CHECK(html.text.find("No image found with ID &lt;no&gt;<br /><br />") != std::string::npos);
    }
    auto json = error("application/json");
    CHECK(json.json.text("message") == "No image found with ID <no>");
    CHECK(json.json.text("code") == "404 Not Found");
    CHECK(error("image/png").headers.get("Content-Type") == "text/plain; charset=UTF-8");
    auto unknown = w.cloud.get("/image/v2/images", "no-such-token");
    CHECK(unknown.status == 401);
    CHECK(unknown.json.at("error").integer("code") == 401);
}

TEST_CASE("glance: an empty id is no image") {
    World w;
    CHECK(w.get("/v2/images/", w.one).status == 404);
    CHECK(w.cloud.del("/image/v2/images/", w.one).status == 404);
    CHECK(w.get("/", w.one).status == 300);
}

TEST_CASE("glance: schemas say what the API answers") {
    World w;
    auto image = w.get("/v2/schemas/image", w.one).json;
    auto shown = w.show(w.image(w.one));
    for (auto& [name, value] : shown.as_object()) {
        CAPTURE(name);
        REQUIRE(image.at("properties").has(name));
    }
    auto& properties = image.at("properties");
    // What only some images and sites show.
    for (auto* name : {"stores", "direct_url", "locations"}) CHECK(properties.has(name));
    CHECK(properties.size() == shown.size() + 3);
    CHECK(properties.at("status").boolean("readOnly"));
    CHECK(properties.at("visibility").at("enum").size() == 4);
    CHECK(properties.at("name").at("type").is_array());
    CHECK(w.get("/v2/schemas/images", w.one).json.at("properties").has("images"));
    CHECK(w.get("/v2/schemas/member", w.one).json.at("properties").has("member_id"));
    CHECK(w.get("/v2/schemas/members", w.one).json.text("name") == "members");
    CHECK(w.get("/v2/schemas/image", "").status == 401);
    CHECK(w.get("/v2/info/import", w.one).json.at("import-methods").at("value").size() == 4);
}

TEST_CASE("glance: the client tells nova what it must know") {
    World w;
    auto id = w.image(
        w.one,
        Json::object(
            {{"name", "disk"}, {"min_disk", 3}, {"min_ram", 64}, {"hw_disk_bus", "virtio"}}));
    auto look = [&](const Scope& scope) {
        return w.cloud.cloud().db().read([&](db::Tx& tx) { return find_image(tx, scope, id); });
    };
    CHECK(look(Scope::project("one"))->path == "");
    w.upload(id, w.one, "bytes");
    auto facts = look(Scope::project("one"));
    REQUIRE(facts);
    CHECK(facts->status == "active");
    CHECK(facts->inspected_format == "raw");
    CHECK(facts->size == 5);
    CHECK(facts->min_disk == 3);
    CHECK(facts->min_ram == 64);
    CHECK(facts->properties.text("hw_disk_bus") == "virtio");
    auto objects = w.store().list();
    REQUIRE(objects.size() == 1);
    CHECK("file://" + facts->path == objects[0].location);
    CHECK(facts->path.find("/images/" + id + "-") != std::string::npos);
    CHECK(look(Scope::all()));
    CHECK(!look(Scope::project("two")));
    w.patch(id, w.one, R"([{"op":"replace","path":"/visibility","value":"community"}])");
    CHECK(look(Scope::project("two")));
}
