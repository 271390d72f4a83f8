// SPDX-License-Identifier: Apache-2.0
// Two namespaces on one logical switch, through OVN, Open vSwitch and veth pairs, by our engines
// only: they reach each other exactly when the port group's rules say so.
#include "base/ids.h"
#include "base/process.h"
#include "base/strings.h"
#include "engines/ovn/northbound.h"
#include "engines/ovs/host_links.h"
#include "engines/ovs/local_switch.h"
#include "tests/live/live_environment.h"

#include <sys/socket.h>
#include <unistd.h>

using namespace nephele;
using nephele::live::environment;
using nephele::live::eventually;

namespace {

struct Network {
    std::string id = "live-" + system_ids().hex().substr(0, 8);
    std::unique_ptr<ovn::Northbound> north = ovn::connect_northbound(environment("OVN_NB"));
    std::unique_ptr<ovs::LocalSwitch> local =
        ovs::connect_local_switch(environment("OVS_DB"), environment("INTEGRATION_BRIDGE"));
    std::unique_ptr<ovs::HostLinks> links = ovs::host_links();

    ~Network() {
        for (int n : {1, 2}) {
            local->ensure_no_port(device(n));
            links->ensure_no_namespace(name_space(n));
        }
        north->apply({}, ovn::Scope::of({id}));
    }

    std::string port(int n) const { return format("{}-{}", id, n); }
    std::string device(int n) const { return format("nt{}{}", id.substr(5, 8), n); }
    std::string name_space(int n) const { return format("ovnmeta-{}-{}", id, n); }
    std::string mac(int n) const { return format("fa:16:3e:7f:00:0{}", n); }
    std::string address(int n) const { return format("10.99.0.{}", n); }

    ovn::Desired desired(bool allowed) const {
        const std::string group = replace_all(id, "-", "_");
        ovn::Desired desired;
        desired.switches.push_back({{"live_network", id}, id, {{"mcast_snoop", "false"}}});
        desired.port_groups.push_back({{"live_group", id}, group});
        for (int n : {1, 2}) {
            ovn::SwitchPort made;
            made.self = {"live_port", port(n), id};
            made.logical_switch = {"live_network", id};
            made.name = port(n);
            made.addresses = made.port_security = {mac(n) + " " + address(n)};
            made.groups = {{"live_group", id}};
            desired.switch_ports.push_back(made);
        }
        auto rule = [&](const std::string& name, ovn::Acl::Direction direction, int priority,
                        const std::string& match, const std::string& action) {
            desired.acls.push_back({.self = {"live_rule", id + name, id},
                                    .group = {"live_group", id},
                                    .direction = direction,
                                    .priority = priority,
                                    .match = match,
                                    .action = action});
        };
        using Direction = ovn::Acl::Direction;
        rule("drop-in", Direction::to_port, 1001, "outport == @" + group + " && ip", "drop");
        rule("out", Direction::from_port, 1002, "inport == @" + group + " && ip4", "allow-related");
        if (allowed)
            rule("in", Direction::to_port, 1002, "outport == @" + group + " && ip4",
                 "allow-related");
        return desired;
    }

    void plug(int n) {
        ovs::NamespaceLink link;
        link.name_space = name_space(n);
        link.device = device(n);
        link.mac = mac(n);
        link.mtu = 1442;
        link.addresses = {address(n) + "/24"};
        link.compute_checksums = !local->facts().completes_checksums();
        links->ensure_namespace_link(link);
        links->ensure_namespace_link(link);
        local->ensure_port({device(n), port(n), mac(n), ""});
        local->ensure_port({device(n), port(n), mac(n), ""});
    }

    bool up(int n) const {
        for (const auto& state : north->port_states())
            if (state.name == port(n)) return state.up;
        return false;
    }

    bool ping() const {
        return run_process(
                   {"ip", "netns", "exec", name_space(1), "ping", "-c", "1", "-W", "1", address(2)})
            .ok();
    }
};

} // namespace

TEST_CASE("ports come up, rules decide, a listener inside a namespace is reached") {
    Network network;
    auto applied = network.north->apply(network.desired(true), ovn::Scope::of({network.id}));
    CHECK(applied.transactions == 1);
    network.plug(1);
    network.plug(2);
    CHECK(eventually([&] { return network.up(1) && network.up(2); }, 20'000));
    network.north->sync(ovn::Reach::chassis, 20'000);
    CHECK(eventually([&] { return network.ping(); }, 10'000));

    const int listening =
        network.links->listen_in_namespace(network.name_space(2), network.address(2), 8080);
    auto client = run_process({"ip", "netns", "exec", network.name_space(1), "bash", "-c",
                               "exec 3<>/dev/tcp/" + network.address(2) + "/8080"});
    CHECK_MESSAGE(client.ok(), client.describe());
    const int accepted = ::accept(listening, nullptr, nullptr);
    CHECK(accepted >= 0);
    ::close(accepted);
    ::close(listening);
    CHECK_THROWS_AS(network.links->listen_in_namespace("ovnmeta-absent", "10.0.0.1", 80),
                    EngineFailure);

    // Without the rule that lets in, nothing new gets through; with it again, it does.
    network.north->apply(network.desired(false), ovn::Scope::of({network.id}));
    network.north->sync(ovn::Reach::chassis, 20'000);
    CHECK_FALSE(network.ping());
    network.north->apply(network.desired(true), ovn::Scope::of({network.id}));
    network.north->sync(ovn::Reach::chassis, 20'000);
    CHECK(eventually([&] { return network.ping(); }, 10'000));

    CHECK(network.local->find(network.device(1))->number > 0);
    network.local->ensure_no_port(network.device(1));
    CHECK(eventually([&] { return !network.up(1); }, 20'000));
    network.links->ensure_no_namespace(network.name_space(1));
    CHECK_FALSE(network.links->find(network.device(1)));
}

TEST_CASE("taps") {
    auto links = ovs::host_links();
    const std::string name = "nt" + system_ids().hex().substr(0, 10);
    CHECK_FALSE(links->find(name));
    links->ensure_tap({name, 1442});
    links->ensure_tap({name, 1400});
    auto tap = links->find(name);
    REQUIRE(tap);
    CHECK(tap->tap);
    CHECK(tap->up);
    CHECK(tap->mtu == 1400);
    CHECK(links->names(name).size() == 1);
    links->ensure_no_link(name);
    links->ensure_no_link(name);
    CHECK_FALSE(links->find(name));
    CHECK_THROWS_AS(links->ensure_tap({"lo", 1500}), EngineFailure);
    CHECK_THROWS_AS(links->ensure_tap({"a-name-that-is-too-long", 1500}), EngineFailure);
}

TEST_CASE("a device that does not exist is not taken, and says so") {
    auto local =
        ovs::connect_local_switch(environment("OVS_DB"), environment("INTEGRATION_BRIDGE"));
    const std::string name = "nt" + system_ids().hex().substr(0, 10);
    try {
        local->ensure_port({name, "no-such-port"});
        FAIL("taken");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::permanent);
        CHECK(std::string(failure.what()).find("No such device") != std::string::npos);
    }
    local->ensure_no_port(name);
}
