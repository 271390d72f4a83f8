// SPDX-License-Identifier: Apache-2.0
// Metadata definitions over HTTP: namespaces and what stands in them, who sees and changes what.
#include "services/glance/store/metadefs.h"
#include "services/glance/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
const std::string spaces = "/v2/metadefs/namespaces";

Json definition(const char* title = "Policy", const char* type = "string") {
    return Json::object({{"title", title}, {"type", type}});
}
Json full_namespace(const std::string& name, const char* visibility = "public") {
    return Json::object(
        {{"namespace", name},
         {"display_name", "Pinning"},
         {"description", "Of processors"},
         {"visibility", visibility},
         {"resource_type_associations",
          Json::array({Json::object({{"name", "OS::Nova::Flavor"}, {"prefix", "hw:"}})})},
         {"properties", Json::object({{"cpu_policy", definition()}})},
         {"objects",
          Json::array({Json::object(
              {{"name", "Topology"},
               {"required", Json::array({"sockets"})},
               {"properties", Json::object({{"sockets", definition("S", "integer")}})}})})},
         {"tags", Json::array({Json::object({{"name", "fast"}})})}});
}
test::Answer put(World& w, const std::string& path, const Json& body) {
    return w.cloud.put("/image" + path, w.admin, body);
}
int del(World& w, const std::string& path, const std::string& token) {
    return w.cloud.del("/image" + path, token).status;
}
std::vector<std::string> names_of(const Json& list, const char* key = "name") {
    std::vector<std::string> out;
    for (auto& item : list.as_array()) out.push_back(item.text(key));
    return out;
}
using Names = std::vector<std::string>;
} // namespace

TEST_CASE("metadef namespace: made with its contents, shown, changed, deleted") {
    World w;
    auto made = w.post(spaces, w.admin, full_namespace("OS::A"));
    REQUIRE(made.status == 201);
    CHECK(made.headers.get("Location").find(spaces + "/OS%3A%3AA") != std::string::npos);
    CHECK(made.json.text("owner") == "admin-project");
    CHECK(made.json.text("self") == spaces + "/OS::A");
    Json shown = w.get(spaces + "/OS::A", w.one).json;
    CHECK(shown == made.json);
    CHECK(shown.at("properties").at("cpu_policy") == definition());
    CHECK(names_of(shown.at("objects")) == Names{"Topology"});
    CHECK(names_of(shown.at("tags")) == Names{"fast"});
    CHECK(shown.at("resource_type_associations").as_array().at(0).text("prefix") == "hw:");
    CHECK(w.post(spaces, w.admin, full_namespace("OS::A")).status == 409);

    // On things of a resource type the names have its prefix.
    Json flavor = w.get(spaces + "/OS::A?resource_type=OS::Nova::Flavor", w.one).json;
    CHECK(flavor.at("properties").has("hw:cpu_policy"));
    CHECK(flavor.at("objects").as_array().at(0).at("required") == Json::array({"hw:sockets"}));
    CHECK(flavor.at("objects").as_array().at(0).at("properties").has("hw:sockets"));

    auto changed =
        put(w, spaces + "/OS::A", Json::object({{"namespace", "OS::B"}, {"protected", true}}));
    REQUIRE(changed.status == 200);
    CHECK(changed.json.text("visibility") == "private");
    CHECK(!changed.json.has("display_name"));
    CHECK(w.get(spaces + "/OS::A", w.admin).status == 404);
    for (auto what : {"", "/objects", "/properties", "/tags", "/objects/Topology", "/tags/fast",
                      "/properties/cpu_policy", "/resource_types/OS::Nova::Flavor"})
        CHECK(del(w, spaces + "/OS::B" + what, w.admin) == 403);
    REQUIRE(put(w, spaces + "/OS::B", Json::object({{"namespace", "OS::B"}})).status == 200);
    for (auto what : {"objects", "properties", "tags"})
        CHECK(del(w, spaces + "/OS::B/" + what, w.admin) == 204);
    shown = w.get(spaces + "/OS::B", w.admin).json;
    for (auto what : {"objects", "properties", "tags"}) CHECK(!shown.has(what));
    CHECK(del(w, spaces + "/OS::B", w.admin) == 204);
    CHECK(w.get(spaces + "/OS::B", w.admin).status == 404);
    // Resource types outlive who named them.
    CHECK(names_of(w.get("/v2/metadefs/resource_types", w.one).json.at("resource_types")) ==
          Names{"OS::Nova::Flavor"});
    w.cloud.cloud().db().read([](db::Tx& tx) { CHECK(store::metadef_errors(tx).empty()); });
}

TEST_CASE("metadef namespaces: who sees which, pages and filters") {
    World w;
    for (int i = 0; i < 30; ++i) {
        Json body = full_namespace("ns" + std::to_string(i), i % 2 ? "public" : "private");
        if (i % 4 == 0) body["owner"] = "one";
        if (i % 3) body.erase("resource_type_associations");
        REQUIRE(w.post(spaces, w.admin, body).status == 201);
    }
    auto seen = [&](const std::string& token, const std::string& query = "") {
        Names out;
        std::string path = spaces + query;
        while (!path.empty()) {
            auto answer = w.get(path, token);
            REQUIRE(answer.status == 200);
            for (auto& name : names_of(answer.json.at("namespaces"), "namespace"))
                out.push_back(name);
            path = answer.json.text("next");
        }
        return out;
    };
    CHECK(seen(w.admin).size() == 30);
    CHECK(seen(w.admin).front() == "ns29");
    CHECK(seen(w.one, "?limit=4").size() == 15 + 8);
    CHECK(seen(w.two, "?limit=7").size() == 15);
    CHECK(seen(w.one, "?visibility=private&limit=3").size() == 8);
    CHECK(seen(w.admin, "?resource_types=OS::Nova::Flavor,OS::None").size() == 10);
    CHECK(seen(w.admin, "?sort_key=namespace&sort_dir=asc").front() == "ns0");
    CHECK(w.get(spaces + "?visibility=shared", w.admin).status == 400);
    CHECK(w.get(spaces + "?sort_key=nothing", w.admin).status == 400);
    CHECK(w.get(spaces + "?marker=nothing", w.admin).status == 404);
    CHECK(w.get(spaces + "/ns0", w.one).status == 200);
    CHECK(w.get(spaces + "/ns0", w.two).status == 404);
    CHECK(w.get(spaces + "/ns0/objects", w.two).status == 404);
    CHECK(w.get(spaces + "/ns0/objects", w.one).status == 200);
    // Changing is for administrators: forbidden where it is seen, absent where it is not.
    CHECK(w.post(spaces, w.one, full_namespace("mine")).status == 403);
    CHECK(del(w, spaces + "/ns0", w.one) == 403);
    CHECK(del(w, spaces + "/ns0", w.two) == 404);
    CHECK(w.post(spaces + "/ns1/tags/t", w.two, Json()).status == 403);
    CHECK(w.post(spaces + "/ns2/tags/t", w.two, Json()).status == 404);
}

TEST_CASE("metadef objects, properties, tags and associations") {
    World w;
    REQUIRE(w.post(spaces, w.admin, Json::object({{"namespace", "n"}})).status == 201);
    const std::string n = spaces + "/n";

    Json object = Json::object(
        {{"name", "o"}, {"properties", Json::object({{"p", definition("P", "number")}})}});
    auto made = w.post(n + "/objects", w.admin, object);
    REQUIRE(made.status == 201);
    CHECK(made.json.text("self") == n + "/objects/o");
    CHECK(w.post(n + "/objects", w.admin, object).status == 409);
    CHECK(w.get(n + "/objects/o", w.admin).json == made.json);
    CHECK(names_of(w.get(n + "/objects", w.admin).json.at("objects")) == Names{"o"});
    CHECK(put(w, n + "/objects/o", Json::object({{"name", "o2"}})).json.text("name") == "o2");
    CHECK(w.get(n + "/objects/o", w.admin).status == 404);
    CHECK(del(w, n + "/objects/o2", w.admin) == 204);

    Json property = definition("Size", "integer");
    property["name"] = "size";
    property["minimum"] = 1;
    CHECK(w.post(n + "/properties", w.admin, property).json == property);
    CHECK(w.post(n + "/properties", w.admin, property).status == 409);
    CHECK(w.get(n + "/properties", w.admin).json.at("properties").at("size") == property);
    REQUIRE(w.post(n + "/resource_types", w.admin, Json::object({{"name", "T"}, {"prefix", "x_"}}))
                .status == 201);
    CHECK(w.post(n + "/resource_types", w.admin, Json::object({{"name", "T"}})).status == 409);
    CHECK(w.get(n + "/properties/x_size?resource_type=T", w.admin).json == property);
    CHECK(w.get(n + "/properties/size?resource_type=T", w.admin).status == 404);
    CHECK(w.get(n + "/properties/size?resource_type=U", w.admin).status == 404);
    property["name"] = "bytes";
    CHECK(put(w, n + "/properties/size", property).json == property);
    CHECK(w.get(n + "/properties/bytes", w.admin).json == property);
    CHECK(del(w, n + "/properties/bytes", w.admin) == 204);
    CHECK(names_of(w.get(n + "/resource_types", w.admin).json.at("resource_type_associations")) ==
          Names{"T"});
    CHECK(del(w, n + "/resource_types/T", w.admin) == 204);
    CHECK(del(w, n + "/resource_types/T", w.admin) == 404);

    auto tags = [&](const char* append, std::initializer_list<const char*> names) {
        Json list = Json::array();
        for (auto name : names) list.push_back(Json::object({{"name", name}}));
        http::Headers headers;
        headers.set("X-Openstack-Append", append);
        return w.cloud
            .request("POST", "/image" + n + "/tags", w.admin, Json::object({{"tags", list}}),
                     headers)
            .status;
    };
    auto all = [&](const std::string& query = "?sort_key=name&sort_dir=asc") {
        return names_of(w.get(n + "/tags" + query, w.admin).json.at("tags"));
    };
    CHECK(tags("False", {"a", "b"}) == 201);
    CHECK(tags("True", {"c"}) == 201);
    CHECK(all() == Names{"a", "b", "c"});
    CHECK(tags("True", {"d", "c"}) == 409);
    CHECK(all() == Names{"a", "b", "c"});
    CHECK(all("?sort_key=name&sort_dir=asc&marker=a&limit=1") == Names{"b"});
    CHECK(tags("false", {"e"}) == 201);
    CHECK(all() == Names{"e"});
    CHECK(w.post(n + "/tags/e", w.admin, Json()).status == 409);
    CHECK(w.post(n + "/tags/f", w.admin, Json()).status == 201);
    CHECK(put(w, n + "/tags/f", Json::object({{"name", "e"}})).status == 409);
    CHECK(put(w, n + "/tags/f", Json::object({{"name", "g"}})).json.text("name") == "g");
    CHECK(w.get(n + "/tags/g", w.one).status == 404); // A private namespace.
    CHECK(del(w, n + "/tags/g", w.admin) == 204);
    CHECK(del(w, n + "/tags", w.admin) == 204);
    CHECK(all().empty());
}

TEST_CASE("metadefs: wrong bodies change nothing") {
    World w;
    REQUIRE(w.post(spaces, w.admin, Json::object({{"namespace", "n"}})).status == 201);
    auto refused = [&](const std::string& path, const char* body, int status = 400) {
        CAPTURE(body);
        CHECK(w.post(path, w.admin, Json::parse(body)).status == status);
    };
    refused(spaces, R"({})");
    refused(spaces, R"({"namespace": " "})");
    refused(spaces, R"({"namespace": 3})");
    refused(spaces, R"({"namespace": "m", "visibility": "shared"})");
    refused(spaces, R"({"namespace": "m", "other": 1})");
    refused(spaces, R"({"namespace": "m", "created_at": "2026-01-01T00:00:00Z"})", 403);
    refused(spaces, R"({"namespace": "m", "properties": {"a": {"title": "A"}}})");
    refused(spaces, R"({"namespace": "m", "tags": [{"name": "a"}, {"name": "a"}]})", 409);
    refused(spaces, R"({"namespace": "m", "objects": [{"name": "o", "properties": {"a": 1}}]})");
    refused(spaces + "/n/properties", R"({"name": "p", "title": "P", "type": "text"})");
    refused(spaces + "/n/properties", R"({"title": "P", "type": "string"})");
    refused(spaces + "/n/properties",
            R"({"name": "p", "title": "P", "type": "string", "minLength": -1})");
    refused(
        spaces + "/n/properties",
        R"({"name": "p", "title": "P", "type": "array", "items": {"enum": 1, "type": "string"}})");
    refused(spaces + "/n/objects", R"({"name": "o", "required": ["a", "a"]})");
    refused(spaces + "/n/tags", R"({"tags": [{"name": "a", "b": 1}]})");
    refused(spaces + "/n/resource_types", R"({"prefix": "a"})");
    CHECK(w.get(spaces, w.admin).json.at("namespaces").size() == 1);
    CHECK(w.get(spaces + "/n", w.admin).json.has("properties") == false);
}

TEST_CASE("metadefs: schemas describe what is served") {
    World w;
    Json schema = w.get("/v2/schemas/metadefs/namespace", w.one).json;
    REQUIRE(w.post(spaces, w.admin, full_namespace("n")).status == 201);
    Json shown = w.get(spaces + "/n", w.admin).json;
    for (auto& [name, value] : shown.as_object()) {
        CAPTURE(name);
        CHECK(schema.at("properties").has(name));
    }
    CHECK(schema.at("definitions").has("property"));
    for (std::string kind : {"object", "property", "tag", "resource_type"}) {
        CHECK(w.get("/v2/schemas/metadefs/" + kind, w.one).json.text("name") ==
              (kind == "resource_type" ? "resource_type_association" : kind));
        auto plural = kind == "property" ? std::string("properties") : kind + "s";
        CHECK(w.get("/v2/schemas/metadefs/" + plural, w.one).json.has("properties"));
    }
}
