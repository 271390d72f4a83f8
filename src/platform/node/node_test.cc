// SPDX-License-Identifier: Apache-2.0
// Nephele's own API: the journal as events and pages, policy explained, operations listed.
#include "platform/context/readiness.h"
#include "platform/journal/journal.h"
#include "tests/support/test_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::TestCloud;

namespace {
void append(TestCloud& cloud, const std::string& project, const std::string& id) {
    cloud.cloud().db().write([&](db::Tx& tx) {
        journal::append(tx, {cloud.cloud().now(), "u", "req-1", "test", "thing", id, project,
                             "create", Json::object({{"id", id}})});
    });
}
} // namespace

TEST_CASE("the journal can be read by pages, each project its own") {
    TestCloud cloud({});
    append(cloud, "p", "1");
    append(cloud, "q", "2");
    auto path = "/nephele/v1/journal?follow=false&kind=thing&cursor=";
    auto mine = cloud.get(path, cloud.token("p"));
    CHECK(mine.status == 200);
    REQUIRE(mine.json.at("records").size() == 1);
    CHECK(mine.json.at("records").as_array()[0].text("id") == "1");
    CHECK(cloud.get(path, cloud.admin()).json.at("records").size() == 2);
    CHECK(cloud.get(path, "").status == 401);
    CHECK(cloud.get("/nephele/v1/journal?project_id=q", cloud.token("p")).status == 403);
    CHECK(cloud.get("/nephele/v1/journal?nonsense=1", cloud.admin()).status == 400);
    CHECK(cloud.get("/nephele/v1/journal?cursor=what", cloud.admin()).status == 400);
}

TEST_CASE("a watcher hears changes as they are committed and can resume") {
    TestCloud cloud({}, {}, true);
    append(cloud, "p", "before");
    http::ClientRequest request;
    request.url = cloud.url() + "/nephele/v1/journal?kind=thing";
    request.headers.set("X-Auth-Token", cloud.token("p"));
    std::string heard;
    int made = 0;
    request.sink = [&](std::string_view bytes) {
        heard += bytes;
        // Each piece heard causes the next change, so the order is forced without waiting.
        if (made < 3) append(cloud, "p", "id" + std::to_string(++made));
        return heard.find("\"id\":\"id3\"") == std::string::npos;
    };
    try {
        http::fetch(request);
    } catch (const EngineFailure&) {
        // The sink ended the exchange.
    }
    CHECK(heard.find("before") == std::string::npos);
    for (auto id : {"id1", "id2", "id3"}) CHECK(heard.find(id) != std::string::npos);
    auto at = heard.find("id: ");
    std::string cursor = heard.substr(at + 4, heard.find('\n', at) - at - 4);
    auto rest =
        cloud.get("/nephele/v1/journal?follow=false&kind=thing&cursor=" + cursor, cloud.token("p"));
    CHECK(rest.json.at("records").size() == 2);
}

TEST_CASE("policy decisions are explained to administrators") {
    TestCloud cloud({});
    auto path = "/nephele/v1/policy/explain?service=nephele&rule=operation:list&roles=member";
    auto why = cloud.get(path, cloud.admin());
    CHECK(why.status == 200);
    CHECK_FALSE(why.json.at("explanation").boolean("allowed", true));
    CHECK(cloud.get(path, cloud.token("p")).status == 403);
    CHECK(cloud.get("/nephele/v1/operations", cloud.admin()).json.at("operations").size() == 0);
}

TEST_CASE("a node that cannot serve says what is missing and what to do") {
    TestCloud cloud({});
    auto ready = cloud.get("/readyz", "");
    CHECK(ready.status == 200);
    CHECK(ready.json.boolean("ready"));
    CHECK(ready.json.at("parts").size() == 2);
    cloud.cloud().state<Readiness>().parts.push_back(
        {"engine", [](Cloud&) { return std::string("It is away. Start it."); }});
    auto away = cloud.get("/readyz", "");
    CHECK(away.status == 503);
    CHECK_FALSE(away.json.boolean("ready"));
    CHECK(away.json.at("parts").as_array()[2].text("trouble") == "It is away. Start it.");
}
