// SPDX-License-Identifier: Apache-2.0
// Security groups and rules over HTTP.
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {

TEST_CASE("a project's default group is there when it is first asked for") {
    World world;
    auto groups = world.get("/network/v2.0/security-groups", world.alice);
    REQUIRE(groups.json.at("security_groups").size() == 1);
    auto& group = groups.json.at("security_groups").as_array()[0];
    CHECK(group.text("name") == "default");
    CHECK(group.at("security_group_rules").size() == 4);
    CHECK(world.ids("security-groups", world.alice).size() == 1);
    check_refused(world.post("/network/v2.0/security-groups", world.alice,
                             Json::parse(R"({"security_group":{"name":"default"}})")),
                  409, "SecurityGroupDefaultAlreadyExists");
    check_refused(world.del("/network/v2.0/security-groups/" + group.text("id"), world.alice), 409,
                  "SecurityGroupCannotRemoveDefault");
    check_refused(world.put("/network/v2.0/security-groups/" + group.text("id"), world.alice,
                            Json::parse(R"({"security_group":{"name":"x"}})")),
                  409, "SecurityGroupCannotUpdateDefault");
}

TEST_CASE("rules come and go, once each") {
    World world;
    auto group = world.make("security-groups", "security_group", world.alice,
                            Json::object({{"name", "web"}}));
    CHECK(group.at("security_group_rules").size() == 2);
    auto wish = [&](const char* fields) {
        Json rule = Json::parse(fields);
        rule["security_group_id"] = group.at("id");
        return world.post("/network/v2.0/security-group-rules", world.alice,
                          Json::object({{"security_group_rule", rule}}));
    };
    auto ssh = wish(R"({"direction":"ingress","protocol":"tcp","port_range_min":22,
                        "port_range_max":22,"remote_ip_prefix":"0.0.0.0/0"})");
    INFO(ssh.text);
    REQUIRE(ssh.status == 201);
    CHECK(ssh.json.at("security_group_rule").text("normalized_cidr") == "0.0.0.0/0");
    check_refused(wish(R"({"direction":"ingress","protocol":6,"port_range_min":"22",
                           "port_range_max":22})"),
                  409, "SecurityGroupRuleExists");
    check_refused(wish(R"({"direction":"sideways"})"), 400, "HTTPBadRequest");
    check_refused(wish(R"({"direction":"ingress","port_range_min":1,"port_range_max":2})"), 400,
                  "SecurityGroupProtocolRequiredWithPorts");
    check_refused(wish(R"({"direction":"egress"})"), 409, "SecurityGroupRuleExists");
    auto id = ssh.json.at("security_group_rule").text("id");
    CHECK(world.get("/network/v2.0/security-group-rules/" + id, world.bob).status == 404);
    CHECK(world.del("/network/v2.0/security-group-rules/" + id, world.alice).status == 204);
    check_refused(world.del("/network/v2.0/security-group-rules/" + id, world.alice), 404,
                  "SecurityGroupRuleNotFound");
    CHECK(world.ids("security-group-rules?security_group_id=" + group.text("id"), world.alice)
              .size() == 2);
}

TEST_CASE("a group in use stays; groups of others are not there") {
    World world;
    auto group = world.make("security-groups", "security_group", world.alice,
                            Json::object({{"name", "web"}}));
    auto network = world.network(world.alice);
    auto port = world.port(world.alice, network,
                           Json::object({{"security_groups", Json::array({group.at("id")})}}));
    std::string path = "/network/v2.0/security-groups/" + group.text("id");
    check_refused(world.del(path, world.alice), 409, "SecurityGroupInUse");
    check_refused(world.get(path, world.bob), 404, "SecurityGroupNotFound");
    world.del("/network/v2.0/ports/" + port.text("id"), world.alice);
    CHECK(world.del(path, world.alice).status == 204);
    check_refused(world.post("/network/v2.0/security-group-rules", world.bob,
                             Json::object({{"security_group_rule",
                                            Json::object({{"security_group_id", group.at("id")},
                                                          {"direction", "ingress"}})}})),
                  404, "SecurityGroupNotFound");
}

TEST_CASE("readers change nothing") {
    World world;
    auto reader = world.token("alice", {"reader"}, "looker");
    check_refused(world.post("/network/v2.0/security-groups", reader,
                             Json::parse(R"({"security_group":{"name":"x"}})")),
                  403, "PolicyNotAuthorized");
    CHECK(world.ids("security-groups", reader).size() == 1);
}

TEST_CASE("names, unknown groups and protocols are refused as upstream does") {
    World world;
    auto group = world.make("security-groups", "security_group", world.alice,
                            Json::object({{"name", "web"}}));
    std::string path = "/network/v2.0/security-groups/" + group.text("id");
    check_refused(
        world.put(path, world.alice, Json::parse(R"({"security_group":{"name":"default"}})")), 409,
        "SecurityGroupDefaultAlreadyExists");
    auto refuse = [&](Json more, int status, const char* type) {
        more["security_group_id"] = group.at("id");
        more["direction"] = "ingress";
        check_refused(world.post("/network/v2.0/security-group-rules", world.alice,
                                 Json::object({{"security_group_rule", more}})),
                      status, type);
    };
    refuse(Json::object({{"remote_group_id", "no such group"}}), 404, "SecurityGroupNotFound");
    for (const char* protocol : {"41", "43", "44", "58", "59", "60"})
        refuse(Json::object({{"protocol", protocol}, {"ethertype", "IPv4"}}), 400,
               "SecurityGroupEthertypeConflictWithProtocol");
    auto network = world.network(world.alice);
    check_refused(
        world.post(
            "/network/v2.0/ports", world.alice,
            Json::object(
                {{"port", Json::object({{"network_id", network.at("id")},
                                        {"security_groups",
                                         Json::array({group.at("id"), group.at("id")})}})}})),
        400, "HTTPBadRequest");
}

TEST_CASE("an administrator who asks for a project's groups sees its default group") {
    World world;
    CHECK(world.ids("security-groups?tenant_id=carol", world.root).size() == 1);
    CHECK(world.ids("security-groups?project_id=dave", world.root).size() == 1);
}

} // namespace nephele::neutron::testing
