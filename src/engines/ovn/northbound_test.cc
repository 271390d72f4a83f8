// SPDX-License-Identifier: Apache-2.0
// The contract of Northbound, run against the fake and against a real ovsdb-server; northd joins
// where it is installed.
#include "engines/ovn/fake.h"
#include "engines/ovn/rows.h"
#include "engines/ovsdb/client.h"
#include "engines/ovsdb/private_server.h"

#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <mutex>
#include <thread>

using namespace nephele;
using namespace nephele::ovn;

namespace {

const char* northbound_schema = "/usr/share/ovn/ovn-nb.ovsschema";
const char* southbound_schema = "/usr/share/ovn/ovn-sb.ovsschema";

SwitchPort port(const std::string& id, const std::string& network) {
    SwitchPort made;
    made.self = {"port", id, network, 1, {{"device", "vm"}}};
    made.logical_switch = {"network", network};
    made.name = id;
    made.addresses = {"fa:16:3e:00:00:01 10.0.0.5"};
    made.port_security = made.addresses;
    made.groups = {{"security_group", "G"}};
    made.dhcpv4 = RowKey{"dhcpv4", "S"};
    return made;
}

void add_routing(Desired& desired) {
    RouterPort inner;
    inner.self = {"router_port", "RP", "R"};
    inner.router = {"router", "R"};
    inner.name = "lrp-RP";
    inner.mac = "fa:16:3e:00:00:fe";
    inner.networks = {"10.0.0.1/24", "2001:db8::1/64"};
    inner.ipv6_ra_configs = {{"address_mode", "slaac"}};
    inner.gateway_chassis = {{"hv1", 2}, {"hv2", 1}};
    desired.router_ports.push_back(inner);
    desired.nats.push_back({.self = {"snat", "R:S", "R"},
                            .router = {"router", "R"},
                            .external_ip = "172.24.4.10",
                            .logical_ip = "10.0.0.0/24"});
    desired.nats.push_back({.self = {"floating_ip", "F", "R"},
                            .router = {"router", "R"},
                            .type = Nat::Type::dnat_and_snat,
                            .external_ip = "172.24.4.20",
                            .logical_ip = "10.0.0.5",
                            .external_mac = "fa:16:3e:00:00:33",
                            .logical_port = "P1",
                            .gateway_port = RowKey{"router_port", "RP"}});
    desired.routes.push_back({.self = {"route", "R:0", "R"},
                              .router = {"router", "R"},
                              .ip_prefix = "0.0.0.0/0",
                              .nexthop = "10.0.0.254",
                              .output_port = "lrp-RP"});
    desired.policies.push_back({{"policy", "R:P", "R"},
                                {"router", "R"},
                                10,
                                "ip4.src == 10.0.0.5",
                                "reroute",
                                {"10.0.0.7"}});
}

/// Everything the model can say, so that the real schema checks every column.
Desired everything() {
    Desired desired;
    desired.address_sets.push_back({{"address_group", "A"}, "as_A", {"10.0.0.1", "10.0.0.2"}});
    desired.dhcp_options.push_back(
        {{"dhcpv4", "S", "N"}, "10.0.0.0/24", {{"server_id", "10.0.0.1"}, {"lease_time", "60"}}});
    desired.dhcp_options.push_back(
        {{"dhcpv6", "S6", "N"}, "2001:db8::/64", {{"server_id", "fa:16:3e:00:00:aa"}}});
    desired.port_groups.push_back({{"security_group", "G"}, "pg_G"});
    desired.switches.push_back({{"network", "N"}, "neutron-N", {{"mcast_snoop", "false"}}});
    desired.routers.push_back({{"router", "R"}, "neutron-R", true, {{"mcast_relay", "false"}}});
    desired.dns.push_back(
        {{"dns", "N", "N"}, {{"vm.example.org", "10.0.0.5"}}, {{"network", "N"}}});
    desired.load_balancers.push_back({{"loadbalancer", "L"},
                                      "lb",
                                      {{"10.0.0.100:80", "10.0.0.5:80"}},
                                      "tcp",
                                      {"ip_src"},
                                      {{"reject", "true"}},
                                      {{"network", "N"}},
                                      {{"router", "R"}}});
    desired.switch_ports.push_back(port("P1", "N"));
    SwitchPort child = port("P2", "N");
    child.parent_name = "P1";
    child.tag = 7;
    child.enabled = false;
    child.dhcpv6 = RowKey{"dhcpv6", "S6"};
    child.addresses = child.port_security = {"fa:16:3e:00:00:02 10.0.0.6", "unknown"};
    desired.switch_ports.push_back(child);
    SwitchPort peer;
    peer.self = {"router_port", "RP", "N"};
    peer.logical_switch = {"network", "N"};
    peer.name = "RP";
    peer.type = "router";
    peer.addresses = {"router"};
    peer.options = {{"router-port", "lrp-RP"}};
    desired.switch_ports.push_back(peer);
    add_routing(desired);
    desired.qos_rules.push_back({.self = {"qos", "Q", "N"},
                                 .logical_switch = {"network", "N"},
                                 .direction = Acl::Direction::from_port,
                                 .priority = 2002,
                                 .match = "inport == \"P1\"",
                                 .dscp = 16,
                                 .rate_kbps = 1000,
                                 .burst_kb = 800});
    desired.acls.push_back({.self = {"rule", "A1", "G"},
                            .group = {"security_group", "G"},
                            .priority = 1002,
                            .match = "outport == @pg_G && ip4 && ip4.src == $as_A",
                            .action = "allow-related",
                            .log = true,
                            .name = "rule",
                            .severity = "info",
                            .label = 0});
    desired.acls.push_back({.self = {"rule", "A2", "G"},
                            .group = {"security_group", "G"},
                            .direction = Acl::Direction::from_port,
                            .priority = 1001,
                            .match = "inport == @pg_G && ip",
                            .action = "drop"});
    return desired;
}

void check_contract(Northbound& northbound) {
    auto applied = northbound.apply(everything());
    CHECK(applied.transactions == 1);
    CHECK(northbound.preview(everything()).empty());
    CHECK(northbound.apply(everything()).transactions == 0);

    Desired more;
    more.switch_ports = {port("P3", "N")};
    applied = northbound.apply(more, Scope::of({"P3"}));
    CHECK(applied.inserted == 1);
    CHECK(applied.transactions == 1);
    CHECK(northbound.port_states().size() == 4);

    // Everything without P3 removes it; a changed entry of each column kind is put right.
    Desired changed = everything();
    changed.address_sets[0].addresses = {"10.0.0.2", "10.0.0.3"};
    changed.dhcp_options[0].options["lease_time"] = "120";
    changed.switch_ports[1].tag.reset();
    changed.switch_ports[1].parent_name.clear();
    changed.switch_ports[1].groups.clear();
    changed.router_ports[0].networks = {"10.0.0.1/24"};
    changed.router_ports[0].gateway_chassis = {{"hv2", 3}};
    changed.nats[1].external_mac.clear();
    changed.nats[1].logical_port.clear();
    changed.qos_rules[0].dscp.reset();
    changed.load_balancers[0].routers.clear();
    changed.acls.pop_back();
    northbound.apply(changed);
    CHECK(northbound.preview(changed).empty());
    CHECK(northbound.port_states().size() == 3);

    Desired orphan;
    orphan.switch_ports = {port("P9", "elsewhere")};
    try {
        northbound.apply(orphan, Scope::of({"P9"}));
        FAIL("written without its switch");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::transient);
        CHECK(std::string(failure.what()).find("network elsewhere") != std::string::npos);
    }

    // A name that is taken in the same plan is a mistake that no repetition heals.
    Desired clash;
    clash.switch_ports = {port("P5", "N"), port("P6", "N")};
    clash.switch_ports[1].name = "P5";
    try {
        northbound.apply(clash, Scope::of({"P5", "P6"}));
        FAIL("two ports of one name");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::permanent);
    }

    northbound.apply({});
    CHECK(northbound.preview({}).empty());
    CHECK(northbound.port_states().empty());
}

} // namespace

TEST_CASE("contract: fake") {
    FakeNorthbound northbound;
    check_contract(northbound);
}

TEST_CASE("the fake fails on demand") {
    FakeNorthbound northbound;
    northbound.fail_next(EngineFailure::Kind::transient);
    CHECK_THROWS_AS(northbound.apply(everything()), EngineFailure);
    CHECK(northbound.port_states().empty());
    northbound.fail_next(EngineFailure::Kind::unknown, 1, true);
    CHECK_THROWS_AS(northbound.apply(everything()), EngineFailure);
    CHECK(northbound.port_states().size() == 3);
    CHECK(northbound.apply(everything()).transactions == 0);

    std::vector<std::string> heard;
    northbound.on_port_state([&](const PortState& state) {
        heard.push_back(state.port.id + (state.up ? " up" : " down"));
    });
    northbound.set_port_up({"port", "P1"}, true);
    northbound.set_port_up({"port", "P1"}, true);
    northbound.set_port_up({"port", "P1"}, false);
    CHECK(heard == std::vector<std::string>{"P1 up", "P1 down"});
}

TEST_CASE("contract: a real server") {
    if (!ovsdb::PrivateServer::available(northbound_schema)) {
        MESSAGE("ovsdb-server or the OVN schema is not installed: skipped");
        return;
    }
    ovsdb::PrivateServer server(northbound_schema);
    auto northbound = connect_northbound(server.remote());
    check_contract(*northbound);

    SUBCASE("two writers that race make each row once") {
        auto second = connect_northbound(server.remote());
        second->preview({});
        std::thread other([&] {
            for (int i = 0; i < 20; ++i) second->apply(everything());
        });
        for (int i = 0; i < 20; ++i) northbound->apply(everything());
        other.join();
        CHECK(northbound->preview(everything()).empty());
        CHECK(northbound->apply(everything()).deleted == 0);
    }
    SUBCASE("after a crash of the server the work goes on") {
        northbound->apply(everything());
        server.kill();
        server.start();
        Desired more;
        more.switch_ports = {port("P3", "N")};
        for (int attempt = 0;; ++attempt) {
            REQUIRE(attempt < 5);
            try {
                northbound->apply(more, Scope::of({"P3"}));
                break;
            } catch (const EngineFailure& failure) {
                CHECK(failure.kind != EngineFailure::Kind::permanent);
            }
        }
        CHECK(northbound->port_states().size() == 4);
    }
}

TEST_CASE("northd translates, and a port that a chassis has comes up") {
    if (!ovsdb::PrivateServer::available(northbound_schema) ||
        !run_process({"ovn-northd", "--version"}).ok()) {
        MESSAGE("OVN is not installed: skipped");
        return;
    }
    ovsdb::PrivateServer north(northbound_schema), south(southbound_schema);
    auto northd = ChildProcess::start(
        {"ovn-northd", "--ovnnb-db=" + north.remote(), "--ovnsb-db=" + south.remote(),
         "--unixctl=" + north.directory() + "/northd.ctl", "--no-chdir"},
        north.directory() + "/northd.log");
    auto northbound = connect_northbound(north.remote());
    std::mutex mutex;
    std::condition_variable changed;
    bool up = false;
    northbound->on_port_state([&](const PortState& state) {
        std::lock_guard lock(mutex);
        if (state.port.id == "P1") up = state.up;
        changed.notify_all();
    });
    northbound->apply(everything());
    northbound->sync(Reach::southbound, 20'000);

    ovsdb::ClientOptions options;
    options.remote = south.remote();
    options.database = "OVN_Southbound";
    options.watches = {{"Port_Binding", {"logical_port", "type", "external_ids"}}};
    ovsdb::Client southbound(options);
    REQUIRE(southbound.wait_ready(10'000));
    std::size_t bindings = 0;
    southbound.read([&](const ovsdb::Replica& replica) {
        for (const auto& [uuid, row] : replica.table("Port_Binding"))
            if (row->text("logical_port") == "P1") {
                CHECK(row->entry("external_ids", "nephele:id") == "P1");
                ++bindings;
            }
    });
    CHECK(bindings == 1);

    // What ovn-controller does when the interface appears on its chassis.
    using ovsdb::Value;
    southbound.transact(
        {ovsdb::insert("Encap",
                       {{"type", Value("geneve")},
                        {"ip", Value("127.0.0.1")},
                        {"chassis_name", Value("hv1")}},
                       "encap"),
         ovsdb::insert(
             "Chassis",
             {{"name", Value("hv1")}, {"encaps", Value::set({ovsdb::NamedUuid{"encap"}})}}, "hv1"),
         ovsdb::update("Port_Binding", {{"logical_port", "==", Value("P1")}},
                       {{"chassis", Value::set({ovsdb::NamedUuid{"hv1"}})}, {"up", Value(true)}})});
    std::unique_lock lock(mutex);
    CHECK(changed.wait_for(lock, std::chrono::seconds(20), [&] { return up; }));
}
