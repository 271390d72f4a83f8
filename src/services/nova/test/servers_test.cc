// SPDX-License-Identifier: Apache-2.0
#include "services/nova/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova::test;

TEST_CASE("nova servers: from POST to ACTIVE, and away again") {
    World w;
    auto made = w.call("POST", "/servers", w.member, w.server_body("web"));
    INFO(made.text);
    REQUIRE(made.status == 202);
    std::string id = made.json.at("server").text("id");
    CHECK(made.json.at("server").has("adminPass"));
    Json building = w.show(id);
    CHECK(building.text("status") == "BUILD");
    CHECK(building.text("OS-EXT-STS:task_state") == "scheduling");
    CHECK(building.at("addresses") == Json::object());

    w.settle();
    Json active = w.show(id, w.admin);
    CHECK(active.text("status") == "ACTIVE");
    CHECK(active.at("OS-EXT-STS:power_state") == Json(1));
    CHECK(active.at("OS-EXT-STS:task_state").is_null());
    CHECK(active.text("OS-EXT-SRV-ATTR:host") == "h1");
    CHECK(active.text("hostId").size() == 56);
    CHECK(active.at("addresses").at("net").as_array()[0].text("OS-EXT-IPS:type") == "fixed");
    CHECK(active.at("security_groups").as_array()[0].text("name") == "default");
    CHECK(active.at("flavor").text("original_name") == "small");
    CHECK(active.text("OS-EXT-AZ:availability_zone") == "nova");
    CHECK(!w.show(id).has("OS-EXT-SRV-ATTR:host"));
    CHECK(w.hosts.guests["h1"].count(id) == 1);
    CHECK(broken_invariants(w.cloud.cloud()) == std::vector<std::string>{});

    CHECK(w.call("GET", "/servers/" + id, w.other).status == 404);
    CHECK(w.call("DELETE", "/servers/" + id, w.other).status == 404);
    CHECK(w.call("DELETE", "/servers/" + id, w.member).status == 204);
    CHECK(w.show(id).text("OS-EXT-STS:task_state") == "deleting");
    CHECK(w.call("DELETE", "/servers/" + id, w.member).status == 204);
    w.settle();
    auto gone = w.call("GET", "/servers/" + id, w.member);
    CHECK(gone.status == 404);
    CHECK(w.message(gone) == "Instance " + id + " could not be found.");
    CHECK(w.hosts.guests["h1"].empty());
    CHECK(w.cloud.get("/network/v2.0/ports?device_id=" + id, w.member).json.at("ports").size() ==
          0);
    CHECK(broken_invariants(w.cloud.cloud()) == std::vector<std::string>{});
}

TEST_CASE("nova servers: fields by version") {
    World w;
    std::string id = w.create_active("web", Json::object({{"description", "words"}}));
    auto old = w.call("GET", "/servers/" + id, w.member, Json(), "2.1").json.at("server");
    CHECK(old.at("flavor").text("id") == "1");
    CHECK(!old.has("locked"));
    CHECK(!old.has("description"));
    CHECK(!old.has("tags"));
    CHECK(!old.has("server_groups"));
    auto admin_old = w.call("GET", "/servers/" + id, w.admin, Json(), "2.2").json.at("server");
    CHECK(admin_old.has("OS-EXT-SRV-ATTR:host"));
    CHECK(!admin_old.has("OS-EXT-SRV-ATTR:hostname"));
    auto now = w.show(id);
    CHECK(now.text("description") == "words");
    CHECK(now.text("OS-EXT-SRV-ATTR:hostname") == "web");
    CHECK(now.at("locked") == Json(false));
    CHECK(now.has("pinned_availability_zone"));
    CHECK(now.has("trusted_image_certificates"));
}

TEST_CASE("nova servers: no valid host says why") {
    World w;
    auto disabled = w.cloud.cloud().db().write(
        [](db::Tx& tx) { return tx.exec("UPDATE nova_compute_hosts SET disabled = 1"); });
    CHECK(disabled == 1);
    std::string id = w.create("web");
    w.settle();
    Json server = w.show(id);
    CHECK(server.text("status") == "ERROR");
    std::string why = server.at("fault").text("message");
    CHECK(why.find("No valid host was found.") == 0);
    CHECK(why.find("1 x is disabled") != std::string::npos);
    CHECK(server.at("fault").at("code") == Json(500));
    CHECK(broken_invariants(w.cloud.cloud()) == std::vector<std::string>{});
    CHECK(w.cloud.get("/network/v2.0/ports?device_id=" + id, w.member).json.at("ports").size() ==
          0);
    CHECK(w.call("DELETE", "/servers/" + id, w.member).status == 204);
    w.settle();
    CHECK(w.show(id).is_null());
}

TEST_CASE("nova servers: a broken host is left for another") {
    World w(2);
    w.hosts.broken = {"h1"};
    std::string first = w.create_active("a"), second = w.create_active("b");
    CHECK(w.show(first, w.admin).text("OS-EXT-SRV-ATTR:host") == "h2");
    CHECK(w.show(second, w.admin).text("OS-EXT-SRV-ATTR:host") == "h2");
    CHECK(w.hosts.guests["h1"].empty());
    CHECK(broken_invariants(w.cloud.cloud()) == std::vector<std::string>{});
    w.hosts.broken = {"h1", "h2"};
    std::string third = w.create("c");
    w.settle();
    CHECK(w.show(third).text("status") == "ERROR");
    CHECK(broken_invariants(w.cloud.cloud()) == std::vector<std::string>{});
}

TEST_CASE("nova servers: deleted while being made") {
    World w;
    w.hosts.asleep = {"h1"};
    std::string id = w.create("web");
    w.settle();
    CHECK(w.show(id).text("OS-EXT-STS:task_state") == "spawning");
    CHECK(w.call("DELETE", "/servers/" + id, w.member).status == 204);
    w.settle();
    CHECK(w.show(id).text("OS-EXT-STS:task_state") == "deleting");
    w.hosts.asleep.clear();
    w.settle();
    CHECK(w.show(id).is_null());
    CHECK(w.hosts.guests["h1"].empty());
    CHECK(broken_invariants(w.cloud.cloud()) == std::vector<std::string>{});
}

TEST_CASE("nova servers: what a new one must satisfy") {
    World w;
    auto refused = [&](Json more, const char* version = "2.96") {
        auto answer =
            w.call("POST", "/servers", w.member, w.server_body("web", std::move(more)), version);
        CHECK(answer.status == 400);
        return w.message(answer);
    };
    CHECK(refused(Json::object({{"imageRef", "nothing"}})) == "Invalid imageRef provided.");
    CHECK(refused(Json::object({{"imageRef", "aaaaaaaa-0000-4000-8000-00000000dead"}})) ==
          "Can not find requested image");
    CHECK(refused(Json::object({{"flavorRef", "77"}})) == "Flavor 77 could not be found.");
    CHECK(refused(Json::object({{"key_name", "none"}})) == "Invalid key_name provided.");
    CHECK(refused(Json::object({{"user_data", "%%%"}})) == "User data needs to be valid base 64.");
    CHECK(refused(Json::object({{"availability_zone", "moon"}})) ==
          "The requested availability zone is not available");
    CHECK(refused(Json::object({{"networks", "sometimes"}})).find("networks") != std::string::npos);
    CHECK(refused(Json::object({{"networks", "auto"}}), "2.36").find("networks") !=
          std::string::npos);
    CHECK(refused(Json::object({{"min_count", 3}, {"max_count", 2}})) ==
          "min_count must be <= max_count");
    CHECK(refused(Json::object({{"metadata", Json::object({{"a", 1}})}})).find("255") !=
          std::string::npos);
    CHECK(refused(Json::object({{"hostname", "a b"}})).find("hostname") != std::string::npos);
    CHECK(refused(Json::object({{"tags", Json::array({"a/b"})}})).find("tag") != std::string::npos);
    CHECK(refused(Json::object({{"bogus", 1}})).find("bogus") != std::string::npos);
    CHECK(refused(Json::object({{"name", " web"}})).find("name") != std::string::npos);
    CHECK(refused(Json::object({{"description", "x"}}), "2.18").find("description") !=
          std::string::npos);
    CHECK(refused(Json::object({{"block_device_mapping_v2",
                                 Json::array({Json::object({{"source_type", "volume"},
                                                            {"destination_type", "volume"},
                                                            {"uuid", "v"}})})}}))
              .find("volumes are not served") != std::string::npos);
    CHECK(
        w.call("POST", "/servers", w.cloud.token("p1", {"reader"}), w.server_body("web")).status ==
        403);
    CHECK(w.call("GET", "/servers", w.member).json.at("servers").size() == 0);
    CHECK(w.cloud.get("/network/v2.0/ports?device_owner=compute:nova", w.member)
              .json.at("ports")
              .size() == 0);
}

TEST_CASE("nova servers: several at once, named, within the quota") {
    World w;
    auto made = w.call("POST", "/servers", w.member,
                       w.server_body("web", Json::object({{"min_count", 2}, {"max_count", 3}})));
    REQUIRE(made.status == 202);
    w.settle();
    auto listed = w.call("GET", "/servers?sort_key=display_name&sort_dir=asc", w.member)
                      .json.at("servers")
                      .as_array();
    REQUIRE(listed.size() == 3);
    CHECK(listed[0].text("name") == "web-1");
    CHECK(listed[2].text("name") == "web-3");
    auto too_many = w.call("POST", "/servers", w.member,
                           w.server_body("web", Json::object({{"min_count", 8}})));
    CHECK(too_many.status == 403);
    CHECK(w.message(too_many) ==
          "Quota exceeded for instances: Requested 8, but already used 3 of 10 instances");
    // As many as fit when the minimum does.
    CHECK(w.call("POST", "/servers", w.member,
                 w.server_body("more", Json::object({{"min_count", 1}, {"max_count", 20}})))
              .status == 202);
    CHECK(w.call("GET", "/servers", w.member).json.at("servers").size() == 10);
}

TEST_CASE("nova servers: lists are filtered, sorted, paged and scoped") {
    World w;
    std::string a = w.create("alpha", Json::object({{"tags", Json::array({"red"})}}));
    std::string b = w.create("beta");
    w.settle();
    auto names = [&](const std::string& query, const std::string& token = "") {
        auto answer = w.call("GET", "/servers?" + query, token.empty() ? w.member : token);
        std::string out;
        if (answer.status != 200) return std::to_string(answer.status);
        for (auto& server : answer.json.at("servers").as_array())
            out += (out.empty() ? "" : ",") + server.text("name");
        return out;
    };
    CHECK(names("sort_key=display_name&sort_dir=asc") == "alpha,beta");
    CHECK(names("name=^al") == "alpha");
    CHECK(names("name=eta") == "beta");
    CHECK(names("name=x(") == "400");
    CHECK(names("name=^[ab]e") == "beta");
    CHECK(names("name=^(alpha%7Cbeta)$&sort_key=display_name&sort_dir=asc") == "alpha,beta");
    CHECK(names("name=[a-z]{4,}&limit=1&sort_key=display_name&sort_dir=asc") == "alpha");
    CHECK(names("name=(x)%5C1") == "400");
    CHECK(names("status=active&sort_key=display_name&sort_dir=desc") == "beta,alpha");
    CHECK(names("status=shutoff") == "");
    CHECK(names("status=nonsense") == "");
    CHECK(names("tags=red") == "alpha");
    CHECK(names("not-tags=red") == "beta");
    CHECK(names("flavor=1&sort_key=display_name&sort_dir=asc") == "alpha,beta");
    CHECK(names("flavor=9") == "");
    CHECK(names("changes-since=2100-01-01T00:00:00Z") == "");
    CHECK(names("changes-since=never") == "400");
    CHECK(names("bogus=1") == "400");
    CHECK(names("sort_key=bogus") == "400");
    CHECK(names("marker=bogus") == "400");
    CHECK(names("limit=1&sort_key=display_name&sort_dir=asc") == "alpha");
    CHECK(names("limit=0") == "");
    CHECK(names("limit=1&sort_key=display_name&sort_dir=asc&marker=" + a) == "beta");
    CHECK(names("ip=10.0.0&sort_key=display_name&sort_dir=asc") == "alpha,beta");
    CHECK(names("ip=10.9") == "");
    CHECK(names("", w.other) == "");
    CHECK(names("all_tenants=1") == "403");
    CHECK(names("", w.admin) == "");
    CHECK(names("all_tenants=1&sort_key=display_name&sort_dir=asc", w.admin) == "alpha,beta");
    auto page = w.call("GET", "/servers/detail?limit=1", w.member).json;
    CHECK(page.at("servers").as_array()[0].has("addresses"));
    CHECK(page.at("servers_links").as_array()[0].text("href").find("marker=") != std::string::npos);
}

TEST_CASE("nova servers: changed") {
    World w;
    std::string id = w.create_active("old");
    auto put = w.call("PUT", "/servers/" + id, w.member,
                      Json::object({{"server", Json::object({{"name", "new"},
                                                             {"accessIPv4", "192.0.2.9"},
                                                             {"description", "d"}})}}));
    CHECK(put.status == 200);
    CHECK(put.json.at("server").text("name") == "new");
    CHECK(w.show(id).text("accessIPv4") == "192.0.2.9");
    CHECK(w.call("PUT", "/servers/" + id, w.member,
                 Json::object({{"server", Json::object({{"status", "ERROR"}})}}))
              .status == 400);
    CHECK(w.call("PUT", "/servers/" + id, w.other,
                 Json::object({{"server", Json::object({{"name", "mine"}})}}))
              .status == 404);
}

TEST_CASE("nova servers: a given port stays when the server goes") {
    World w;
    auto port = w.cloud.post(
        "/network/v2.0/ports", w.member,
        Json::object({{"port", Json::object({{"network_id", w.network}, {"name", "mine"}})}}));
    REQUIRE(port.status == 201);
    std::string port_id = port.json.at("port").text("id");
    Json networks = Json::array({Json::object({{"port", port_id}})});
    std::string id = w.create_active("web", Json::object({{"networks", networks}}));
    auto again = w.call("POST", "/servers", w.member,
                        w.server_body("web", Json::object({{"networks", networks}})));
    CHECK(again.status == 409);
    w.call("DELETE", "/servers/" + id, w.member);
    w.settle();
    auto after = w.cloud.get("/network/v2.0/ports/" + port_id, w.member);
    REQUIRE(after.status == 200);
    CHECK(after.json.at("port").text("device_id") == "");
}

TEST_CASE("nova servers: a change answers without what extensions added, until 2.75") {
    World w;
    std::string id = w.create_active("web");
    auto change = [&](const char* version) {
        return w
            .call("PUT", "/servers/" + id, w.admin,
                  Json::object({{"server", Json::object({{"name", "x"}})}}), version)
            .json.at("server");
    };
    auto old = change("2.74");
    CHECK(old.text("name") == "x");
    CHECK(old.text("status") == "ACTIVE");
    CHECK(old.has("locked"));
    for (auto& [key, value] : old.as_object()) {
        CHECK(key.rfind("OS-EXT-", 0) != 0);
        CHECK(key.rfind("OS-SRV-", 0) != 0);
        CHECK(key.rfind("os-ext", 0) != 0);
        CHECK(key != "security_groups");
    }
    CHECK(!old.at("addresses").at("net").as_array()[0].has("OS-EXT-IPS:type"));
    auto now = change("2.75");
    CHECK(now.text("OS-EXT-STS:vm_state") == "active");
    CHECK(now.has("OS-SRV-USG:launched_at"));
}

TEST_CASE("nova servers: what is gone is shown to those who ask for changes") {
    World w;
    std::string kept = w.create_active("kept"), gone = w.create_active("gone");
    w.call("DELETE", "/servers/" + gone, w.member);
    w.settle();
    auto names = [&](const std::string& query, const std::string& token) {
        auto answer =
            w.call("GET", "/servers/detail?sort_key=display_name&sort_dir=asc&" + query, token);
        if (answer.status != 200) return std::to_string(answer.status);
        std::string out;
        for (auto& server : answer.json.at("servers").as_array())
            out += server.text("name") + ":" + server.text("status") + " ";
        return out;
    };
    CHECK(names("", w.member) == "kept:ACTIVE ");
    CHECK(names("changes-since=2000-01-01T00:00:00Z", w.member) == "gone:DELETED kept:ACTIVE ");
    CHECK(names("changes-since=2000-01-01T00:00:00Z&limit=1", w.member) == "gone:DELETED ");
    CHECK(names("changes-since=2000-01-01T00:00:00Z", w.other) == "");
    CHECK(names("deleted=true&all_tenants=1", w.admin) == "gone:DELETED ");
    CHECK(names("deleted=true", w.member) == "kept:ACTIVE ");
    CHECK(names("status=deleted&all_tenants=1", w.admin) == "gone:DELETED ");
    CHECK(names("status=deleted", w.member) == "403");
    CHECK(w.call("GET", "/servers/" + gone, w.member).status == 404);
    auto list = w.call("GET", "/servers/detail?deleted=true&all_tenants=1", w.admin);
    auto& server = list.json.at("servers").as_array()[0];
    CHECK(server.text("OS-EXT-STS:vm_state") == "deleted");
    CHECK(server.text("OS-SRV-USG:terminated_at") != "");
    CHECK(w.call("GET", "/limits", w.member)
              .json.at("limits")
              .at("absolute")
              .integer("totalInstancesUsed") == 1);
}
