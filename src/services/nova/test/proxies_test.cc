// SPDX-License-Identifier: Apache-2.0
// The old API's own names for images, networks, groups, addresses; and what is gone for good.
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova::test;

namespace {
Json one(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

struct Old : World {
    Answer get(const std::string& path) { return call("GET", path, member, Json(), "2.1"); }
    Answer post(const std::string& path, const Json& body) {
        return call("POST", path, member, body, "2.1");
    }
    Answer put(const std::string& path, const Json& body) {
        return call("PUT", path, member, body, "2.1");
    }
    Answer drop(const std::string& path) { return call("DELETE", path, member, Json(), "2.1"); }
    int act(const std::string& id, const char* action, Json body) {
        return post("/servers/" + id + "/action", one(action, std::move(body))).status;
    }
};
constexpr const char* nobody = "0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0a";
} // namespace

TEST_CASE("nova proxies: images and their metadata end at 2.35 and 2.38") {
    Old w;
    std::string id = w.create_active("web");
    REQUIRE(w.act(id, "createImage", one("name", "copy")) == 202);
    auto saving = w.get("/images/detail?status=SAVING").json.at("images");
    REQUIRE(saving.size() == 1);
    CHECK(saving.as_array()[0].integer("progress") == 25);
    w.settle();
    auto list = w.get("/images?type=snapshot&server=" + id).json.at("images");
    REQUIRE(list.size() == 1);
    std::string image = list.as_array()[0].text("id"), path = "/images/" + image;
    CHECK(list.as_array()[0].at("links").size() == 3);
    auto shown = w.get(path).json.at("image");
    CHECK(shown.text("status") == "ACTIVE");
    CHECK(shown.at("server").text("id") == id);
    CHECK(shown.at("metadata").text("base_image_ref") == image_id);
    CHECK(w.call("GET", path, w.member, Json(), "2.36").status == 404);
    CHECK(w.call("GET", path, w.other, Json(), "2.1").status == 404);
    CHECK(w.put(path + "/metadata", one("metadata", one("a", "b"))).status == 200);
    CHECK(w.post(path + "/metadata", one("metadata", one("c", "d"))).status == 200);
    CHECK(w.put(path + "/metadata/c", one("meta", one("c", "e"))).json ==
          one("meta", one("c", "e")));
    CHECK(w.put(path + "/metadata/c", one("meta", one("x", "e"))).status == 400);
    CHECK(w.get(path + "/metadata").json ==
          one("metadata", Json::object({{"a", "b"}, {"c", "e"}})));
    CHECK(w.get(path + "/metadata/a").json == one("meta", one("a", "b")));
    CHECK(w.drop(path + "/metadata/a").status == 204);
    CHECK(w.get(path + "/metadata/a").status == 404);
    CHECK(w.call("GET", path + "/metadata", w.member, Json(), "2.39").status == 404);
    CHECK(w.drop(path).status == 204);
    CHECK(w.drop(path).status == 404);
}

TEST_CASE("nova proxies: security groups, their rules, and those of a server") {
    Old w;
    auto made = w.post("/os-security-groups",
                       one("security_group", Json::object({{"name", "g"}, {"description", "d"}})));
    INFO(made.text);
    REQUIRE(made.status == 200);
    std::string id = made.json.at("security_group").text("id"), path = "/os-security-groups/" + id;
    CHECK(made.json.at("security_group").at("rules").size() == 0);
    CHECK(w.get("/os-security-groups").json.at("security_groups").size() == 2);
    CHECK(w.get("/os-security-groups?limit=1&offset=1").json.at("security_groups").size() == 1);
    for (auto* bad : {"", " "})
        CHECK(w.post("/os-security-groups",
                     one("security_group", Json::object({{"name", bad}, {"description", "d"}})))
                  .status == 400);
    auto renamed = Json::object({{"name", "h"}, {"description", "e"}});
    CHECK(w.put(path, one("security_group", renamed)).json.at("security_group").text("name") ==
          "h");
    auto rule = [&](Json more) {
        Json body = Json::object({{"parent_group_id", id},
                                  {"ip_protocol", "tcp"},
                                  {"from_port", 22},
                                  {"to_port", "22"}});
        for (auto& [key, value] : more.as_object()) body[key] = value;
        return w.post("/os-security-group-rules", one("security_group_rule", body));
    };
    auto first = rule(Json::object());
    INFO(first.text);
    REQUIRE(first.status == 200);
    Json shown = first.json.at("security_group_rule");
    CHECK(shown.at("ip_range").text("cidr") == "0.0.0.0/0");
    CHECK(shown.text("ip_protocol") == "tcp");
    CHECK(rule(Json::object()).status == 400); // the same again
    CHECK(rule(one("from_port", 23)).status == 400);
    CHECK(rule(one("to_port", 65536)).status == 400);
    CHECK(rule(one("cidr", "nowhere")).status == 400);
    CHECK(rule(one("ip_protocol", "smoke")).status == 400);
    CHECK(rule(one("parent_group_id", nobody)).status == 404);
    CHECK(rule(one("parent_group_id", "x")).status == 400);
    auto of_group = rule(one("group_id", id)).json.at("security_group_rule");
    CHECK(of_group.at("group").text("name") == "h");
    CHECK(of_group.at("ip_range").size() == 0);
    CHECK(w.get(path).json.at("security_group").at("rules").size() == 2);
    std::string server =
        w.create_active("web", one("security_groups", Json::array({one("name", "h")})));
    auto of_server = w.call("GET", "/servers/" + server + "/os-security-groups", w.member);
    CHECK(of_server.json.at("security_groups").as_array()[0].text("id") == id);
    CHECK(w.drop(path).status == 400); // in use
    CHECK(w.drop("/os-security-group-rules/" + shown.text("id")).status == 202);
    CHECK(w.drop("/os-security-group-rules/" + shown.text("id")).status == 404);
    CHECK(w.call("DELETE", path, w.other, Json(), "2.1").status == 404);
    CHECK(w.call("GET", path, w.member, Json(), "2.36").status == 404);
}

TEST_CASE("nova proxies: floating IPs, networks, addresses by actions") {
    Old w;
    auto network = [&](Json fields) {
        auto made = w.cloud.post("/network/v2.0/networks", w.admin, one("network", fields));
        return made.json.at("network").text("id");
    };
    auto subnet = [&](const std::string& in, const char* cidr, const std::string& token) {
        return w.cloud.post(
            "/network/v2.0/subnets", token,
            one("subnet", Json::object({{"network_id", in}, {"ip_version", 4}, {"cidr", cidr}})));
    };
    std::string outside = network(Json::object({{"name", "outside"}, {"router:external", true}}));
    REQUIRE(subnet(outside, "172.24.0.0/24", w.admin).status == 201);
    auto router =
        w.cloud.post("/network/v2.0/routers", w.member,
                     one("router", one("external_gateway_info", one("network_id", outside))));
    std::string id = w.create_active("web");
    auto inside = w.cloud.get("/network/v2.0/subnets?network_id=" + w.network, w.member)
                      .json.at("subnets")
                      .as_array()[0]
                      .text("id");
    REQUIRE(w.cloud
                .request("PUT",
                         "/network/v2.0/routers/" + router.json.at("router").text("id") +
                             "/add_router_interface",
                         w.member, one("subnet_id", inside))
                .status == 200);
    auto pools = w.get("/os-floating-ip-pools").json.at("floating_ip_pools");
    CHECK(pools.as_array()[0].text("name") == "outside");
    CHECK(w.post("/os-floating-ips", one("pool", "nowhere")).status == 404);
    auto made = w.post("/os-floating-ips", one("pool", "outside"));
    INFO(made.text);
    REQUIRE(made.status == 200);
    std::string floating = made.json.at("floating_ip").text("id"),
                address = made.json.at("floating_ip").text("ip");
    CHECK(w.act(id, "addFloatingIp", one("address", "1.2.3.4")) == 404);
    CHECK(w.act(id, "addFloatingIp", one("address", "x")) == 400);
    CHECK(w.act(id, "addFloatingIp",
                Json::object({{"address", address}, {"fixed_address", "10.0.0.77"}})) == 400);
    CHECK(w.act(id, "removeFloatingIp", one("address", address)) == 409);
    CHECK(w.act(id, "addFloatingIp", one("address", address)) == 202);
    auto shown = w.get("/os-floating-ips/" + floating).json.at("floating_ip");
    CHECK(shown.text("instance_id") == id);
    CHECK(shown.text("fixed_ip").find("10.0.0.") == 0);
    CHECK(w.get("/os-floating-ips").json.at("floating_ips").size() == 1);
    CHECK(w.act(id, "removeFloatingIp", one("address", address)) == 202);
    CHECK(w.drop("/os-floating-ips/" + floating).status == 202);
    CHECK(w.get("/os-floating-ips/" + floating).status == 404);

    auto addresses = [&] { return w.show(id).at("addresses").at("net").size(); };
    CHECK(w.act(id, "addFixedIp", one("networkId", nobody)) == 404);
    CHECK(w.act(id, "addFixedIp", one("networkId", w.network)) == 202);
    CHECK(addresses() == 2);
    std::string second = w.show(id).at("addresses").at("net").as_array()[1].text("addr");
    CHECK(w.act(id, "removeFixedIp", one("address", "10.0.0.99")) == 400);
    CHECK(w.act(id, "removeFixedIp", one("address", second)) == 202);
    CHECK(addresses() == 1);
    CHECK(w.call("POST", "/servers/" + id + "/action", w.member,
                 one("removeFixedIp", one("address", second)), "2.44")
              .status == 404);

    CHECK(w.get("/os-tenant-networks/" + w.network).json.at("network").text("label") == "net");
    CHECK(w.get("/os-networks").json.at("networks").size() >= 1);
    CHECK(w.get("/os-networks/" + w.network).json.at("network").has("cidr"));
    CHECK(w.get("/os-networks/" + std::string(nobody)).status == 404);
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova: hosts as they were administered of old, audits of usage") {
    Old w;
    w.create_active("web");
    auto admin = [&](const char* method, const std::string& path, Json body = Json()) {
        return w.call(method, path, w.admin, body, "2.1");
    };
    auto hosts = admin("GET", "/os-hosts").json.at("hosts");
    REQUIRE(hosts.size() == 1);
    CHECK(hosts.as_array()[0].text("host_name") == "h1");
    CHECK(admin("GET", "/os-hosts?service=conductor").json.at("hosts").size() == 0);
    auto shown = admin("GET", "/os-hosts/h1").json.at("host").as_array();
    REQUIRE(shown.size() == 4);
    CHECK(shown[0].at("resource").text("project") == "(total)");
    CHECK(shown[3].at("resource").integer("memory_mb") == 512);
    CHECK(admin("GET", "/os-hosts/nobody").status == 404);
    CHECK(admin("PUT", "/os-hosts/h1", one("status", "disable")).json.text("status") == "disabled");
    CHECK(admin("PUT", "/os-hosts/h1", one("status", "maybe")).status == 400);
    CHECK(w.get("/os-hosts").status == 403);
    auto log = admin("GET", "/os-instance_usage_audit_log/2026-03-07%2010:00:00")
                   .json.at("instance_usage_audit_log");
    CHECK(log.text("period_beginning") == "2026-02-01T00:00:00");
    CHECK(log.text("period_ending") == "2026-03-01T00:00:00");
    CHECK(log.integer("num_hosts_not_run") == 1);
    CHECK(admin("GET", "/os-instance_usage_audit_log").status == 200);
    CHECK(admin("GET", "/os-instance_usage_audit_log/x").status == 400);
}

TEST_CASE("nova: extensions of old, what is gone, what a guest keeps") {
    Old w;
    auto all = w.get("/extensions").json.at("extensions");
    CHECK(all.size() > 90);
    CHECK(w.get("/extensions/os-consoles").json.at("extension").text("alias") == "os-consoles");
    CHECK(w.get("/extensions/os-none").status == 404);
    for (auto* path : {"/os-certificates/root", "/os-fping", "/os-cells/capacities", "/os-agents",
                       "/os-floating-ip-dns"}) {
        auto answer = w.get(path);
        CAPTURE(path);
        CHECK(answer.status == 410);
    }
    std::string id = w.create_active("web");
    CHECK(w.act(id, "resetNetwork", Json()) == 410);
    CHECK(w.call("GET", "/servers/" + id + "/topology", w.member).json.at("nodes").size() == 0);
    CHECK(w.call("GET", "/servers/" + id + "/topology", w.other).status == 404);
    std::string volumes = "/servers/" + id + "/os-volume_attachments";
    CHECK(w.get(volumes + "/" + nobody).status == 404);
    CHECK(w.post(volumes, one("volumeAttachment", one("volumeId", nobody))).status == 404);
    CHECK(w.post(volumes, one("volumeAttachment", one("volumeId", 1))).status == 400);
    CHECK(w.drop(volumes + "/" + nobody).status == 404);
}
