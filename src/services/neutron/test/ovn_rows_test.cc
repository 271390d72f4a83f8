// SPDX-License-Identifier: Apache-2.0
// From records to OVN's rows.
#include "services/neutron/drivers/ovn_rows.h"

#include "services/neutron/logic/touched.h"

#include <doctest/doctest.h>

namespace nephele::neutron {
namespace {
// A project network behind a router with a floating IP, as the starter content has it.
Wiring story() {
    Wiring w;
    Network net, ext;
    net.id = "net", net.mtu = 1442, net.provider_network_type = "geneve";
    ext.id = "ext", ext.provider_network_type = "flat", ext.provider_physical_network = "public";
    ext.router_external = true;
    w.networks = {net, ext};
    Subnet in, out;
    in.id = "in", in.network_id = "net", in.cidr = "10.0.0.0/24", in.gateway_ip = "10.0.0.1";
    in.dns_nameservers = {"9.9.9.9"};
    out.id = "out", out.network_id = "ext", out.cidr = "172.24.4.0/24", out.enable_dhcp = false;
    out.gateway_ip = "172.24.4.1";
    w.subnets = {in, out};
    auto port = [&](const char* id, const char* network, const char* device_owner,
                    const char* device, std::vector<FixedIp> fixed) {
        Port p;
        p.id = id, p.network_id = network, p.device_owner = device_owner, p.device_id = device;
        p.mac_address = "fa:16:3e:00:00:01", p.fixed_ips = fixed;
        w.ports.push_back(p);
    };
    port("vm", "net", "compute:nova", "server", {{"in", "10.0.0.5"}});
    w.ports.back().security_groups = {"sg-1"};
    w.ports.back().binding_host_id = "host1";
    port("meta", "net", owner::distributed, "ovnmeta-net", {{"in", "10.0.0.2"}});
    port("rin", "net", owner::router_interface, "r", {{"in", "10.0.0.1"}});
    port("rout", "ext", owner::router_gateway, "r", {{"out", "172.24.4.10"}});
    port("hold", "ext", owner::floating_ip, "f", {{"out", "172.24.4.20"}});
    Router r;
    r.id = "r", r.gateway_port_id = "rout", r.external_gateway_info = GatewayInfo{"ext", true, {}};
    r.routes = {{"10.9.0.0/16", "10.0.0.9"}};
    w.routers = {r};
    FloatingIp f;
    f.id = "f", f.floating_ip_address = "172.24.4.20", f.fixed_ip_address = "10.0.0.5";
    f.router_id = "r", f.port_id = "vm";
    w.floating_ips = {f};
    SecurityGroup g;
    g.id = "sg-1";
    SecurityGroupRule rule;
    rule.id = "rule", rule.security_group_id = "sg-1", rule.direction = "ingress";
    rule.protocol = "tcp", rule.port_range_min = 22, rule.port_range_max = 22;
    g.security_group_rules = {rule};
    w.groups = {g};
    w.chassis = {{"ch2", "host2", {}}, {"ch1", "host1", {"public"}}};
    return w;
}

template <class Row>
const Row& row(const std::vector<Row>& rows, const std::string& kind, const std::string& id) {
    for (auto& r : rows)
        if (r.self.kind == kind && r.self.id == id) return r;
    FAIL("no row " << kind << " " << id);
    return rows.front();
}
} // namespace

TEST_CASE("a server's port knows its addresses, groups, DHCP and chassis") {
    auto d = northbound_rows(story());
    auto& vm = row(d.switch_ports, "port", "vm");
    CHECK(vm.addresses == std::vector<std::string>{"fa:16:3e:00:00:01 10.0.0.5"});
    CHECK(vm.port_security == vm.addresses);
    CHECK(vm.options.at("requested-chassis") == "ch1");
    CHECK(vm.dhcpv4 == ovn::RowKey{"dhcp4", "in"});
    CHECK(vm.groups == std::vector<ovn::RowKey>{{"group", "drop"}, {"group", "sg-1"}});
    auto& options = row(d.dhcp_options, "dhcp4", "in").options;
    CHECK(options.at("server_id") == "10.0.0.1");
    CHECK(options.at("mtu") == "1442");
    CHECK(options.at("dns_server") == "{9.9.9.9}");
    CHECK(options.at("classless_static_route") ==
          "{169.254.169.254/32,10.0.0.2, 0.0.0.0/0,10.0.0.1}");
    CHECK(d.dhcp_options.size() == 1);
    CHECK(row(d.switch_ports, "port", "meta").type == "localport");
    CHECK(row(d.switch_ports, "localnet", "ext").options.at("network_name") == "public");
    for (auto& port : d.switch_ports) CHECK(port.self.id != "hold");
}

TEST_CASE("without port security anything passes") {
    auto w = story();
    w.ports[0].port_security_enabled = false;
    w.ports[0].security_groups.clear();
    auto d = northbound_rows(w);
    auto& vm = row(d.switch_ports, "port", "vm");
    CHECK(vm.groups.empty());
    CHECK(vm.port_security.empty());
    CHECK(vm.addresses.back() == "unknown");
}

TEST_CASE("a router has its ports, its way out, SNAT and floating IPs") {
    auto d = northbound_rows(story());
    auto& out = row(d.router_ports, "router_port", "rout");
    CHECK(out.networks == std::vector<std::string>{"172.24.4.10/24"});
    REQUIRE(out.gateway_chassis.size() == 1);
    CHECK(out.gateway_chassis[0].chassis == "ch1");
    CHECK(row(d.router_ports, "router_port", "rin").gateway_chassis.empty());
    CHECK(row(d.routes, "route", "r/out").nexthop == "172.24.4.1");
    CHECK(row(d.routes, "route", "r/10.9.0.0/16/10.0.0.9").ip_prefix == "10.9.0.0/16");
    CHECK(row(d.nats, "snat", "r/in").logical_ip == "10.0.0.0/24");
    auto& floating = row(d.nats, "floatingip", "f");
    CHECK(floating.external_ip == "172.24.4.20");
    CHECK(floating.logical_ip == "10.0.0.5");
    auto w = story();
    w.routers[0].external_gateway_info->enable_snat = false;
    for (auto& nat : northbound_rows(w).nats) CHECK(nat.self.kind != "snat");
}

TEST_CASE("rules become matches") {
    SecurityGroupRule r;
    r.security_group_id = "a-b", r.direction = "ingress";
    CHECK(acl_match(r) == "outport == @pg_a_b && ip4");
    r.protocol = "tcp", r.port_range_min = 80, r.port_range_max = 90;
    r.remote_ip_prefix = "10.1.0.0/16";
    CHECK(acl_match(r) == "outport == @pg_a_b && ip4 && ip4.src == 10.1.0.0/16 && tcp && tcp.dst "
                          ">= 80 && tcp.dst <= 90");
    r = {};
    r.security_group_id = "g", r.direction = "egress", r.ethertype = "IPv6";
    r.remote_group_id = "h", r.protocol = "ipv6-icmp", r.port_range_min = 128;
    CHECK(acl_match(r) ==
          "inport == @pg_g && ip6 && ip6.dst == $pg_h_ip6 && icmp6 && icmp6.type == 128");
    r = {};
    r.security_group_id = "g", r.direction = "ingress", r.protocol = "vrrp";
    r.remote_ip_prefix = "0.0.0.0/0";
    CHECK(acl_match(r) == "outport == @pg_g && ip4 && ip.proto == 112");
}

TEST_CASE("a port's own DHCP options are its own row") {
    auto w = story();
    w.ports[0].extra_dhcp_opts = {{"bootfile-name", "x.efi", 4}, {"no-such-option", "1", 4}};
    auto d = northbound_rows(w);
    CHECK(row(d.switch_ports, "port", "vm").dhcpv4 == ovn::RowKey{"port_dhcp4", "vm"});
    auto& options = row(d.dhcp_options, "port_dhcp4", "vm").options;
    CHECK(options.at("bootfile_name") == "\"x.efi\"");
    CHECK(options.at("router") == "10.0.0.1");
}

TEST_CASE("what a change touches follows from its image") {
    Touched t;
    touch(t, "port", "p", R"({"device_owner":"network:router_interface","device_id":"r"})");
    touch(t, "security_group_rule", "x", R"({"security_group_id":"g"})");
    touch(t, "subnet", "s", R"({"network_id":"n"})");
    touch(t, "quota", "q", "{}");
    CHECK(t.ids() == std::set<std::string>{"p", "r", "g", "s", "n"});
    Port port;
    CHECK(status_of(port, true) == "DOWN");
    port.binding_host_id = "h";
    CHECK(status_of(port, true) == "ACTIVE");
    CHECK(status_of(port, false) == "DOWN");
}

} // namespace nephele::neutron
