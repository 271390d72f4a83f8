// SPDX-License-Identifier: Apache-2.0
// RBAC policies and address scopes over HTTP.
#include "services/neutron/test/world.h"

namespace nephele::neutron::testing {

TEST_CASE("a network is shared with one project and taken back") {
    World world;
    auto network = world.network(world.alice);
    auto policy = world.make("rbac-policies", "rbac_policy", world.alice,
                             Json::object({{"object_type", "network"},
                                           {"object_id", network.at("id")},
                                           {"target_tenant", "bob"},
                                           {"action", "access_as_shared"}}));
    auto seen = world.show("networks", "network", world.bob, network);
    CHECK(seen.boolean("shared"));
    CHECK_FALSE(world.show("networks", "network", world.alice, network).boolean("shared"));
    CHECK(world.get("/network/v2.0/networks/" + network.text("id"), world.token("carol")).status ==
          404);
    auto port = world.port(world.bob, network);
    std::string path = "/network/v2.0/rbac-policies/" + policy.text("id");
    check_refused(world.del(path, world.alice), 409, "RbacPolicyInUse");
    world.del("/network/v2.0/ports/" + port.text("id"), world.bob);
    CHECK(world.del(path, world.alice).status == 204);
    CHECK(world.get("/network/v2.0/networks/" + network.text("id"), world.bob).status == 404);
}

TEST_CASE("only administrators share with everybody; nobody shares what is not his") {
    World world;
    auto network = world.network(world.alice);
    auto wish = Json::object({{"rbac_policy", Json::object({{"object_type", "network"},
                                                            {"object_id", network.at("id")},
                                                            {"target_tenant", "*"},
                                                            {"action", "access_as_shared"}})}});
    check_refused(world.post("/network/v2.0/rbac-policies", world.alice, wish), 403,
                  "PolicyNotAuthorized");
    check_refused(world.post("/network/v2.0/rbac-policies", world.bob, wish), 404,
                  "NetworkNotFound");
    CHECK(world.post("/network/v2.0/rbac-policies", world.root, wish).status == 201);
    CHECK(world.show("networks", "network", world.bob, network).boolean("shared"));
    check_refused(world.post("/network/v2.0/rbac-policies", world.root, wish), 409,
                  "DuplicateRbacPolicy");
}

TEST_CASE("the shared flag of a network is the same as a policy for all") {
    World world;
    auto network = world.make("networks", "network", world.root, Json::object({{"shared", true}}));
    CHECK(world.ids("rbac-policies", world.root).size() == 1);
    auto port = world.port(world.bob, network);
    std::string path = "/network/v2.0/networks/" + network.text("id");
    auto close = Json::parse(R"({"network":{"shared":false}})");
    check_refused(world.put(path, world.root, close), 409, "InvalidSharedSetting");
    world.del("/network/v2.0/ports/" + port.text("id"), world.bob);
    CHECK(world.put(path, world.root, close).status == 200);
    CHECK(world.ids("rbac-policies", world.root).empty());
    CHECK(world.ids("networks", world.bob).empty());
}

TEST_CASE("address scopes keep pools apart") {
    World world;
    auto scope = world.make("address-scopes", "address_scope", world.alice,
                            Json::object({{"name", "s"}, {"ip_version", 4}}));
    auto pool = [&](const char* prefix) {
        return world.post(
            "/network/v2.0/subnetpools", world.alice,
            Json::object({{"subnetpool", Json::object({{"name", "p"},
                                                       {"prefixes", Json::array({prefix})},
                                                       {"address_scope_id", scope.at("id")}})}}));
    };
    CHECK(pool("10.0.0.0/16").status == 201);
    check_refused(pool("10.0.4.0/24"), 409, "AddressScopePrefixConflict");
    check_refused(world.del("/network/v2.0/address-scopes/" + scope.text("id"), world.alice), 409,
                  "AddressScopeInUse");
}

namespace {
Json policy_on(const char* type, const Json& object, const std::string& target,
               const char* action = "access_as_shared") {
    return Json::object({{"object_type", type},
                         {"object_id", object.at("id")},
                         {"target_tenant", target},
                         {"action", action}});
}
} // namespace

TEST_CASE("a policy is its owner's to see, and only owners write policies") {
    World world;
    auto network = world.network(world.alice);
    auto policy = world.make("rbac-policies", "rbac_policy", world.alice,
                             policy_on("network", network, "bob"));
    CHECK(world.ids("rbac-policies", world.bob).empty());
    CHECK(world.ids("rbac-policies", world.alice).size() == 1);
    check_refused(world.post("/network/v2.0/rbac-policies", world.bob,
                             Json::object({{"rbac_policy", policy_on("network", network, "bob")}})),
                  400, "HTTPBadRequest");
}

TEST_CASE("an external network's policies stay while gateways need them") {
    World world;
    auto network = world.network(world.root, "out");
    world.subnet(world.root, network, "172.24.5.0/24", Json::object({{"enable_dhcp", false}}));
    auto external = [&](const std::string& target) {
        return world
            .make("rbac-policies", "rbac_policy", world.root,
                  policy_on("network", network, target, "access_as_external"))
            .text("id");
    };
    auto remove = [&](const std::string& id) {
        return world.del("/network/v2.0/rbac-policies/" + id, world.root);
    };
    auto all = external("*");
    auto router = world.make("routers", "router", world.bob,
                             Json::object({{"external_gateway_info",
                                            Json::object({{"network_id", network.at("id")}})}}));
    check_refused(remove(all), 409, "RbacPolicyInUse");
    auto retarget = [&](const std::string& id, const char* target) {
        return world.put(
            "/network/v2.0/rbac-policies/" + id, world.root,
            Json::object({{"rbac_policy", Json::object({{"target_tenant", target}})}}));
    };
    check_refused(retarget(all, "carol"), 409, "RbacPolicyInUse");
    CHECK(retarget(all, "bob").status == 200);
    CHECK(retarget(all, "*").status == 200);
    auto own = external("bob");
    CHECK(remove(all).status == 204);
    check_refused(remove(own), 409, "RbacPolicyInUse");
    all = external("*");
    CHECK(remove(own).status == 204);
    CHECK(world.del("/network/v2.0/routers/" + router.text("id"), world.bob).status == 204);
    std::string path = "/network/v2.0/networks/" + network.text("id");
    world.put(path, world.root, Json::parse(R"({"network":{"is_default":true}})"));
    check_refused(remove(all), 409, "RbacPolicyInUse");
    world.put(path, world.root, Json::parse(R"({"network":{"is_default":false}})"));
    CHECK(remove(all).status == 204);
}

TEST_CASE("policies on groups, pools and scopes stay while they are used") {
    World world;
    auto group = world.make("security-groups", "security_group", world.root,
                            Json::object({{"name", "web"}}));
    auto policy = world.make("rbac-policies", "rbac_policy", world.root,
                             policy_on("security_group", group, "bob"));
    auto network = world.network(world.bob);
    auto port = world.port(world.bob, network,
                           Json::object({{"security_groups", Json::array({group.at("id")})}}));
    std::string path = "/network/v2.0/rbac-policies/" + policy.text("id");
    check_refused(world.del(path, world.root), 409, "RbacPolicyInUse");
    CHECK(world.del("/network/v2.0/ports/" + port.text("id"), world.bob).status == 204);
    CHECK(world.del(path, world.root).status == 204);

    auto scope = world.make("address-scopes", "address_scope", world.root,
                            Json::object({{"name", "s"}, {"ip_version", 4}}));
    auto opened = world.make("rbac-policies", "rbac_policy", world.root,
                             policy_on("address_scope", scope, "alice"));
    auto pool = world.make("subnetpools", "subnetpool", world.alice,
                           Json::object({{"name", "p"},
                                         {"prefixes", Json::array({"10.0.0.0/16"})},
                                         {"min_prefixlen", 24},
                                         {"address_scope_id", scope.at("id")}}));
    CHECK(pool.text("min_prefixlen") == "24");
    check_refused(world.del("/network/v2.0/rbac-policies/" + opened.text("id"), world.root), 409,
                  "RbacPolicyInUse");
    check_refused(world.post("/network/v2.0/rbac-policies", world.alice,
                             Json::object({{"rbac_policy", policy_on("subnetpool", pool, "bob")}})),
                  400, "HTTPBadRequest");
    check_refused(world.put("/network/v2.0/subnetpools/" + pool.text("id"), world.alice,
                            Json::parse(R"({"subnetpool":{"prefixes":["10.0.0.0/17"]}})")),
                  400, "IllegalSubnetPoolPrefixUpdate");
}

} // namespace nephele::neutron::testing
