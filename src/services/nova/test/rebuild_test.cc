// SPDX-License-Identifier: Apache-2.0
// Rebuild, resize, and interfaces that come and go.
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova::test;

namespace {
Json one(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

std::int64_t claimed(World& w, const std::string& id, const char* resource) {
    http::Headers headers;
    headers.set("OpenStack-API-Version", "placement 1.24");
    auto answer = w.cloud.request("GET", "/placement/allocations/" + id, w.admin, Json(), headers);
    INFO(answer.text);
    REQUIRE(answer.status == 200);
    return answer.json.at("allocations")
        .as_object()
        .front()
        .second.at("resources")
        .integer(resource);
}
} // namespace

TEST_CASE("nova rebuild: the same server from an image again") {
    World w;
    std::string id = w.create_active("web");
    auto rebuild = [&](Json more, const char* version = "2.96") {
        more["imageRef"] = image_id;
        return w.call("POST", "/servers/" + id + "/action", w.member, one("rebuild", more),
                      version);
    };
    auto answer = rebuild(Json::object({{"name", "again"}, {"metadata", one("a", "b")}}));
    INFO(answer.text);
    REQUIRE(answer.status == 202);
    auto& server = answer.json.at("server");
    CHECK(server.text("status") == "REBUILD");
    CHECK(server.text("adminPass") != "");
    CHECK(server.has("user_data"));
    CHECK(rebuild(Json::object()).status == 409);
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(w.show(id).text("name") == "again");
    CHECK(w.hosts.guests["h1"][id].integer("rebuilds") == 1);
    CHECK(w.hosts.guests["h1"][id].at("metadata") == one("a", "b"));
    auto old = rebuild(Json::object(), "2.1").json.at("server");
    CHECK(!old.has("OS-EXT-STS:vm_state"));
    CHECK(!old.has("user_data"));
    w.settle();
    auto to_admin = w.call("POST", "/servers/" + id + "/action", w.admin,
                           one("rebuild", one("imageRef", image_id)), "2.75");
    CHECK(to_admin.json.at("server").has("OS-EXT-SRV-ATTR:host"));
    CHECK(!to_admin.json.at("server").has("OS-EXT-SRV-ATTR:user_data"));
    w.settle();
    w.act(id, one("os-stop", Json()));
    w.settle();
    CHECK(rebuild(Json::object()).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "SHUTOFF");
    CHECK(
        w.act(id, one("rebuild", one("imageRef", "0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0a"))).status ==
        400);
    CHECK(w.act(id, one("rebuild", Json::object())).status == 400);
}

TEST_CASE("nova create and rebuild: an image of a remote store is waited for") {
    ManualClock clock;
    World w(1, &clock);
    auto& path = images()[image_id].path;
    const std::string before = path;
    auto come = [&] {
        clock.advance_ms(2000);
        w.settle();
    };
    path = coming_path; // there at the second look
    std::string id = w.create("web");
    w.settle();
    CHECK(w.show(id).text("status") == "BUILD");
    CHECK(w.hosts.guests["h1"].count(id) == 0);
    come();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(w.hosts.guests["h1"][id].text("image_path") == "/images/came");
    path = coming_path;
    CHECK(w.act(id, one("rebuild", one("imageRef", image_id))).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "REBUILD");
    come();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(w.hosts.guests["h1"][id].integer("rebuilds") == 1);
    path = before;
}

TEST_CASE("nova resize: larger, taken back, confirmed") {
    World w;
    std::string id = w.create_active("web");
    Json large =
        Json::object({{"id", "2"}, {"name", "large"}, {"ram", 1024}, {"vcpus", 2}, {"disk", 2}});
    Json huge =
        Json::object({{"id", "3"}, {"name", "huge"}, {"ram", 10240}, {"vcpus", 2}, {"disk", 2}});
    for (auto* flavor : {&large, &huge})
        REQUIRE(w.call("POST", "/flavors", w.admin, one("flavor", *flavor)).status == 200);
    auto resize = [&](const char* flavor) {
        auto answer = w.act(id, one("resize", one("flavorRef", flavor)));
        w.settle();
        return answer.status;
    };
    auto spec = [&]() -> Json& { return w.hosts.guests["h1"][id]; };
    CHECK(resize("1") == 400);
    CHECK(resize("9") == 400);
    CHECK(w.act(id, one("confirmResize", Json())).status == 409);
    // The host has no such room: it stays as it was.
    CHECK(resize("3") == 202);
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(claimed(w, id, "MEMORY_MB") == 512);
    CHECK(resize("2") == 202);
    CHECK(w.show(id).text("status") == "VERIFY_RESIZE");
    CHECK(w.show(id).at("flavor").text("original_name") == "large");
    CHECK(spec().integer("memory_mb") == 1024);
    CHECK(spec().text("old_disk") == "kept");
    CHECK(claimed(w, id, "VCPU") == 2);
    CHECK(w.act(id, one("revertResize", Json())).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(spec().integer("memory_mb") == 512);
    CHECK(spec().text("old_disk") == "restored");
    CHECK(claimed(w, id, "VCPU") == 1);
    CHECK(resize("2") == 202);
    CHECK(w.act(id, one("confirmResize", Json())).status == 204);
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(spec().text("old_disk") == "");
    CHECK(resize("1") == 400); // Disks do not become smaller.
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova interfaces: one more, one less") {
    World w;
    std::string id = w.create_active("web");
    std::string path = "/servers/" + id + "/os-interface";
    auto attach = [&](Json what, const char* version = "2.96") {
        return w.call("POST", path, w.member, one("interfaceAttachment", what), version);
    };
    auto cards = [&] { return w.hosts.guests["h1"][id].at("nics").size(); };
    auto added = attach(Json::object({{"net_id", w.network}, {"tag", "second"}}));
    INFO(added.text);
    REQUIRE(added.status == 200);
    std::string port = added.json.at("interfaceAttachment").text("port_id");
    CHECK(added.json.at("interfaceAttachment").text("tag") == "second");
    w.settle();
    CHECK(cards() == 2);
    auto shown = w.call("GET", path + "/" + port, w.member).json.at("interfaceAttachment");
    CHECK(shown.text("port_state") == "ACTIVE");
    CHECK(attach(Json::object({{"net_id", w.network}, {"port_id", port}})).status == 400);
    CHECK(attach(one("port_id", port)).status == 400); // in use
    CHECK(attach(one("net_id", "0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0a")).status == 404);
    CHECK(attach(Json::object({{"net_id", w.network}, {"tag", "t"}}), "2.48").status == 400);
    Json fixed = Json::array({one("ip_address", "10.0.0.99")});
    auto chosen = attach(Json::object({{"net_id", w.network}, {"fixed_ips", fixed}}));
    CHECK(chosen.json.at("interfaceAttachment").at("fixed_ips").as_array()[0].text("ip_address") ==
          "10.0.0.99");
    w.settle();
    CHECK(cards() == 3);
    CHECK(w.call("DELETE", path + "/" + port, w.other).status == 404);
    CHECK(w.call("DELETE", path + "/" + port, w.member).status == 202);
    w.settle();
    CHECK(cards() == 2);
    CHECK(w.cloud.get("/network/v2.0/ports/" + port, w.member).status == 404);
    // A port that was there before stays.
    auto own =
        w.cloud.post("/network/v2.0/ports", w.member, one("port", one("network_id", w.network)));
    std::string given = own.json.at("port").text("id");
    CHECK(attach(one("port_id", given)).status == 200);
    w.settle();
    CHECK(w.call("DELETE", path + "/" + given, w.member).status == 202);
    w.settle();
    auto kept = w.cloud.get("/network/v2.0/ports/" + given, w.member).json.at("port");
    CHECK(kept.text("device_id") == "");
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}
