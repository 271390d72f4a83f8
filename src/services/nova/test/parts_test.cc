// SPDX-License-Identifier: Apache-2.0
#include "services/nova/console.h"
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova::test;

namespace {
Json one(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }
} // namespace

TEST_CASE("nova parts: metadata, also told to the host") {
    World w;
    std::string id = w.create_active("web", one("metadata", one("a", "1")));
    std::string path = "/servers/" + id + "/metadata";
    CHECK(w.call("GET", path, w.member).json.at("metadata") == one("a", "1"));
    auto merged = w.call("POST", path, w.member, one("metadata", one("b", "2")));
    CHECK(merged.status == 200);
    CHECK(merged.json.at("metadata").size() == 2);
    w.settle();
    CHECK(w.hosts.guests["h1"][id].at("metadata").size() == 2);
    CHECK(w.call("PUT", path + "/b", w.member, one("meta", one("b", "3"))).status == 200);
    CHECK(w.call("GET", path + "/b", w.member).json.at("meta") == one("b", "3"));
    CHECK(w.call("PUT", path + "/b", w.member, one("meta", one("c", "3"))).status == 400);
    CHECK(w.call("DELETE", path + "/b", w.member).status == 204);
    CHECK(w.call("GET", path + "/b", w.member).status == 404);
    auto replaced = w.call("PUT", path, w.member, one("metadata", one("z", "9")));
    CHECK(replaced.json.at("metadata") == one("z", "9"));
    CHECK(w.call("POST", path, w.member, one("metadata", one("k", 7))).status == 400);
    CHECK(w.call("GET", path, w.other).status == 404);
}

TEST_CASE("nova parts: tags") {
    World w;
    std::string id = w.create_active("web");
    std::string path = "/servers/" + id + "/tags";
    CHECK(w.call("PUT", path + "/red", w.member).status == 201);
    CHECK(w.call("PUT", path + "/red", w.member).status == 204);
    CHECK(w.call("GET", path + "/red", w.member).status == 204);
    CHECK(w.call("GET", path + "/blue", w.member).status == 404);
    CHECK(w.call("PUT", path, w.member, one("tags", Json::array({"x", "y", "x"})))
              .json.at("tags")
              .size() == 2);
    CHECK(w.call("PUT", path, w.member, one("tags", Json::array({"a,b"}))).status == 400);
    CHECK(w.call("DELETE", path + "/x", w.member).status == 204);
    CHECK(w.call("DELETE", path, w.member).status == 204);
    CHECK(w.call("GET", path, w.member).json.at("tags").size() == 0);
    CHECK(w.call("GET", path, w.member, Json(), "2.25").status == 404);
}

TEST_CASE("nova parts: addresses and interfaces") {
    World w;
    std::string id = w.create_active("web");
    auto ips = w.call("GET", "/servers/" + id + "/ips", w.member).json.at("addresses");
    CHECK(ips.at("net").as_array()[0].integer("version") == 4);
    CHECK(w.call("GET", "/servers/" + id + "/ips/net", w.member).json.at("net").size() == 1);
    CHECK(w.call("GET", "/servers/" + id + "/ips/nowhere", w.member).status == 404);
    auto list =
        w.call("GET", "/servers/" + id + "/os-interface", w.member).json.at("interfaceAttachments");
    REQUIRE(list.size() == 1);
    std::string port = list.as_array()[0].text("port_id");
    CHECK(list.as_array()[0].text("port_state") == "ACTIVE");
    CHECK(w.call("GET", "/servers/" + id + "/os-interface/" + port, w.member)
              .json.at("interfaceAttachment")
              .text("net_id") == w.network);
    CHECK(w.call("GET", "/servers/" + id + "/os-interface/nothing", w.member).status == 404);
}

TEST_CASE("nova parts: what was done with a server, also after it") {
    World w;
    std::string id = w.create_active("web");
    w.act(id, one("os-stop", Json()));
    w.settle();
    std::string path = "/servers/" + id + "/os-instance-actions";
    auto list = w.call("GET", path, w.member).json.at("instanceActions");
    REQUIRE(list.size() == 2);
    CHECK(list.as_array()[0].text("action") == "stop");
    CHECK(list.as_array()[1].text("action") == "create");
    auto shown = w.call("GET", path + "/" + list.as_array()[1].text("request_id"), w.member)
                     .json.at("instanceAction");
    CHECK(shown.text("instance_uuid") == id);
    auto& event = shown.at("events").as_array()[0];
    CHECK(event.text("result") == "Success");
    CHECK(!event.has("traceback"));
    CHECK(w.call("GET", path + "/req-none", w.member).status == 404);
    w.call("DELETE", "/servers/" + id, w.member);
    w.settle();
    CHECK(w.call("GET", path, w.member).json.at("instanceActions").size() == 3);
    CHECK(w.call("GET", path, w.member, Json(), "2.20").status == 404);
    CHECK(w.call("GET", path, w.other).status == 404);
}

TEST_CASE("nova parts: remote consoles have addresses that end") {
    World w;
    std::string id = w.create_active("web");
    auto asked = [&](const char* protocol, const char* type) {
        return w.call(
            "POST", "/servers/" + id + "/remote-consoles", w.member,
            one("remote_console", Json::object({{"protocol", protocol}, {"type", type}})));
    };
    auto serial = asked("serial", "serial");
    REQUIRE(serial.status == 200);
    std::string url = serial.json.at("remote_console").text("url");
    CHECK(url.rfind("ws://", 0) == 0);
    std::string token = url.substr(url.find("token=") + 6);
    auto& cloud = w.cloud.cloud();
    auto target = [&](Time when) {
        return cloud.db().read([&](db::Tx& tx) { return nova::console_of_token(tx, token, when); });
    };
    REQUIRE(target(cloud.now()));
    CHECK(target(cloud.now())->socket == "/run/" + id + ".serial");
    CHECK(target(cloud.now())->host == "h1");
    CHECK(!target(cloud.now().plus_seconds(601)));
    auto open = [&](const std::string& what, const std::string& origin) {
        http::Headers headers;
        if (!origin.empty()) headers.set("Origin", origin);
        return w.cloud.raw("GET", "/compute/console?token=" + what, "", "", headers).status;
    };
    CHECK(open("unknown", "") == 404);
    CHECK(open(token, "https://elsewhere.example") == 403);
    CHECK(open(token, "http://127.0.0.1:1") == 503); // h1 is no host of this process.
    auto screen = asked("vnc", "novnc");
    REQUIRE(screen.status == 200);
    std::string shown = screen.json.at("remote_console").text("url");
    token = shown.substr(shown.find("token=") + 6);
    CHECK(target(cloud.now())->socket == "/run/" + id + ".vnc");
    CHECK(asked("spice", "spice-html5").status == 400);
    CHECK(asked("serial", "novnc").status == 400);
    w.call("DELETE", "/servers/" + id, w.member);
    w.settle();
    CHECK(!target(cloud.now()));
}

TEST_CASE("nova parts: tags of cards are kept and shown to the guest") {
    World w;
    Json nets = Json::array({Json::object({{"uuid", w.network}, {"tag", "inside"}})});
    std::string id = w.create_active("web", one("networks", nets));
    std::string path = "/servers/" + id + "/os-interface";
    auto now = w.call("GET", path, w.member).json.at("interfaceAttachments").as_array()[0];
    CHECK(now.text("tag") == "inside");
    auto old = w.call("GET", path, w.member, Json(), "2.69").json.at("interfaceAttachments");
    CHECK(!old.as_array()[0].has("tag"));
    CHECK(w.hosts.guests["h1"][id].at("nics").as_array()[0].text("tag") == "inside");
}

TEST_CASE("nova parts: the guest's documents follow its name, floating IP, groups and ports") {
    World w;
    std::string id = w.create_active("web");
    auto spec = [&]() -> Json& { return w.hosts.guests["h1"][id]; };
    auto renew = [&] {
        w.cloud.node().tasks().run_all();
        w.settle();
    };
    CHECK(spec().text("flavor_name") == "small");
    CHECK(spec().text("reservation_id").rfind("r-", 0) == 0);
    CHECK(spec().at("security_groups") == Json::array({"default"}));
    CHECK(w.call("PUT", "/servers/" + id, w.member, one("server", one("name", "new"))).status ==
          200);
    w.settle();
    CHECK(spec().text("display_name") == "new");
    renew();

    auto post = [&](const char* path, const char* token, Json body) {
        auto made = w.cloud.post(std::string("/network/v2.0/") + path,
                                 std::string(token) == "admin" ? w.admin : w.member, body);
        INFO(made.text);
        REQUIRE(made.status < 300);
        return made.json.as_object().front().second.text("id");
    };
    auto net = post("networks", "admin",
                    one("network", Json::object({{"name", "out"}, {"router:external", true}})));
    auto outside = post(
        "subnets", "admin",
        one("subnet",
            Json::object({{"network_id", net}, {"ip_version", 4}, {"cidr", "172.24.4.0/24"}})));
    auto router =
        post("routers", "member",
             one("router",
                 Json::object({{"external_gateway_info", Json::object({{"network_id", net}})}})));
    auto subnets = w.cloud.get("/network/v2.0/subnets?network_id=" + w.network, w.member);
    std::string subnet = subnets.json.at("subnets").as_array()[0].text("id");
    REQUIRE(w.cloud
                .request("PUT", "/network/v2.0/routers/" + router + "/add_router_interface",
                         w.member, Json::object({{"subnet_id", subnet}}))
                .status == 200);
    auto ports = w.cloud.get("/network/v2.0/ports?device_id=" + id, w.member);
    std::string port = ports.json.at("ports").as_array()[0].text("id");
    auto floating =
        post("floatingips", "member",
             one("floatingip", Json::object({{"floating_network_id", net}, {"port_id", port}})));
    auto shown = [&] {
        return spec().at("nics").as_array()[0].at("fixed_ips").as_array()[0].text("floating_ip");
    };
    renew();
    CHECK(shown().rfind("172.24.4.", 0) == 0);
    CHECK(w.cloud
              .request("PUT", "/network/v2.0/floatingips/" + floating, w.member,
                       one("floatingip", one("port_id", Json())))
              .status == 200);
    renew();
    CHECK(shown() == "");
    auto group = post("security-groups", "member", one("security_group", one("name", "g")));
    CHECK(w.act(id, one("addSecurityGroup", one("name", "g"))).status == 202);
    renew();
    CHECK(spec().at("security_groups") == Json::array({"default", "g"}));
    // A port that its owner deletes takes the card with it.
    CHECK(w.cloud.request("DELETE", "/network/v2.0/ports/" + port, w.member).status == 204);
    renew();
    CHECK(spec().at("nics").size() == 0);
}

TEST_CASE("nova parts: external events are answered one by one") {
    World w;
    std::string id = w.create_active("web"), absent = "0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0a";
    auto event = [](const std::string& server, const char* name) {
        return Json::object({{"server_uuid", server}, {"name", name}});
    };
    auto send = [&](Json events, const std::string& token) {
        return w.call("POST", "/os-server-external-events", token, one("events", events));
    };
    CHECK(send(Json::array({event(id, "network-changed")}), w.member).status == 403);
    auto good = send(Json::array({event(id, "network-changed")}), w.admin);
    CHECK(good.status == 200);
    CHECK(good.json.at("events").as_array()[0].integer("code") == 200);
    CHECK(good.json.at("events").as_array()[0].text("status") == "completed");
    auto mixed = send(
        Json::array({event(id, "network-vif-plugged"), event(absent, "network-changed")}), w.admin);
    CHECK(mixed.status == 207);
    CHECK(mixed.json.at("events").as_array()[1].integer("code") == 404);
    CHECK(send(Json::array({event(absent, "network-changed")}), w.admin).status == 404);
    CHECK(send(Json::array({event(id, "network-exploded")}), w.admin).status == 400);
}
