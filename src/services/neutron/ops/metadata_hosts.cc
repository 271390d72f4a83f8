// SPDX-License-Identifier: Apache-2.0
// The service port of each network and the desired records of the metadata listeners.
#include "services/neutron/ops/metadata_hosts.h"

#include "base/strings.h"
#include "platform/agent/agent.h"
#include "services/neutron/client.h"
#include "services/neutron/model/address.h"
#include "services/neutron/ops/ports.h"

namespace nephele::neutron {
namespace {
constexpr const char* metadata_address = "169.254.169.254";

Json listener_spec(Context& context, const Network& network, const Port& port) {
    Json::Array addresses;
    for (auto& subnet : subnets_of(context.tx, network.id))
        for (auto& fixed : port.fixed_ips)
            if (fixed.subnet_id == subnet.id)
                addresses.push_back(fixed.ip_address + "/" +
                                    std::to_string(parse_cidr(subnet.cidr)->length));
    addresses.push_back(std::string(metadata_address) + "/32");
    // Names of interfaces have at most 15 characters.
    std::string tail = port.id.substr(0, 10);
    return Json::object({{"network_id", network.id},
                         {"port_id", port.id},
                         {"namespace", "ovnmeta-" + network.id},
                         {"interface", "tap" + tail + "0"},
                         {"inner_interface", "tap" + tail + "1"},
                         {"mac_address", port.mac_address},
                         {"mtu", network.mtu},
                         {"addresses", std::move(addresses)},
                         {"bridge", context.cloud.config().text("neutron.integration_bridge")},
                         {"listen_address", metadata_address},
                         {"listen_port", 80}});
}

std::vector<std::string> hosts_of(db::Tx& tx, const std::string& network_id) {
    std::vector<std::string> out;
    tx.each("SELECT DISTINCT binding_host_id FROM neutron_ports WHERE network_id = ? AND "
            "binding_host_id <> ''",
            {network_id}, [&](const db::Row& row) { out.push_back(row.str(0)); });
    return out;
}
} // namespace

std::optional<Port> distributed_port(db::Tx& tx, const std::string& network_id) {
    auto found = select(tx, ports(), Scope::all(),
                        {"network_id = ? AND device_owner = ?", {network_id, owner::distributed}});
    if (found.empty()) return std::nullopt;
    return found.front();
}

void ensure_distributed_port(Context& context, const Network& network) {
    std::vector<FixedIp> wanted;
    for (auto& subnet : subnets_of(context.tx, network.id))
        if (subnet.enable_dhcp && !subnet.auto_addressed()) wanted.push_back({subnet.id, ""});
    auto port = distributed_port(context.tx, network.id);
    if (!port && wanted.empty()) return;
    if (!port) {
        PortWish wish;
        wish.port.project_id = network.project_id;
        wish.port.device_owner = owner::distributed;
        wish.port.device_id = "ovnmeta-" + network.id;
        wish.fixed_ips = wanted;
        wish.counted = false;
        make_port(context, network, std::move(wish));
    } else {
        change_port(context, *port, *port, wanted);
    }
    for (auto& host : hosts_of(context.tx, network.id)) serve_metadata(context, network.id, host);
}

void serve_metadata(Context& context, const std::string& network_id, const std::string& host) {
    auto port = distributed_port(context.tx, network_id);
    if (!port) return;
    auto network = need(context.tx, networks(), Scope::all(), network_id);
    agent::desire(context, host, metadata_network_kind, network_id,
                  listener_spec(context, network, *port));
}

void maybe_stop_metadata(Context& context, const std::string& network_id, const std::string& host) {
    if (context.tx.count("SELECT COUNT(*) FROM neutron_ports WHERE network_id = ? AND "
                         "binding_host_id = ?",
                         {network_id, host}) == 0)
        agent::desire_absent(context, host, metadata_network_kind, network_id);
}

} // namespace nephele::neutron
