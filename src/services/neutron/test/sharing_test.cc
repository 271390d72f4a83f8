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

} // namespace nephele::neutron::testing
