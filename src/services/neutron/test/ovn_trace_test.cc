// SPDX-License-Identifier: Apache-2.0
// What OVN makes of our rows: northd translates them, ovn-trace follows packets through them.
#include "base/process.h"
#include "base/strings.h"
#include "engines/ovsdb/client.h"
#include "engines/ovsdb/private_server.h"
#include "services/neutron/test/story.h"

namespace nephele::neutron::testing {
namespace {
const char* northbound_schema = "/usr/share/ovn/ovn-nb.ovsschema";
const char* southbound_schema = "/usr/share/ovn/ovn-sb.ovsschema";

bool installed() {
    return ovsdb::PrivateServer::available(northbound_schema) &&
           run_process({"ovn-northd", "--version"}).ok() &&
           run_process({"ovn-trace", "--version"}).ok();
}

// OVN's central part with one chassis that nobody runs.
struct Central {
    ovsdb::PrivateServer northbound{northbound_schema}, southbound{southbound_schema};
    ChildProcess northd;
    Central() {
        wait_for(northbound, "OVN_Northbound", "NB_Global");
        wait_for(southbound, "OVN_Southbound", "SB_Global");
        northd = ChildProcess::start({"ovn-northd", "--ovnnb-db=" + northbound.remote(),
                                      "--ovnsb-db=" + southbound.remote(),
                                      "--unixctl=" + northbound.directory() + "/northd.ctl",
                                      "--log-file=" + northbound.directory() + "/northd.log"},
                                     northbound.directory() + "/northd.out");
        tool({"ovn-nbctl", "--db=" + northbound.remote(), "--wait=sb", "init"});
        tool({"ovn-sbctl", "--db=" + southbound.remote(), "chassis-add", "ch1", "geneve",
              "127.0.0.1"});
        tool({"ovn-sbctl", "--db=" + southbound.remote(), "set", "chassis", "ch1", "hostname=node1",
              "other_config:ovn-bridge-mappings=\"public:br-ex\""});
    }
    ~Central() { northd.stop(); }
    static void wait_for(const ovsdb::PrivateServer& server, const char* database,
                         const char* table) {
        ovsdb::Client client(
            {.remote = server.remote(), .database = database, .watches = {{table, {"options"}}}});
        REQUIRE(client.wait_ready(20'000));
    }
    std::string tool(const std::vector<std::string>& arguments) {
        auto done = run_process(arguments);
        INFO(join(arguments, " ") << ": " << done.describe());
        REQUIRE(done.ok());
        return done.output;
    }
    void settle() { tool({"ovn-nbctl", "--db=" + northbound.remote(), "--wait=sb", "sync"}); }
    void bind(const std::string& port) {
        tool({"ovn-sbctl", "--db=" + southbound.remote(), "lsp-bind", port, "ch1"});
    }
    std::string trace(const std::string& network, const std::string& packet) {
        return tool({"ovn-trace", "--db=" + southbound.remote(), "--no-friendly-names", "--ct",
                     "new", "--minimal", "neutron-" + network, packet});
    }
    std::string trace_full(const std::string& network, const std::string& packet) {
        return tool({"ovn-trace", "--db=" + southbound.remote(), "--no-friendly-names", "--ct",
                     "new", "neutron-" + network, packet});
    }
    std::vector<std::string> settings() const {
        return {"neutron.driver=\"ovn\"", "neutron.northbound=\"" + northbound.remote() + "\"",
                "neutron.southbound=\"" + southbound.remote() + "\""};
    }
};

bool says(const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
}
} // namespace

TEST_CASE("packets go where the records say") {
    if (!installed()) {
        MESSAGE("OVN is not installed");
        return;
    }
    Central ovn;
    Wired world(ovn.settings());
    Story story(world);
    auto other = world.port(world.alice, story.net);
    world.bind(story.vm, "node1");
    world.run();
    ovn.settle();
    const std::string net = story.net.text("id"), vm = story.vm.text("id"),
                      mac = story.vm.text("mac_address");
    ovn.bind(vm);
    ovn.bind(other.text("id"));
    ovn.settle();
    world.run();
    CHECK(world.status(story.vm) == "ACTIVE");
    auto from_vm = [&](const std::string& rest) {
        return "inport==\"" + vm + "\" && eth.src==" + mac + " && " + rest;
    };
    std::string other_mac = other.text("mac_address");
    auto to_other = [&](const std::string& rest) {
        return from_vm("eth.dst==" + other_mac +
                       " && ip4.src==10.0.0.3 && ip4.dst==10.0.0.4 && "
                       "ip.ttl==64 && " +
                       rest);
    };

    SUBCASE("the default group lets its members reach each other") {
        CHECK(says(ovn.trace(net, to_other("tcp && tcp.dst==22")),
                   "output(\"" + other.text("id") + "\")"));
    }
    SUBCASE("another address than its own is dropped") {
        std::string forged = replace_all(to_other("tcp && tcp.dst==22"), "10.0.0.3", "10.0.0.9");
        CHECK_FALSE(says(ovn.trace(net, forged), "output("));
    }
    SUBCASE("without a group nothing comes in; a rule opens its port and no other") {
        auto group = world.make("security-groups", "security_group", world.alice,
                                Json::object({{"name", "web"}}));
        world.put(
            "/network/v2.0/ports/" + other.text("id"), world.alice,
            Json::object(
                {{"port", Json::object({{"security_groups", Json::array({group.at("id")})}})}}));
        world.run();
        ovn.settle();
        CHECK_FALSE(says(ovn.trace(net, to_other("tcp && tcp.dst==80")), "output("));
        world.make("security-group-rules", "security_group_rule", world.alice,
                   Json::object({{"security_group_id", group.at("id")},
                                 {"direction", "ingress"},
                                 {"protocol", "tcp"},
                                 {"port_range_min", 80},
                                 {"port_range_max", 80},
                                 {"remote_ip_prefix", "10.0.0.0/24"}}));
        world.run();
        ovn.settle();
        CHECK(says(ovn.trace(net, to_other("tcp && tcp.dst==80")), "output("));
        CHECK_FALSE(says(ovn.trace(net, to_other("tcp && tcp.dst==81")), "output("));
    }
    SUBCASE("DHCP is answered with the address") {
        auto trace = ovn.trace_full(
            net, from_vm("eth.dst==ff:ff:ff:ff:ff:ff && ip4.src==0.0.0.0 && "
                         "ip4.dst==255.255.255.255 && udp.src==68 && udp.dst==67 && ip.ttl==1"));
        INFO(trace);
        CHECK(says(trace, "put_dhcp_opts(offerip = 10.0.0.3"));
        CHECK(says(trace, "169.254.169.254/32"));
    }
    SUBCASE("outgoing packets leave with the floating address, incoming find the port") {
        auto router_port =
            world.get("/network/v2.0/ports?device_owner=network:router_interface", world.root);
        auto router_mac = router_port.json.at("ports").as_array()[0].text("mac_address");
        auto gateway =
            world.get("/network/v2.0/ports?device_owner=network:router_gateway", world.root);
        auto gateway_mac = gateway.json.at("ports").as_array()[0].text("mac_address");
        // The router knows its neighbour on the external network.
        std::string port = "lrp-" + gateway.json.at("ports").as_array()[0].text("id");
        std::string sb = "--db=" + ovn.southbound.remote();
        auto router = ovn.tool({"ovn-sbctl", sb, "--bare", "--columns=datapath", "find",
                                "Port_Binding", "logical_port=" + port});
        ovn.tool({"ovn-sbctl", sb, "create", "MAC_Binding", "logical_port=" + port, "ip=172.24.4.1",
                  "mac=\"aa:aa:aa:aa:aa:aa\"", "datapath=" + std::string(trim(router))});
        auto out = ovn.trace_full(net, from_vm("eth.dst==" + router_mac +
                                               " && ip4.src==10.0.0.3 && ip4.dst==172.24.4.1 "
                                               "&& ip.ttl==64 && tcp && tcp.dst==443"));
        INFO(out);
        CHECK(says(out, story.floating.text("floating_ip_address")));
        CHECK(says(out, "provnet-" + story.ext.text("id")));
        world.make(
            "security-group-rules", "security_group_rule", world.alice,
            Json::object({{"security_group_id", story.vm.at("security_groups").as_array()[0]},
                          {"direction", "ingress"},
                          {"protocol", "tcp"},
                          {"port_range_min", 22},
                          {"port_range_max", 22}}));
        world.run();
        ovn.settle();
        auto in = ovn.trace_full(story.ext.text("id"),
                                 "inport==\"provnet-" + story.ext.text("id") +
                                     "\" && eth.src==aa:aa:aa:aa:aa:aa && "
                                     "eth.dst==" +
                                     gateway_mac + " && ip4.src==172.24.4.1 && ip4.dst==" +
                                     story.floating.text("floating_ip_address") +
                                     " && ip.ttl==64 && tcp && tcp.dst==22");
        INFO(in);
        CHECK(says(in, "10.0.0.3"));
        CHECK(says(in, "/* output to \"" + vm + "\""));
    }
    CHECK(world.differences().empty());
}

} // namespace nephele::neutron::testing
