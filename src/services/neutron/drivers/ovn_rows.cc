// SPDX-License-Identifier: Apache-2.0
// Rows of networks, ports, routers and floating IPs. Record revisions are not written into rows:
// one node at a time does this, from a snapshot, and a status change should not touch OVN again.
#include "services/neutron/drivers/ovn_rows.h"

#include "base/strings.h"
#include "services/neutron/model/address.h"

#include <unordered_map>

namespace nephele::neutron {
namespace {

class Builder {
  public:
    explicit Builder(const Wiring& wiring) : wiring_(wiring) {
        for (auto& network : wiring.networks) networks_[network.id] = &network;
        for (auto& subnet : wiring.subnets) subnets_[subnet.id] = &subnet;
        for (auto& port : wiring.ports) {
            if (port.device_owner == owner::distributed) service_ports_[port.network_id] = &port;
            if (port.device_owner == owner::router_interface ||
                port.device_owner == owner::router_gateway)
                router_ports_[port.device_id].push_back(&port);
        }
    }

    ovn::Desired build() {
        add_group_rows(wiring_, out_);
        for (auto& network : wiring_.networks) add_network(network);
        for (auto& subnet : wiring_.subnets) add_dhcp(subnet);
        for (auto& port : wiring_.ports) add_port(port);
        for (auto& router : wiring_.routers) add_router(router);
        for (auto& floating : wiring_.floating_ips) add_floating_ip(floating);
        return std::move(out_);
    }

  private:
    const Subnet* subnet(const std::string& id) const {
        auto found = subnets_.find(id);
        return found == subnets_.end() ? nullptr : found->second;
    }
    const Network* network(const std::string& id) const {
        auto found = networks_.find(id);
        return found == networks_.end() ? nullptr : found->second;
    }
    std::string metadata_address(const Subnet& of) const {
        auto found = service_ports_.find(of.network_id);
        if (found == service_ports_.end()) return "";
        for (auto& fixed : found->second->fixed_ips)
            if (fixed.subnet_id == of.id) return fixed.ip_address;
        return "";
    }

    void add_network(const Network& network) {
        out_.switches.push_back({{"network", network.id},
                                 "neutron-" + network.id,
                                 {{"mcast_snoop", "false"}, {"vlan-passthru", "false"}}});
        if (!network.provider_physical_network) return;
        ovn::SwitchPort port;
        port.self = {"localnet", network.id, network.id};
        port.logical_switch = {"network", network.id};
        port.name = "provnet-" + network.id;
        port.type = "localnet";
        port.addresses = {"unknown"};
        port.options = {{"network_name", *network.provider_physical_network}};
        if (network.provider_network_type == "vlan" && network.provider_segmentation_id)
            port.tag = static_cast<int>(*network.provider_segmentation_id);
        out_.switch_ports.push_back(std::move(port));
    }

    // Nothing when OVN does not answer DHCP for the subnet.
    std::optional<ovn::RowKey> dhcp_key(const Subnet& of) const {
        if (!of.enable_dhcp) return std::nullopt;
        if (of.ip_version == 6) return ovn::RowKey{"dhcp6", of.id};
        if (!of.gateway_ip && metadata_address(of).empty()) return std::nullopt;
        return ovn::RowKey{"dhcp4", of.id};
    }
    ovn::StringMap dhcp_of(const Subnet& of) const {
        const Network* on = network(of.network_id);
        if (of.ip_version == 6) return dhcp6_options(of, wiring_.dns_servers);
        return dhcp4_options(of, on ? *on : Network{}, metadata_address(of), wiring_.dns_servers);
    }
    void add_dhcp(const Subnet& of) {
        if (auto key = dhcp_key(of))
            out_.dhcp_options.push_back({{key->kind, key->id}, of.cidr, dhcp_of(of)});
    }

    void add_port(const Port& port) {
        if (port.device_owner == owner::floating_ip) return;
        ovn::SwitchPort row;
        row.self = {"port", port.id, "", 0, {{"device_id", port.device_id}}};
        row.logical_switch = {"network", port.network_id};
        row.name = port.id;
        row.enabled = port.admin_state_up;
        if (port.device_owner == owner::router_interface ||
            port.device_owner == owner::router_gateway)
            shape_router_side(port, row);
        else if (port.device_owner == owner::distributed)
            shape_service(port, row);
        else
            shape_server(port, row);
        out_.switch_ports.push_back(std::move(row));
    }

    static std::string addresses(const Port& port) {
        std::string out = port.mac_address;
        for (auto& fixed : port.fixed_ips) out += " " + fixed.ip_address;
        return out;
    }

    void shape_router_side(const Port& port, ovn::SwitchPort& row) {
        row.type = "router";
        row.addresses = {"router"};
        row.options = {{"router-port", "lrp-" + port.id}};
        if (port.device_owner == owner::router_gateway) row.options["nat-addresses"] = "router";
    }
    void shape_service(const Port& port, ovn::SwitchPort& row) {
        row.type = "localport";
        row.addresses = {addresses(port)};
    }

    void shape_server(const Port& port, ovn::SwitchPort& row) {
        row.addresses = {addresses(port)};
        if (port.port_security_enabled) {
            row.port_security = {addresses(port)};
            for (auto& pair : port.allowed_address_pairs) {
                row.port_security.push_back(pair.mac_address + " " + pair.ip_address);
                if (pair.mac_address != port.mac_address)
                    row.addresses.push_back(pair.mac_address + " " + pair.ip_address);
            }
            row.groups.push_back({"group", "drop"});
            for (auto& group : port.security_groups) row.groups.push_back({"group", group});
        } else {
            row.addresses.push_back("unknown");
        }
        for (auto& chassis : wiring_.chassis)
            if (port.bound() &&
                (chassis.host == port.binding_host_id || chassis.name == port.binding_host_id))
                row.options["requested-chassis"] = chassis.name;
        set_dhcp(port, row);
    }

    void set_dhcp(const Port& port, ovn::SwitchPort& row) {
        for (auto& fixed : port.fixed_ips) {
            const Subnet* of = subnet(fixed.subnet_id);
            auto key = of ? dhcp_key(*of) : std::nullopt;
            if (!key) continue;
            auto& place = of->ip_version == 6 ? row.dhcpv6 : row.dhcpv4;
            if (place) continue;
            place = key;
            if (of->ip_version == 6 || port.extra_dhcp_opts.empty()) continue;
            place = ovn::RowKey{"port_dhcp4", port.id};
            out_.dhcp_options.push_back({{"port_dhcp4", port.id, port.id},
                                         of->cidr,
                                         with_port_options(dhcp_of(*of), port.extra_dhcp_opts)});
        }
    }

    void add_router(const Router& router) {
        out_.routers.push_back(
            {{"router", router.id},
             "neutron-" + router.id,
             router.admin_state_up,
             {{"always_learn_from_arp_request", "false"}, {"dynamic_neigh_routers", "true"}}});
        const Port* gateway = nullptr;
        for (auto* port : router_ports_[router.id]) {
            add_router_port(router, *port);
            if (port->id == router.gateway_port_id) gateway = port;
        }
        if (gateway) add_gateway(router, *gateway);
        for (auto& route : router.routes)
            out_.routes.push_back(
                {.self = {"route", router.id + "/" + route.destination + "/" + route.nexthop,
                          router.id},
                 .router = {"router", router.id},
                 .ip_prefix = route.destination,
                 .nexthop = route.nexthop});
    }

    void add_router_port(const Router& router, const Port& port) {
        ovn::RouterPort row;
        row.self = {"router_port", port.id, router.id};
        row.router = {"router", router.id};
        row.name = "lrp-" + port.id;
        row.mac = port.mac_address;
        row.enabled = port.admin_state_up;
        for (auto& fixed : port.fixed_ips) {
            const Subnet* of = subnet(fixed.subnet_id);
            if (!of) continue;
            row.networks.push_back(fixed.ip_address + "/" +
                                   std::to_string(parse_cidr(of->cidr)->length));
            if (port.device_owner == owner::router_interface) advertise(*of, row);
        }
        if (port.device_owner == owner::router_gateway)
            row.gateway_chassis = chassis_for(network(port.network_id));
        // A router port without an address cannot be written.
        if (!row.networks.empty()) out_.router_ports.push_back(std::move(row));
    }

    void advertise(const Subnet& of, ovn::RouterPort& row) const {
        if (of.ip_version != 6 || !of.ipv6_ra_mode) return;
        const Network* on = network(of.network_id);
        row.ipv6_ra_configs["address_mode"] = *of.ipv6_ra_mode == "slaac" ? "slaac"
                                              : *of.ipv6_ra_mode == "dhcpv6-stateful"
                                                  ? "dhcpv6_stateful"
                                                  : "dhcpv6_stateless";
        row.ipv6_ra_configs["send_periodic"] = "true";
        if (on) row.ipv6_ra_configs["mtu"] = std::to_string(on->mtu);
    }

    // The chassis that reach the physical network, the first in name order first.
    std::vector<ovn::GatewayChassis> chassis_for(const Network* external) const {
        std::vector<ovn::GatewayChassis> out;
        if (!external) return out;
        for (auto& chassis : wiring_.chassis) {
            auto& reach = chassis.physical_networks;
            bool reaches = !external->provider_physical_network ||
                           std::find(reach.begin(), reach.end(),
                                     *external->provider_physical_network) != reach.end();
            if (reaches) out.push_back({chassis.name, 0});
        }
        std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.chassis < b.chassis; });
        if (out.size() > 5) out.resize(5);
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i].priority = static_cast<int>(out.size() - i);
        return out;
    }

    void add_gateway(const Router& router, const Port& gateway) {
        std::string external_address;
        for (auto& fixed : gateway.fixed_ips) {
            const Subnet* of = subnet(fixed.subnet_id);
            if (!of) continue;
            if (of->ip_version == 4 && external_address.empty())
                external_address = fixed.ip_address;
            if (of->gateway_ip)
                out_.routes.push_back({.self = {"route", router.id + "/" + of->id, router.id},
                                       .router = {"router", router.id},
                                       .ip_prefix = of->ip_version == 4 ? "0.0.0.0/0" : "::/0",
                                       .nexthop = *of->gateway_ip,
                                       .output_port = "lrp-" + gateway.id});
        }
        bool snat = router.external_gateway_info && router.external_gateway_info->enable_snat;
        if (!snat || external_address.empty()) return;
        std::set<std::string> done;
        for (auto* port : router_ports_[router.id])
            for (auto& fixed : port->fixed_ips) {
                const Subnet* of = subnet(fixed.subnet_id);
                if (port == &gateway || !of || of->ip_version != 4 || !done.insert(of->id).second)
                    continue;
                out_.nats.push_back({.self = {"snat", router.id + "/" + of->id, router.id},
                                     .router = {"router", router.id},
                                     .type = ovn::Nat::Type::snat,
                                     .external_ip = external_address,
                                     .logical_ip = of->cidr});
            }
    }

    void add_floating_ip(const FloatingIp& floating) {
        if (!floating.router_id || !floating.fixed_ip_address) return;
        out_.nats.push_back({.self = {"floatingip", floating.id, *floating.router_id},
                             .router = {"router", *floating.router_id},
                             .type = ovn::Nat::Type::dnat_and_snat,
                             .external_ip = floating.floating_ip_address,
                             .logical_ip = *floating.fixed_ip_address});
    }

    const Wiring& wiring_;
    std::unordered_map<std::string, const Network*> networks_;
    std::unordered_map<std::string, const Subnet*> subnets_;
    std::unordered_map<std::string, const Port*> service_ports_; ///< by network
    std::unordered_map<std::string, std::vector<const Port*>> router_ports_;
    ovn::Desired out_;
};

} // namespace

ovn::Desired northbound_rows(const Wiring& wiring) { return Builder(wiring).build(); }

} // namespace nephele::neutron
