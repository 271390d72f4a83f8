// SPDX-License-Identifier: Apache-2.0
// Accounts and containers over HTTP: counters, metadata, listings in three forms, the pages beside.
#include "services/swift/test/store_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::StoreCloud;

TEST_CASE("an account nobody wrote to is an empty one") {
    StoreCloud cloud;
    auto head = cloud.ask("HEAD", "p1", cloud.member);
    CHECK(head.status == 204);
    CHECK(head.headers.get("X-Account-Container-Count") == "0");
    CHECK_FALSE(head.headers.get("X-Timestamp").empty());
    CHECK(cloud.ask("GET", "p1", cloud.member).status == 204);
    auto json = cloud.ask("GET", "p1?format=json", cloud.member);
    CHECK(json.status == 200);
    CHECK(json.text == "[]");
}

TEST_CASE("account metadata is added, changed and removed") {
    StoreCloud cloud;
    CHECK(cloud
              .ask("POST", "p1", cloud.member, "",
                   {{"X-Account-Meta-A", "1"},
                    {"X-Account-Meta-B", "2"},
                    {"X-Account-Meta-Temp-URL-Key", "secret"}})
              .status == 204);
    CHECK(cloud
              .ask("POST", "p1", cloud.member, "",
                   {{"X-Remove-Account-Meta-A", "x"}, {"X-Account-Meta-B", "3"}})
              .status == 204);
    auto head = cloud.ask("HEAD", "p1", cloud.member);
    CHECK_FALSE(head.headers.find("X-Account-Meta-A"));
    CHECK(head.headers.get("X-Account-Meta-B") == "3");
    CHECK(head.headers.get("X-Account-Meta-Temp-Url-Key") == "secret");
    StoreCloud::Fields many;
    for (int i = 0; i < 91; ++i) many.push_back({"X-Account-Meta-N" + std::to_string(i), "x"});
    CHECK(cloud.ask("POST", "p1", cloud.member, "", many).status == 400);
    // Also in two halves.
    StoreCloud::Fields half(many.begin(), many.begin() + 60);
    CHECK(cloud.ask("POST", "p1", cloud.member, "", half).status == 204);
    StoreCloud::Fields rest(many.begin() + 60, many.end());
    CHECK(cloud.ask("POST", "p1", cloud.member, "", rest).status == 400);
    CHECK(cloud.ask("PUT", "p1", cloud.member).status == 405);
    CHECK(cloud.ask("DELETE", "p1", cloud.member).status == 405);
}

TEST_CASE("containers are made, listed and removed") {
    StoreCloud cloud;
    CHECK(cloud.ask("PUT", "p1/b", cloud.member, "", {{"X-Container-Meta-X", "1"}}).status == 201);
    CHECK(cloud.ask("PUT", "p1/b", cloud.member).status == 202);
    CHECK(cloud.ask("PUT", "p1/a", cloud.member).status == 201);
    CHECK(cloud.ask("GET", "p1", cloud.member).text == "a\nb\n");
    CHECK(cloud.ask("GET", "p1?reverse=true", cloud.member).text == "b\na\n");
    CHECK(cloud.ask("GET", "p1?limit=1", cloud.member).text == "a\n");
    CHECK(cloud.ask("GET", "p1?limit=10001", cloud.member).status == 412);
    CHECK(cloud.ask("GET", "p1?marker=%ff", cloud.member).status == 400);
    auto json = cloud.ask("GET", "p1?format=json", cloud.member);
    REQUIRE(json.json.size() == 2);
    CHECK(json.json.as_array()[0].text("name") == "a");
    CHECK(json.json.as_array()[0].at("count").as_int() == 0);
    CHECK(cloud.ask("GET", "p1?format=xml", cloud.member).text.find("<name>a</name>") !=
          std::string::npos);
    CHECK(cloud.ask("GET", "p1", cloud.member, "", {{"Accept", "image/png"}}).status == 406);
    auto head = cloud.ask("HEAD", "p1/b", cloud.member);
    CHECK(head.status == 204);
    CHECK(head.headers.get("X-Container-Meta-X") == "1");
    CHECK(head.headers.get("X-Storage-Policy") == "Policy-0");
    CHECK(cloud.ask("POST", "p1/b", cloud.member, "", {{"X-Container-Meta-X", ""}}).status == 204);
    CHECK_FALSE(cloud.ask("HEAD", "p1/b", cloud.member).headers.find("X-Container-Meta-X"));
    CHECK(cloud.ask("POST", "p1/none", cloud.member).status == 404);
    CHECK(cloud.ask("DELETE", "p1/none", cloud.member).status == 404);
    cloud.ask("PUT", "p1/b/o", cloud.member, "x");
    CHECK(cloud.ask("DELETE", "p1/b", cloud.member).status == 409);
    CHECK(cloud.ask("HEAD", "p1", cloud.member)
              .headers.get("X-Account-Storage-Policy-Policy-0-Object-Count") == "1");
    cloud.ask("DELETE", "p1/b/o", cloud.member);
    CHECK(cloud.ask("DELETE", "p1/b", cloud.member).status == 204);
    CHECK(cloud.ask("PUT", "p1/" + std::string(257, 'c'), cloud.member).status == 400);
    CHECK(cloud.ask("PUT", "p1/x", cloud.member, "", {{"X-Storage-Policy", "gold"}}).status == 400);
    CHECK(cloud.ask("PUT", "p1/x", cloud.member, "", {{"X-Container-Write", ".r:*"}}).status ==
          400);
}

TEST_CASE("a policy is for life") {
    StoreCloud cloud({"swift.policies=[\"gold\", \"silver\"]"});
    CHECK(cloud.ask("PUT", "p1/c", cloud.member, "", {{"X-Storage-Policy", "Silver"}}).status ==
          201);
    CHECK(cloud.ask("PUT", "p1/c", cloud.member, "", {{"X-Storage-Policy", "gold"}}).status == 409);
    CHECK(cloud.ask("PUT", "p1/c", cloud.member).status == 202);
    CHECK(cloud.ask("HEAD", "p1/c", cloud.member).headers.get("X-Storage-Policy") == "silver");
}

TEST_CASE("listings of objects") {
    StoreCloud cloud;
    cloud.ask("PUT", "p1/c", cloud.member);
    for (auto* name : {"a", "b/1", "b/2", "%3C%22%26%3E"})
        CHECK(cloud.ask("PUT", std::string("p1/c/") + name, cloud.member, "hello").status == 201);
    CHECK(cloud.ask("GET", "p1/c?delimiter=/", cloud.member).text == "<\"&>\na\nb/\n");
    CHECK(cloud.ask("GET", "p1/c?path=b", cloud.member).text == "b/1\nb/2\n");
    CHECK(cloud.ask("GET", "p1/c?prefix=b/&marker=b/1", cloud.member).text == "b/2\n");
    auto json =
        cloud.ask("GET", "p1/c?delimiter=/", cloud.member, "", {{"Accept", "application/json"}});
    CHECK(json.headers.get("Vary") == "Accept");
    REQUIRE(json.json.size() == 3);
    const Json& row = json.json.as_array()[1];
    CHECK(row.text("hash") == "5d41402abc4b2a76b9719d911017c592");
    CHECK(row.at("bytes").as_int() == 5);
    CHECK(row.text("last_modified").size() == 26);
    CHECK(json.json.as_array()[2].text("subdir") == "b/");
    auto xml = cloud.ask("GET", "p1/c?format=xml", cloud.member).text;
    CHECK(xml.find("<name>&lt;&quot;&amp;&gt;</name>") != std::string::npos);
    CHECK(cloud.ask("HEAD", "p1/c", cloud.member).headers.get("X-Container-Bytes-Used") == "20");
}

TEST_CASE("capabilities, health, the policy for plug-ins, also at the root of the host") {
    StoreCloud cloud;
    CHECK(cloud.get("/info", "").json.at("swift").at("max_file_size").as_int() == 5368709122);
    CHECK(cloud.at("GET", "/info", "").status == 200);
    CHECK(cloud.at("HEAD", "/info", "").status == 200);
    CHECK(cloud.at("OPTIONS", "/info", "").headers.get("Allow") == "HEAD, GET, OPTIONS");
    CHECK(cloud.at("PUT", "/info", "").status == 405);
    CHECK(cloud.get("/healthcheck", "").text == "OK");
    CHECK(cloud.get("/crossdomain.xml", "").text.find("cross-domain-policy") != std::string::npos);
}
