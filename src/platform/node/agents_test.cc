// SPDX-License-Identifier: Apache-2.0
// Hosts that join by Nephele's own API, and the node's door for them.
#include "platform/agent_link/remote_link.h"
#include "tests/support/test_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::TestCloud;

namespace {
Json order(const std::string& host) {
    return Json::object({{"token", Json::object({{"host", host}})}});
}
const std::string agents = "/nephele/v1/agents";

std::string url_of(TestCloud& cloud) {
    return "https://127.0.0.1:" + std::to_string(cloud.node().agent_port());
}
} // namespace

TEST_CASE("a token lets a host in, the list shows it, and thrown out it stays out") {
    TestCloud cloud({}, {"agent.listen=true", "agent.port=0", "agent.address=127.0.0.1"});
    auto made = cloud.post(agents + "/tokens", cloud.admin(), order("node-7"));
    REQUIRE(made.status == 201);
    test::TempDir dir("agent");
    auto identity = agent::join_cloud({url_of(cloud)}, made.json.at("token").text("text"), "node-7",
                                      dir.file("a"));
    auto link = agent::remote_link(identity, system_clock());
    link->hello("node-7", Json::object({{"cpus", 4}}));
    auto listed = cloud.get(agents, cloud.admin());
    REQUIRE(listed.json.at("agents").size() == 1);
    const Json& one = listed.json.at("agents").as_array()[0];
    CHECK(one.text("host") == "node-7");
    CHECK(one.boolean("remote"));
    CHECK(one.boolean("connected"));
    CHECK(one.at("facts").integer("cpus") == 4);
    CHECK(cloud.del(agents + "/node-7", cloud.admin()).status == 204);
    CHECK(cloud.del(agents + "/node-7", cloud.admin()).status == 404);
    auto again = agent::remote_link(identity, system_clock());
    CHECK_THROWS_AS((void)again->pull("node-7", 0, 0), EngineFailure);
}

TEST_CASE("only administrators admit hosts, and only where there is a door") {
    TestCloud closed({});
    CHECK(closed.post(agents + "/tokens", closed.admin(), order("")).status == 409);
    TestCloud cloud({}, {"agent.listen=true", "agent.port=0"});
    const Json no_time = Json::object({{"token", Json::object({{"minutes", 0}})}});
    CHECK(cloud.post(agents + "/tokens", cloud.admin(), no_time).status == 400);
}
