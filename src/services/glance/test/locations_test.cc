// SPDX-License-Identifier: Apache-2.0
// Locations: what is shown of them, what a patch may do to them, and the locations API.
#include "platform/operation/sweep.h"
#include "services/glance/drivers/http_store.h"
#include "services/glance/drivers/sandbox.h"
#include "services/glance/ops/add_location.h"
#include "services/glance/ops/operations.h"
#include "services/glance/ops/sandboxed.h"
#include "services/glance/store/images.h"
#include "services/glance/store/tasks.h"
#include "services/glance/test/web_origin.h"
#include "services/glance/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
constexpr const char* md5_of_data = "8d777f385d3dfec8815d20f7496026dc";

test::WebOrigin& web() {
    static test::WebOrigin origin;
    static std::once_flag once;
    std::call_once(once, [] {
        origin.pages["/image"] = {200, "data", ""};
        origin.pages["/other"] = {200, "more data", ""};
        origin.pages["/empty"] = {200, "", ""};
        origin.pages["/inside"] = {302, "", "http://10.0.0.1/"};
        origin.pages["/broken"] = {200, std::string("QFI\xfb\0\0\0\3 rubbish", 16), ""};
    });
    return origin;
}

void add_web_store(State& state) {
    state.stores.add({.id = "web",
                      .type = "http",
                      .read_only = true,
                      .driver = http_store({"127.0.0.0/8"}, "")});
}

struct LocationWorld : World {
    explicit LocationWorld(std::vector<std::string> more = {"glance.show_multiple_locations=true",
                                                            "glance.show_image_direct_url=true"},
                           const Clock* clock = nullptr)
        : World(std::move(more), clock) {
        add_web_store(state());
    }
    test::Answer change(const std::string& id, const std::string& token, const char* op,
                        const std::string& path, const Json& value = Json()) {
        Json operation = Json::object({{"op", op}, {"path", path}});
        if (!value.is_null()) operation["value"] = value;
        return patch(id, token, Json::array({operation}).dump().c_str());
    }
    test::Answer add(const std::string& id, const std::string& url, Json more = Json::object()) {
        Json location = Json::object({{"url", url}, {"metadata", Json::object({{"foo", "bar"}})}});
        for (auto& [name, value] : more.as_object()) location[name] = value;
        return change(id, one, "add", "/locations/-", location);
    }
    std::vector<std::string> urls(const std::string& id) {
        std::vector<std::string> out;
        Json image = show(id);
        for (auto& location : image.at("locations").as_array()) out.push_back(location.text("url"));
        return out;
    }
    test::Answer post_location(const std::string& id, const std::string& token, Json body) {
        return post("/v2/images/" + id + "/locations", token, body);
    }
};
using Urls = std::vector<std::string>;
} // namespace

TEST_CASE("locations: shown with an image where the site shows them") {
    LocationWorld w;
    auto id = w.image(w.one);
    CHECK(w.show(id).at("locations") == Json::array());
    CHECK(!w.show(id).has("direct_url"));
    CHECK(w.upload(id, w.one, "data").status == 204);
    auto image = w.show(id);
    REQUIRE(image.at("locations").size() == 1);
    auto location = image.at("locations").as_array()[0];
    CHECK(location.text("url").rfind("file:///", 0) == 0);
    CHECK(location.at("metadata") == Json::object({{"store", "local"}}));
    CHECK(image.text("direct_url") == location.text("url"));
    auto listed = w.get("/v2/images", w.one).json.at("images").as_array()[0];
    CHECK(listed.at("locations") == image.at("locations"));
    // A caller who may see the image, but not where it lies.
    CHECK(w.patch(id, w.admin, R"([{"op": "replace", "path": "/visibility", "value": "public"}])")
              .status == 200);
    auto foreign = w.get("/v2/images/" + id, w.two).json;
    CHECK(foreign.at("locations") == Json::array());
    CHECK(!foreign.has("direct_url"));
    World plain;
    auto hidden = plain.show(plain.image(plain.one));
    CHECK(!hidden.has("locations"));
    CHECK(!hidden.has("direct_url"));
}

TEST_CASE("locations: an address becomes an image's data") {
    LocationWorld w;
    auto id = w.image(w.one);
    auto url = web().url("/image");
    auto answer = w.add(id, url);
    CHECK_MESSAGE(answer.status == 200, answer.text);
    auto image = w.show(id);
    CHECK(image.text("status") == "active");
    CHECK(image.integer("size") == 4);
    CHECK(image.at("checksum").is_null());
    CHECK(image.text("stores") == "web");
    CHECK(image.text("direct_url") == url);
    CHECK(image.at("locations").as_array()[0].at("metadata") ==
          Json::object({{"foo", "bar"}, {"store", "web"}}));
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "data");
    w.state().cache->settle();
    // Whoever read it for the cache looked at it, too.
    auto seen =
        w.cloud.cloud().db().read([&](db::Tx& tx) { return need(tx, images(), Scope::all(), id); });
    CHECK(seen.inspected_format == "raw");
    CHECK(w.upload(id, w.one, "mine").status == 409);
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
}

TEST_CASE("locations: they are replaced by themselves only, and the last one stays") {
    LocationWorld w;
    auto id = w.image(w.one);
    auto first = web().url("/image"), second = first + "#new";
    REQUIRE(w.add(id, first).status == 200);
    CHECK(w.add(id, first).status == 400); // there already
    CHECK(w.add(id, second).status == 200);
    CHECK(w.urls(id) == Urls{first, second});
    Json now = w.show(id).at("locations");
    CHECK(w.change(id, w.one, "replace", "/locations", now).status == 200);
    now.as_array()[0]["metadata"]["date"] = "2015-10-15";
    CHECK(w.change(id, w.one, "replace", "/locations", now).status == 200);
    CHECK(w.show(id).at("locations") == now);
    CHECK(w.change(id, w.one, "replace", "/locations", Json::array({now.as_array()[0]})).status ==
          400);
    Json other = now;
    other.as_array()[1]["url"] = first + "#new3";
    CHECK(w.change(id, w.one, "replace", "/locations", other).status == 400);
    CHECK(w.change(id, w.one, "replace", "/locations", Json::array()).status == 403);
    CHECK(w.show(id).at("locations") == now);
    // Taking out is for administrators.
    CHECK(w.change(id, w.one, "remove", "/locations/0").status == 403);
    CHECK(w.change(id, w.admin, "remove", "/locations/x").status == 400);
    CHECK(w.change(id, w.admin, "remove", "/locations/0").status == 200);
    CHECK(w.urls(id) == Urls{second});
    CHECK(w.show(id).text("direct_url") == second);
    CHECK(w.change(id, w.admin, "remove", "/locations/0").status == 403);
}

TEST_CASE("locations: a whole list fills a queued image; positions are kept to") {
    LocationWorld w;
    auto id = w.image(w.one);
    auto url = web().url("/image");
    auto as = [&](const std::string& more) {
        return Json::object({{"url", url + more}, {"metadata", Json::object()}});
    };
    CHECK(w.change(id, w.one, "replace", "/locations", Json::array({as(""), as("")})).status ==
          400);
    CHECK(w.change(id, w.one, "replace", "/locations", Json::array({as("#1"), as("#2")})).status ==
          200);
    CHECK(w.show(id).text("status") == "active");
    CHECK(w.change(id, w.one, "add", "/locations/0", as("#0")).status == 200);
    CHECK(w.change(id, w.one, "add", "/locations/99", as("#3")).status == 200);
    CHECK(w.urls(id) == Urls{url + "#0", url + "#1", url + "#2", url + "#3"});
    CHECK(w.change(id, w.one, "add", "/locations/-1", as("#4")).status == 400);
    CHECK(w.change(id, w.one, "add", "/locations", as("#4")).status == 400);
    CHECK(w.change(id, w.one, "replace", "/locations/0", as("#4")).status == 400);
    LocationWorld narrow({"glance.show_multiple_locations=true", "glance.image_location_quota=1"});
    auto small = narrow.image(narrow.one);
    CHECK(narrow.add(small, url).status == 200);
    CHECK(narrow.add(small, url + "#1").status == 413);
}

TEST_CASE("locations: what nobody may name") {
    LocationWorld w;
    auto owned = w.image(w.one), id = w.image(w.one);
    REQUIRE(w.upload(owned, w.one, "data").status == 204);
    int before = web().requests;
    for (std::string url :
         {std::string("gopher://info.cern.ch"), std::string("file:///etc/passwd"),
          w.show(owned).text("direct_url"), std::string("rbd://fsid/images/x/snap"),
          std::string("swift://a:b@c/d/e"), std::string("http:///x"), std::string("http://a b/"),
          std::string("http://user:secret@127.0.0.1/"), std::string("http://10.0.0.1/"),
          std::string("http://169.254.169.254/latest"), std::string("http://[::ffff:10.0.0.1]/"),
          std::string("")}) {
        CAPTURE(url);
        CHECK(w.add(id, url).status == 400);
    }
    CHECK(web().requests == before);
    for (auto* path : {"/none", "/empty", "/inside"}) {
        CAPTURE(path);
        CHECK(w.add(id, web().url(path)).status == 400);
    }
    for (auto& value :
         {Json::object({{"url", "http://127.0.0.1/"}}), Json("x"), Json(3),
          Json::object({{"metadata", Json::object()}}),
          Json::object({{"url", 3}, {"metadata", Json::object()}}),
          Json::object({{"url", web().url("/image")}, {"metadata", "x"}}),
          Json::object({{"url", web().url("/image")}, {"metadata", Json::object()}, {"more", 1}})})
        CHECK(w.change(id, w.one, "add", "/locations/-", value).status == 400);
    CHECK(w.show(id).text("status") == "queued");
    CHECK(w.change(id, w.two, "add", "/locations/-", Json::object()).status == 404);
    World closed;
    add_web_store(closed.state());
    auto hidden = closed.image(closed.one);
    CHECK(closed
              .patch(hidden, closed.one,
                     R"([{"op": "add", "path": "/locations/-",
                            "value": {"url": "http://127.0.0.1/", "metadata": {}}}])")
              .status == 403);
}

TEST_CASE("locations: hashes come with a location, and must agree") {
    LocationWorld w;
    auto url = web().url("/image");
    std::string hash(128, 'd');
    auto with = [](const std::string& checksum, const std::string& value,
                   const std::string& algorithm = "sha512") {
        return Json::object({{"validation_data", Json::object({{"checksum", checksum},
                                                               {"os_hash_value", value},
                                                               {"os_hash_algo", algorithm}})}});
    };
    auto id = w.image(w.one);
    std::string ones(32, '1');
    CHECK(w.add(id, url, with("short", hash)).status == 400);
    CHECK(w.add(id, url, with(std::string(32, 'x'), hash)).status == 400);
    CHECK(w.add(id, url, with(ones, hash, "sha256")).status == 400);
    CHECK(w.add(id, url, with(ones, "dd")).status == 400);
    CHECK(
        w.add(id, url, Json::object({{"validation_data", Json::object({{"md5", "x"}})}})).status ==
        400);
    CHECK(w.show(id).text("status") == "queued");
    CHECK(w.add(id, url, with(ones, hash)).status == 200);
    auto image = w.show(id);
    CHECK(image.text("checksum") == ones);
    CHECK(image.text("os_hash_value") == hash);
    CHECK(image.text("os_hash_algo") == "sha512");
    CHECK(!image.at("locations").as_array()[0].has("validation_data"));
    CHECK(w.add(id, url + "#2", with(std::string(32, '2'), hash)).status == 409);
    CHECK(w.add(id, url + "#2", with(ones, std::string(128, 'e'))).status == 409);
    CHECK(w.add(id, url + "#2", with(ones, hash, "sha256")).status == 409);
    CHECK(w.add(id, url + "#2", with(ones, hash)).status == 200);
    auto plain = w.image(w.one);
    CHECK(w.add(plain, url).status == 200);
    CHECK(w.add(plain, url + "#2", with(ones, hash)).status == 409); // active already
}

TEST_CASE("locations: a copy taken out goes from its store") {
    LocationWorld w;
    auto id = w.image(w.one);
    REQUIRE(w.upload(id, w.one, "data").status == 204);
    CHECK(w.add(id, web().url("/image")).status == 200);
    CHECK(w.store().list().size() == 1);
    CHECK(w.change(id, w.admin, "remove", "/locations/0").status == 200);
    CHECK(w.store().list().empty());
    CHECK(w.show(id).text("stores") == "web");
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "data");
}

TEST_CASE("locations API: data is read and hashed before it is an image's") {
    ManualClock clock;
    LocationWorld w({}, &clock);
    auto service = w.cloud.token("services", {"service"});
    auto id = w.image(w.one);
    auto url = web().url("/image");
    for (auto& body :
         {Json::object(), Json::object({{"url", 3}}), Json::object({{"url", "file:///etc/passwd"}}),
          Json::object({{"url", url}, {"validation_data", 3}}),
          Json::object(
              {{"url", url}, {"validation_data", Json::object({{"os_hash_algo", "sha512"}})}})})
        CHECK(w.post_location(id, w.one, body).status == 400);
    CHECK(w.post_location(id, w.two, Json::object({{"url", url}})).status == 404);
    CHECK(w.post_location(id, w.one, Json::object({{"url", url}})).status == 202);
    CHECK(w.show(id).text("status") == "importing");
    CHECK(w.post_location(id, w.one, Json::object({{"url", url}})).status == 409);
    w.cloud.settle();
    auto image = w.show(id);
    CHECK(image.text("status") == "active");
    CHECK(image.text("checksum") == md5_of_data);
    CHECK(!image.has(import_lock));
    CHECK(w.get("/v2/images/" + id + "/locations", w.one).status == 403);
    auto told = w.get("/v2/images/" + id + "/locations", service);
    CHECK_MESSAGE(told.status == 200, told.text);
    CHECK(told.json.as_array()[0].text("url") == url);
    auto task = w.get("/v2/images/" + id + "/tasks", w.one).json.at("tasks").as_array()[0];
    CHECK(task.text("type") == "location_import");
    CHECK(task.text("status") == "success");
}

TEST_CASE("locations API: data that is not as said leaves the image queued") {
    ManualClock clock;
    LocationWorld w({}, &clock);
    auto refused = [&](Json body, const char* disk_format = "raw") {
        auto id = w.image(w.one, Json::object({{"disk_format", disk_format}}));
        CHECK(w.post_location(id, w.one, body).status == 202);
        for (int i = 0; i < 20; ++i) {
            w.cloud.settle();
            clock.advance_ms(60'000);
        }
        CHECK(w.show(id).text("status") == "queued");
        CHECK(w.show(id).at("checksum").is_null());
        auto task = w.get("/v2/images/" + id + "/tasks", w.one).json.at("tasks").as_array()[0];
        CHECK(task.text("status") == "failure");
        return task.text("message");
    };
    Json wrong =
        Json::object({{"os_hash_algo", "sha512"}, {"os_hash_value", std::string(128, 'e')}});
    CHECK(refused(Json::object({{"url", web().url("/image")}, {"validation_data", wrong}}))
              .find("os_hash_value") != std::string::npos);
    refused(Json::object({{"url", web().url("/none")}}));
    refused(Json::object({{"url", "http://10.0.0.1/"}}));
    refused(Json::object({{"url", web().url("/broken")}}), "qcow2");
}

namespace {
struct LocationSweep : ops::SweepWorld {
    ManualClock manual;
    test::TestCloud test{{glance::service()}, {}, false, {}, &manual};
    std::string member = test.token("one"), id;
    LocationSweep() { add_web_store(test.cloud().state<State>()); }
    Cloud& cloud() override { return test.cloud(); }
    ManualClock& clock() override { return manual; }
    std::vector<ops::Operation> operations() override { return {add_location_operation()}; }
    std::string start() override {
        id = test.post("/image/v2/images", member,
                       Json::parse(R"({"disk_format": "raw", "container_format": "bare"})"))
                 .json.text("id");
        auto answer = test.post("/image/v2/images/" + id + "/locations", member,
                                Json::object({{"url", web().url("/image")}}));
        if (answer.status != 202) throw std::runtime_error(answer.text);
        return cloud().db().read(
            [&](db::Tx& tx) { return ops::of_resource(tx, "image", id).front().id; });
    }
    void check(const ops::Record& end) override {
        bool good = end.status == ops::Status::done;
        auto [image, tasks] = cloud().db().read([&](db::Tx& tx) {
            return std::pair(need(tx, images(), Scope::all(), id), store::tasks_of_image(tx, id));
        });
        bool whole = image.status == Status::active && image.locations.size() == 1 &&
                     image.checksum == md5_of_data;
        bool nothing = image.status == Status::queued && image.locations.empty();
        bool told = tasks.size() == 1 &&
                    tasks[0].status == (good ? TaskStatus::success : TaskStatus::failure);
        if (!(good ? whole : nothing)) throw std::runtime_error("the image is neither nor");
        if (image.properties.has(import_lock)) throw std::runtime_error("the lock is left");
        if (!told) throw std::runtime_error("the task does not tell so");
    }
};
} // namespace

TEST_CASE("glance.add_location survives everything") {
    auto here = run_children_here(inspect_here);
    auto result = ops::sweep([] { return std::make_unique<LocationSweep>(); });
    for (auto& problem : result.problems) FAIL_CHECK(problem);
    CHECK(result.runs >= 10);
}
