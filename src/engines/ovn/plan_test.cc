// SPDX-License-Identifier: Apache-2.0
// The planner on replicas in memory.
#include "engines/ovn/fake.h"
#include "engines/ovn/rows.h"

#include "base/ids.h"
#include "base/time.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::ovn;

namespace {

Desired one_network() {
    Desired desired;
    desired.switches.push_back({{"network", "N"}, "neutron-N", {{"mcast_snoop", "false"}}});
    desired.dhcp_options.push_back(
        {{"dhcpv4", "S", "N"}, "10.0.0.0/24", {{"server_id", "10.0.0.1"}, {"lease_time", "3600"}}});
    desired.port_groups.push_back({{"security_group", "G"}, "pg_G"});
    desired.acls.push_back({.self = {"rule", "R1", "G"},
                            .group = {"security_group", "G"},
                            .priority = 1002,
                            .match = "outport == @pg_G && ip4",
                            .action = "allow-related"});
    SwitchPort port;
    port.self = {"port", "P1", "N", 1, {{"device", "vm1"}}};
    port.logical_switch = {"network", "N"};
    port.name = "P1";
    port.addresses = {"fa:16:3e:00:00:01 10.0.0.5"};
    port.port_security = port.addresses;
    port.dhcpv4 = RowKey{"dhcpv4", "S"};
    port.groups = {{"security_group", "G"}};
    desired.switch_ports.push_back(port);
    return desired;
}

SwitchPort second_port() {
    SwitchPort port = one_network().switch_ports[0];
    port.self.id = port.name = "P2";
    port.addresses = port.port_security = {"fa:16:3e:00:00:02 10.0.0.6"};
    return port;
}

Desired one_router() {
    Desired desired;
    desired.routers.push_back({{"router", "R"}, "neutron-R"});
    RouterPort gateway;
    gateway.self = {"router_port", "GW", "R"};
    gateway.router = {"router", "R"};
    gateway.name = "lrp-GW";
    gateway.mac = "fa:16:3e:00:00:fe";
    gateway.networks = {"172.24.4.10/24"};
    gateway.gateway_chassis = {{"hv1", 2}, {"hv2", 1}};
    desired.router_ports.push_back(gateway);
    desired.nats.push_back({.self = {"snat", "R:S", "R"},
                            .router = {"router", "R"},
                            .external_ip = "172.24.4.10",
                            .logical_ip = "10.0.0.0/24",
                            .gateway_port = RowKey{"router_port", "GW"}});
    desired.routes.push_back({.self = {"route", "R:default", "R"},
                              .router = {"router", "R"},
                              .ip_prefix = "0.0.0.0/0",
                              .nexthop = "172.24.4.1"});
    return desired;
}

struct Bench {
    MemoryDatabase database;
    Plan plan(const Desired& desired, const Scope& scope = {}, const PlanLimits& limits = {}) {
        return diff(database.replica(), desired, scope, limits);
    }
    Plan carry_out(const Desired& desired, const Scope& scope = {}, const PlanLimits& limits = {}) {
        Plan made = plan(desired, scope, limits);
        database.transact(made.operations);
        return made;
    }
    std::size_t rows(const char* table) { return database.replica().table(table).size(); }
    ovsdb::RowPointer only(const char* table) { return database.replica().singleton(table).second; }
    ovsdb::RowPointer find(const char* table, const std::string& id) {
        auto uuids = database.replica().find(table, "external_ids", id_entry, id);
        REQUIRE(uuids.size() == 1);
        return database.replica().row(table, uuids[0]);
    }
};

std::string text(const Plan& plan) { return Json(plan.operations).dump(); }

} // namespace

TEST_CASE("an empty database is filled in one transaction and then all is well") {
    Bench bench;
    auto plan = bench.carry_out(one_network());
    CHECK(plan.inserted == 5);
    CHECK(plan.unresolved.empty());
    CHECK(bench.plan(one_network()).empty());
    auto port = bench.find("Logical_Switch_Port", "P1");
    CHECK(port->entry("external_ids", "nephele:device") == "vm1");
    CHECK(port->boolean("enabled") == true);
    CHECK(port->uuids("dhcpv4_options").size() == 1);
    CHECK(bench.only("Logical_Switch")->uuids("ports").size() == 1);
    CHECK(bench.only("Port_Group")->uuids("ports").size() == 1);
    CHECK(bench.only("Port_Group")->uuids("acls").size() == 1);
}

TEST_CASE("a second port in scope costs one insert and one mutation for each holder") {
    Bench bench;
    bench.carry_out(one_network());
    Desired only_port;
    only_port.switch_ports = {second_port()};
    auto plan = bench.carry_out(only_port, Scope::of({"P2"}));
    CHECK(plan.operations.size() == 3);
    CHECK(plan.inserted == 1);
    CHECK(plan.deleted == 0);
    CHECK(bench.only("Logical_Switch")->uuids("ports").size() == 2);
    CHECK(bench.only("Port_Group")->uuids("ports").size() == 2);
    CHECK(bench.plan(only_port, Scope::of({"P2"})).empty());
}

TEST_CASE("a port leaves by its id, a network's rows by their owner") {
    Bench bench;
    bench.carry_out(one_network());
    Desired only_port;
    only_port.switch_ports = {second_port()};
    bench.carry_out(only_port, Scope::of({"P2"}));

    auto plan = bench.carry_out({}, Scope::of({"P2"}));
    CHECK(plan.deleted == 1);
    CHECK(plan.operations.size() == 1);
    CHECK(bench.rows("Logical_Switch_Port") == 1);
    CHECK(bench.only("Port_Group")->uuids("ports").size() == 1);

    plan = bench.carry_out({}, Scope::of({"N"}));
    CHECK(bench.rows("Logical_Switch") == 0);
    CHECK(bench.rows("Logical_Switch_Port") == 0);
    CHECK(bench.rows("DHCP_Options") == 0);
    CHECK(bench.rows("Port_Group") == 1);
}

TEST_CASE("changes are minimal") {
    Bench bench;
    bench.carry_out(one_network());
    SUBCASE("one entry of a map") {
        Desired desired = one_network();
        desired.dhcp_options[0].options["mtu"] = "1442";
        auto plan = bench.carry_out(desired);
        CHECK(plan.changed == 1);
        CHECK(text(plan).find(R"("mutations":[["options","insert",["map",[["mtu","1442"]]]]])") !=
              std::string::npos);
        CHECK(bench.only("DHCP_Options")->map("options").size() == 3);
    }
    SUBCASE("a changed entry is deleted first") {
        Desired desired = one_network();
        desired.dhcp_options[0].options = {
            {"server_id", "10.0.0.1"}, {"lease_time", "60"}, {"mtu", "1"}, {"router", "10.0.0.1"}};
        bench.carry_out(desired);
        CHECK(bench.only("DHCP_Options")->map("options") == desired.dhcp_options[0].options);
    }
    SUBCASE("a reference is cleared") {
        Desired desired = one_network();
        desired.switch_ports[0].dhcpv4.reset();
        bench.carry_out(desired);
        CHECK(bench.only("Logical_Switch_Port")->uuids("dhcpv4_options").empty());
    }
    SUBCASE("a port leaves its group and moves to another switch") {
        Desired desired = one_network();
        desired.switches.push_back({{"network", "N2"}, "neutron-N2"});
        desired.switch_ports[0].logical_switch = {"network", "N2"};
        desired.switch_ports[0].groups.clear();
        bench.carry_out(desired);
        CHECK(bench.rows("Logical_Switch_Port") == 1);
        CHECK(bench.find("Logical_Switch", "N")->uuids("ports").empty());
        CHECK(bench.find("Logical_Switch", "N2")->uuids("ports").size() == 1);
        CHECK(bench.only("Port_Group")->uuids("ports").empty());
        CHECK(bench.plan(desired).empty());
    }
    SUBCASE("a new revision alone touches external_ids alone") {
        Desired desired = one_network();
        desired.switch_ports[0].self.revision = 2;
        auto plan = bench.carry_out(desired);
        CHECK(plan.operations.size() == 1);
        CHECK(bench.only("Logical_Switch_Port")->entry("external_ids", "nephele:revision") == "2");
    }
}

TEST_CASE("what somebody else did to our rows is repaired, their own rows stay") {
    Bench bench;
    bench.carry_out(one_network());
    const std::string port = bench.database.replica().singleton("Logical_Switch_Port").first;
    using ovsdb::Value;
    bench.database.transact(
        {ovsdb::update("Logical_Switch_Port", {ovsdb::row_is(port)},
                       {{"addresses", Value("unknown")}, {"enabled", Value(false)}}),
         ovsdb::mutate("Logical_Switch_Port", {ovsdb::row_is(port)},
                       {{"external_ids", "insert", Value::map(ovsdb::StringMap{{"theirs", "1"}})}}),
         ovsdb::mutate("Port_Group", {},
                       {{"acls", "delete", bench.only("Port_Group")->value("acls")}}),
         ovsdb::insert("Logical_Switch_Port", {{"name", Value("foreign")}}, "theirs"),
         ovsdb::insert("Logical_Switch", {{"name", Value("foreign")},
                                          {"ports", Value::set({ovsdb::NamedUuid{"theirs"}})}}),
         ovsdb::insert("Port_Group",
                       {{"name", Value("foreign")}, {"ports", Value::uuids({port})}})});
    CHECK(bench.rows("ACL") == 0);
    auto plan = bench.carry_out(one_network());
    CHECK(plan.inserted == 1);
    CHECK(plan.changed == 1);
    auto row = bench.find("Logical_Switch_Port", "P1");
    CHECK(row->strings("addresses") == one_network().switch_ports[0].addresses);
    CHECK(row->boolean("enabled") == true);
    CHECK(row->entry("external_ids", "theirs") == "1");
    CHECK(bench.rows("Logical_Switch") == 2);
    CHECK(bench.rows("Logical_Switch_Port") == 2);
    CHECK(bench.rows("Port_Group") == 2);
    CHECK(bench.plan(one_network()).empty());
}

TEST_CASE("a router with gateway chassis, NAT and route comes, changes and goes") {
    Bench bench;
    bench.carry_out(one_router());
    CHECK(bench.plan(one_router()).empty());
    CHECK(bench.rows("Gateway_Chassis") == 2);
    CHECK(bench.only("NAT")->uuids("gateway_port").size() == 1);

    Desired changed = one_router();
    changed.router_ports[0].gateway_chassis = {{"hv2", 5}};
    changed.routes.clear();
    auto plan = bench.carry_out(changed, Scope::of({"R"}));
    CHECK(bench.rows("Gateway_Chassis") == 1);
    CHECK(bench.only("Gateway_Chassis")->integer("priority") == 5);
    CHECK(bench.rows("Logical_Router_Static_Route") == 0);
    CHECK(bench.plan(changed, Scope::of({"R"})).empty());

    bench.carry_out({}, Scope::of({"R"}));
    for (const auto& kind : table_kinds()) CHECK(bench.rows(kind.name) == 0);
}

TEST_CASE("an older revision neither overwrites nor deletes a newer one") {
    Bench bench;
    Desired newer = one_network();
    newer.switch_ports[0].self.revision = 9;
    newer.switch_ports[0].addresses = {"new"};
    bench.carry_out(newer);
    auto plan = bench.carry_out(one_network());
    CHECK(plan.stale == 1);
    CHECK(bench.only("Logical_Switch_Port")->strings("addresses") ==
          std::vector<std::string>{"new"});

    Desired without = one_network();
    without.switch_ports.clear();
    Scope scope;
    scope.as_of = 8;
    CHECK(bench.carry_out(without, scope).stale == 1);
    CHECK(bench.rows("Logical_Switch_Port") == 1);
    scope.as_of = 9;
    CHECK(bench.carry_out(without, scope).deleted == 1);
    CHECK(bench.rows("Logical_Switch_Port") == 0);
}

TEST_CASE("duplicates of a row are removed") {
    Bench bench;
    bench.carry_out(one_network());
    auto twin = *bench.only("Logical_Switch");
    bench.database.transact(
        {ovsdb::insert("Logical_Switch", {{"name", twin.value("name")},
                                          {"external_ids", twin.value("external_ids")}})});
    CHECK(bench.rows("Logical_Switch") == 2);
    CHECK(bench.carry_out(one_network()).deleted == 1);
    CHECK(bench.rows("Logical_Switch") == 1);
    CHECK(bench.plan(one_network()).empty());
}

TEST_CASE("a row whose switch is missing is reported and does not hold up the others") {
    Bench bench;
    Desired desired = one_network();
    desired.switches.clear();
    auto plan = bench.carry_out(desired);
    REQUIRE(plan.unresolved.size() == 1);
    CHECK(plan.unresolved[0] == "Logical_Switch_Port port P1 needs Logical_Switch network N");
    CHECK(bench.rows("Port_Group") == 1);
    CHECK(bench.rows("Logical_Switch_Port") == 0);
}

TEST_CASE("kinds keep two owners of full sets apart") {
    Bench bench;
    bench.carry_out(one_network());
    Desired balancers;
    balancers.load_balancers.push_back(
        {{"loadbalancer", "L"}, "lb", {{"10.0.0.9:80", "10.0.0.5:80"}}, "tcp"});
    balancers.load_balancers[0].switches = {{"network", "N"}};
    Scope scope;
    scope.kinds = {"loadbalancer"};
    auto plan = bench.carry_out(balancers, scope);
    CHECK(plan.deleted == 0);
    CHECK(bench.only("Logical_Switch")->uuids("load_balancer").size() == 1);
    CHECK(bench.carry_out({}, scope).deleted == 1);
    CHECK(bench.rows("Logical_Switch") == 1);
}

TEST_CASE("large sets go in several plans") {
    Bench bench;
    Desired desired = one_network();
    for (int i = 0; i < 50; ++i) {
        auto port = second_port();
        port.self.id = port.name = "Q" + std::to_string(i);
        desired.switch_ports.push_back(port);
    }
    PlanLimits limits;
    limits.inserts = 20;
    int rounds = 0;
    while (bench.carry_out(desired, {}, limits).partial) REQUIRE(++rounds < 10);
    CHECK(rounds == 2);
    CHECK(bench.rows("Logical_Switch_Port") == 51);
    CHECK(bench.plan(desired).empty());
}

TEST_CASE("from any state to any other in one plan, with nothing left to do") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SeededIds random(seed);
        CAPTURE(seed);
        Bench bench;
        for (int step = 0; step < 4; ++step) {
            Desired desired;
            auto some = [&](int most) { return static_cast<int>(random.number() % (most + 1)); };
            const int networks = some(3), groups = some(3);
            for (int n = 0; n < networks; ++n)
                desired.switches.push_back({{"network", "N" + std::to_string(n)},
                                            "switch",
                                            {{"vlan", std::to_string(some(2))}}});
            for (int g = 0; g < groups; ++g) {
                const std::string id = "G" + std::to_string(g);
                desired.port_groups.push_back({{"group", id}, "pg_" + id});
                for (int a = some(3); a > 0; --a)
                    desired.acls.push_back({.self = {"rule", id + std::to_string(a), id},
                                            .group = {"group", id},
                                            .priority = 1000 + some(2),
                                            .match = "ip4",
                                            .action = "drop"});
            }
            for (int p = 0; networks > 0 && p < 6; ++p) {
                if (some(2) == 0) continue;
                SwitchPort port = second_port();
                port.self.id = port.name = "P" + std::to_string(p);
                port.self.revision = step;
                port.logical_switch = {"network", "N" + std::to_string(some(networks - 1))};
                port.addresses.clear();
                for (int a = some(4); a > 0; --a)
                    port.addresses.push_back("mac" + std::to_string(some(9)));
                port.dhcpv4.reset();
                port.groups.clear();
                for (int g = 0; g < groups; ++g)
                    if (some(1)) port.groups.push_back({"group", "G" + std::to_string(g)});
                desired.switch_ports.push_back(port);
            }
            auto plan = bench.carry_out(desired);
            CHECK(plan.unresolved.empty());
            CHECK(text(bench.plan(desired)) == "[]");
            CHECK(bench.rows("Logical_Switch") == desired.switches.size());
            CHECK(bench.rows("Logical_Switch_Port") == desired.switch_ports.size());
            CHECK(bench.rows("ACL") == desired.acls.size());
        }
    }
}
