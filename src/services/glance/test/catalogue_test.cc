// SPDX-License-Identifier: Apache-2.0
// What a site says about images: property protections, schemas of properties, unified limits,
// metadata definitions from files.
#include "platform/fault/fault.h"
#include "services/glance/logic/image_schema.h"
#include "services/glance/logic/protections.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/store/metadefs.h"
#include "services/glance/test/world.h"
#include "services/keystone/service.h"
#include "tests/support/temp_dir.h"

#include <cstdio>
#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::glance;
using logic::PropertyAction;

namespace {
constexpr const char* by_role = R"(
# The first section that matches counts.
[^x_owner_]
create = admin, member
read = admin,member
update = admin
delete = !
[^public_]
create = @
read = @
update = @
delete = @
[^secret]
create = admin
read = admin
update = admin
delete = admin
[.*]
create = member
read = reader
update = member
delete = member
)";

std::string file_of(const test::TempDir& dir, const std::string& name, const std::string& text) {
    std::string path = dir.path() + "/" + name;
    FILE* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    return path;
}
std::string setting(const char* name, const std::string& value) {
    return std::string("glance.") + name + "=\"" + value + "\"";
}

// Registers unified limits of the image service.
void limit(test::TestCloud& cloud, const std::vector<std::pair<const char*, int>>& wanted) {
    std::string admin = cloud.admin();
    auto services = cloud.get("/identity/v3/services?type=image", admin).json.at("services");
    std::string service =
        services.as_array().empty()
            ? cloud
                  .post("/identity/v3/services", admin, Json::parse(R"({"service": {"type": "image",
                                                          "name": "glance"}})"))
                  .json.at("service")
                  .text("id")
            : services.as_array().at(0).text("id");
    Json limits = Json::array();
    for (auto& [name, value] : wanted)
        limits.push_back(Json::object(
            {{"service_id", service}, {"resource_name", name}, {"default_limit", value}}));
    REQUIRE(cloud
                .post("/identity/v3/registered_limits", admin,
                      Json::object({{"registered_limits", limits}}))
                .status == 201);
}
} // namespace

TEST_CASE("property protections: the first matching section decides") {
    auto rules = logic::Protections::parse(by_role, "p.conf", false);
    auto may = [&](PropertyAction action, const char* name, std::vector<std::string> roles) {
        return rules.permits(action, name, roles, [](const std::string&) { return false; });
    };
    CHECK(may(PropertyAction::create, "x_owner_a", {"Member"}));
    CHECK(!may(PropertyAction::update, "x_owner_a", {"member"}));
    CHECK(!may(PropertyAction::remove, "x_owner_a", {"admin"}));
    CHECK(may(PropertyAction::remove, "public_a", {}));
    CHECK(!may(PropertyAction::read, "secret", {"member"}));
    CHECK(may(PropertyAction::read, "other", {"reader"}));
    auto closed =
        logic::Protections::parse("[^a$]\ncreate=@\nread=@\nupdate=@\ndelete=@\n", "p", false);
    CHECK(!closed.permits(PropertyAction::read, "b", {"admin"}, {}));
    CHECK(logic::Protections().permits(PropertyAction::read, "b", {}, {}));
    auto ruled = logic::Protections::parse(
        "[.*]\ncreate=some_rule\nread=\nupdate=some_rule\ndelete=@\n", "p", true);
    auto passes = [](const std::string& rule) { return rule == "some_rule"; };
    CHECK(ruled.permits(PropertyAction::create, "a", {}, passes));
    CHECK(!ruled.permits(PropertyAction::read, "a", {}, passes));
    CHECK(ruled.permits(PropertyAction::remove, "a", {}, passes));
}

TEST_CASE("property protections: a wrong file is told with its line") {
    for (auto text : {"create = a\n", "[(]\n", "[a]\ncreate=b\n", "[a]\nnonsense\n",
                      "[a]\ncreate=@,!\nread=@\nupdate=@\ndelete=@\n"}) {
        CAPTURE(text);
        CHECK_THROWS_WITH_AS(logic::Protections::parse(text, "p.conf", false),
                             doctest::Contains("p.conf"), Failure);
    }
    CHECK_THROWS_AS(
        logic::Protections::parse("[a]\ncreate=b,c\nread=b\nupdate=b\ndelete=b\n", "p", true),
        Failure);
}

TEST_CASE("property protections hold for what an import takes over from another glance") {
    test::TempDir dir;
    World w({setting("property_protection_file", file_of(dir, "p.conf", by_role))});
    Image image;
    image.properties = Json::object({{"x_owner_a", "1"}});
    auto taken = [&](const char* name, std::vector<std::string> roles) {
        try {
            check_taken_properties(w.cloud.cloud(), image, Json::object({{name, "2"}}), "user",
                                   "one", roles);
            return 0;
        } catch (const Failure& failure) {
            return failure.status();
        }
    };
    CHECK(taken("plain", {"member"}) == 0);
    CHECK(taken("secret_a", {"member"}) == 403);
    CHECK(taken("secret_a", {"admin"}) == 0);
    CHECK(taken("x_owner_b", {"member"}) == 0);   // created
    CHECK(taken("x_owner_a", {"member"}) == 403); // changed
}

TEST_CASE("property protections over HTTP: create, read, update, delete") {
    test::TempDir dir;
    World w({setting("property_protection_file", file_of(dir, "p.conf", by_role))});
    CHECK(w.create(w.one, Json::object({{"secret_a", "1"}})).status == 403);
    auto id = w.image(w.one, Json::object({{"x_owner_a", "1"}, {"plain", "p"}}));
    REQUIRE(w.patch(id, w.admin, R"([{"op": "add", "path": "/secret_a", "value": "s"}])").status ==
            200);
    auto shown = w.get("/v2/images/" + id, w.one).json;
    CHECK(shown.text("x_owner_a") == "1");
    CHECK(!shown.has("secret_a"));
    CHECK(w.show(id).text("secret_a") == "s");
    CHECK(!w.get("/v2/images", w.one).json.at("images").as_array().at(0).has("secret_a"));
    CHECK(w.list(w.one, "?secret_a=s").empty());
    CHECK(w.list(w.one, "?plain=p").size() == 1);
    for (auto patch : {R"([{"op": "replace", "path": "/x_owner_a", "value": "2"}])",
                       R"([{"op": "remove", "path": "/x_owner_a"}])",
                       R"([{"op": "add", "path": "/secret_a", "value": "t"}])",
                       R"([{"op": "remove", "path": "/secret_a"}])"}) {
        CAPTURE(patch);
        CHECK(w.patch(id, w.one, patch).status == 403);
    }
    CHECK(w.patch(id, w.one, R"([{"op": "replace", "path": "/plain", "value": "q"}])").status ==
          200);
    // What is hidden from who changes the image stays.
    CHECK(w.show(id).text("secret_a") == "s");
    CHECK(w.show(id).text("x_owner_a") == "1");
}

TEST_CASE("a site's schema of properties") {
    test::TempDir dir;
    World w({setting("schema_image_file",
                     file_of(dir, "schema-image.json",
                             R"({"kernel_id": {"type": ["null", "string"], "pattern": "^[0-9]+$"},
                                 "policy": {"type": "string", "enum": ["a", "b"]}})"))});
    auto schema = w.get("/v2/schemas/image", w.one).json.at("properties");
    CHECK(schema.at("policy").at("is_base") == Json(false));
    CHECK(w.create(w.one, Json::object({{"kernel_id", "x"}})).status == 400);
    auto id = w.image(w.one, Json::object({{"kernel_id", "7"}, {"policy", "a"}}));
    CHECK(w.patch(id, w.one, R"([{"op": "replace", "path": "/policy", "value": "c"}])").status ==
          400);
    CHECK(w.patch(id, w.one, R"([{"op": "replace", "path": "/policy", "value": "b"}])").status ==
          200);
    CHECK_THROWS_AS(logic::read_image_schema("[]", "f"), Failure);
    CHECK_THROWS_AS(logic::read_image_schema(R"({"a": {"pattern": "("}})", "f"), Failure);
}

TEST_CASE("unified limits: usage, and 413 over a limit") {
    test::TestCloud cloud({keystone::service(), glance::service()},
                          {"keystone.password_hash_rounds=4", "keystone.admin_password=\"x\"",
                           "glance.use_keystone_limits=true"});
    cloud.use_made_up_tokens();
    std::string admin = cloud.admin(), one = cloud.token("one");
    CHECK(cloud.get("/image/v2/info/usage", one).json.at("usage").at("image_count_total") ==
          Json::object({{"usage", 0}, {"limit", -1}}));
    limit(cloud, {{"image_count_total", 2}, {"image_size_total", 1}, {"image_count_uploading", 1}});
    Json body = Json::object({{"disk_format", "raw"}, {"container_format", "bare"}});
    auto id = cloud.post("/image/v2/images", one, body).json.text("id");
    CHECK(cloud.post("/image/v2/images", one, body).status == 201);
    CHECK(cloud.post("/image/v2/images", one, body).status == 413);
    CHECK(cloud.post("/image/v2/images", cloud.token("two"), body).status == 201);
    auto upload = [&](const std::string& bytes) {
        http::Headers headers;
        headers.set("Content-Type", "application/octet-stream");
        return cloud.raw("PUT", "/image/v2/images/" + id + "/file", one, bytes, headers).status;
    };
    CHECK(upload(std::string((1 << 20) + 1, '\1')) == 413);
    CHECK(upload(std::string(1 << 20, '\1')) == 204);
    auto usage = cloud.get("/image/v2/info/usage", one).json.at("usage");
    CHECK(usage.at("image_count_total") == Json::object({{"usage", 2}, {"limit", 2}}));
    CHECK(usage.at("image_size_total") == Json::object({{"usage", 1}, {"limit", 1}}));
    CHECK(usage.at("image_stage_total") == Json::object({{"usage", 0}, {"limit", -1}}));
}

TEST_CASE("unified limits hold for staging, importing and tasks") {
    test::TestCloud cloud({keystone::service(), glance::service()},
                          {"keystone.password_hash_rounds=4", "keystone.admin_password=\"x\"",
                           "glance.use_keystone_limits=true"});
    cloud.use_made_up_tokens();
    std::string admin = cloud.admin(), one = cloud.token("one");
    limit(cloud, {{"image_count_total", 3}, {"image_size_total", 1}, {"image_stage_total", 2}});
    Json body = Json::object({{"disk_format", "raw"}, {"container_format", "bare"}});
    auto create = [&] { return cloud.post("/image/v2/images", one, body).json.text("id"); };
    auto stage = [&](const std::string& id, std::size_t bytes) {
        http::Headers headers;
        headers.set("Content-Type", "application/octet-stream");
        return cloud
            .raw("PUT", "/image/v2/images/" + id + "/stage", one, std::string(bytes, '\1'), headers)
            .status;
    };
    auto import = [&](const std::string& id, const char* request) {
        return cloud.post("/image/v2/images/" + id + "/import", one, Json::parse(request)).status;
    };
    auto big = create(), second = create();
    CHECK(stage(big, (2 << 20) + 1) == 413);
    CHECK(stage(big, 2 << 20) == 204);
    CHECK(stage(second, 1) == 413); // staging is full
    CHECK(cloud.get("/image/v2/info/usage", one).json.at("usage").at("image_stage_total") ==
          Json::object({{"usage", 2}, {"limit", 2}}));
    const char* fetch = R"({"method": {"name": "web-download", "uri": "http://example.com/i"}})";
    CHECK(import(second, fetch) == 413);
    // Two MiB are staged, one may be kept.
    CHECK(import(big, R"({"method": {"name": "glance-direct"}})") == 202);
    cloud.settle();
    CHECK(cloud.get("/image/v2/images/" + big, one).json.text("status") != "active");
    Json task = Json::parse(R"({"type": "import", "input": {"import_from": "http://example.com/i",
        "import_from_format": "raw", "image_properties": {"name": "x"}}})");
    limit(cloud, {{"image_count_uploading", 0}});
    CHECK(cloud.post("/image/v2/tasks", admin, task).status == 413);
    CHECK(cloud.get("/image/v2/images?name=x", admin).json.at("images").size() == 0);
}

TEST_CASE("metadata definitions from files: what is missing is added, the rest stays") {
    test::TempDir dir;
    file_of(dir, "a.json", R"({"namespace": "OS::A", "visibility": "public", "protected": true,
        "resource_type_associations": [{"name": "OS::Glance::Image", "prefix": "hw_"}],
        "properties": {"p": {"title": "P", "type": "integer", "default": 1}}})");
    file_of(dir, "README", "no definition");
    World w({setting("metadefs_directory", dir.path())});
    Json shown = w.get("/v2/metadefs/namespaces/OS::A", w.one).json;
    CHECK(shown.text("owner") == "admin");
    CHECK(shown.at("properties").has("p"));
    auto load = [&] {
        return write_as_cloud(w.cloud.cloud(), "test",
                              [&](Context& context) { return load_metadefs(context, dir.path()); });
    };
    CHECK(load().kept == 1);
    file_of(dir, "b.json", R"({"namespace": "OS::B"})");
    CHECK(load().added == 1);
    file_of(dir, "c.json", R"({"namespace": "OS::C"})");
    file_of(dir, "d.json", R"({"namespace": "OS::D", "objects": 3})");
    CHECK_THROWS_WITH_AS(load(), doctest::Contains("d.json"), Failure);
    CHECK(w.get("/v2/metadefs/namespaces/OS::C", w.admin).status == 404);
}
