// SPDX-License-Identifier: Apache-2.0
// DHCP options of OVN.
#include "base/strings.h"
#include "services/neutron/drivers/ovn_rows.h"
#include "services/neutron/model/address.h"

namespace nephele::neutron {
namespace {
constexpr const char* lease_seconds = "43200";
constexpr const char* metadata_route = "169.254.169.254/32";

// The DHCP server's MAC: any that no port has; it follows from the subnet so that it stays.
std::string server_mac(const std::string& subnet_id) {
    std::uint32_t hash = 2166136261u;
    for (unsigned char c : subnet_id) hash = (hash ^ c) * 16777619u;
    const char bytes[3] = {static_cast<char>(hash >> 16), static_cast<char>(hash >> 8),
                           static_cast<char>(hash)};
    // Locally administered and outside of the range of ports.
    return mac_from("fe:16:3e", std::string_view(bytes, 3));
}

std::string braced(const std::vector<std::string>& items) { return "{" + join(items, ", ") + "}"; }

std::vector<std::string> of_version(const std::vector<std::string>& addresses, int version) {
    std::vector<std::string> out;
    for (auto& text : addresses)
        if (auto address = parse_address(text); address && address->version == version)
            out.push_back(text);
    return out;
}

std::string quoted(const std::string& text) { return "\"" + replace_all(text, "\"", "") + "\""; }
} // namespace

ovn::StringMap dhcp4_options(const Subnet& subnet, const Network& network,
                             const std::string& metadata_address,
                             const std::vector<std::string>& dns_servers) {
    ovn::StringMap options;
    std::string server = subnet.gateway_ip.value_or(metadata_address);
    if (server.empty()) return options;
    options["server_id"] = server;
    options["server_mac"] = server_mac(subnet.id);
    options["lease_time"] = lease_seconds;
    options["mtu"] = std::to_string(network.mtu);
    if (subnet.gateway_ip) options["router"] = *subnet.gateway_ip;
    auto dns = of_version(subnet.dns_nameservers.empty() ? dns_servers : subnet.dns_nameservers, 4);
    if (!dns.empty()) options["dns_server"] = braced(dns);
    std::vector<std::string> routes;
    if (!metadata_address.empty())
        routes.push_back(std::string(metadata_route) + "," + metadata_address);
    for (auto& route : subnet.host_routes)
        routes.push_back(route.destination + "," + route.nexthop);
    // Clients that read this option ignore the plain router option.
    if (!routes.empty() && subnet.gateway_ip) routes.push_back("0.0.0.0/0," + *subnet.gateway_ip);
    if (!routes.empty()) options["classless_static_route"] = braced(routes);
    return options;
}

ovn::StringMap dhcp6_options(const Subnet& subnet, const std::vector<std::string>& dns_servers) {
    ovn::StringMap options;
    options["server_id"] = server_mac(subnet.id);
    auto dns = of_version(subnet.dns_nameservers.empty() ? dns_servers : subnet.dns_nameservers, 6);
    if (!dns.empty()) options["dns_server"] = braced(dns);
    if (subnet.ipv6_address_mode == "dhcpv6-stateless" || subnet.ipv6_address_mode == "slaac")
        options["dhcpv6_stateless"] = "true";
    return options;
}

ovn::StringMap with_port_options(ovn::StringMap options, const std::vector<DhcpOption>& own) {
    // dnsmasq's names, which are what clients send, and OVN's; texts are quoted there.
    static const struct {
        const char *asked, *ovn;
        bool text;
    } known[] = {{"mtu", "mtu", false},
                 {"interface-mtu", "mtu", false},
                 {"router", "router", false},
                 {"dns-server", "dns_server", false},
                 {"domain-name", "domain_name", true},
                 {"domain-search", "domain_search_list", true},
                 {"ntp-server", "ntp_server", false},
                 {"tftp-server", "tftp_server", true},
                 {"server-ip-address", "tftp_server_address", false},
                 {"tftp-server-address", "tftp_server_address", false},
                 {"bootfile-name", "bootfile_name", true},
                 {"path-prefix", "path_prefix", true},
                 {"lease-time", "lease_time", false}};
    for (auto& option : own) {
        if (option.ip_version != 4) continue;
        for (auto& name : known)
            if (option.opt_name == name.asked) {
                if (!option.opt_value)
                    options.erase(name.ovn);
                else
                    options[name.ovn] = name.text ? quoted(*option.opt_value) : *option.opt_value;
            }
    }
    return options;
}

} // namespace nephele::neutron
