// SPDX-License-Identifier: Apache-2.0
// The functions other services use.
#include "services/neutron/client.h"

#include "base/strings.h"
#include "services/neutron/model/address.h"
#include "services/neutron/ops/default_group.h"
#include "services/neutron/ops/networks.h"
#include "services/neutron/ops/ports.h"

namespace nephele::neutron {
namespace {
Port clear_device(Context& context, const Port& before) {
    Port after = before;
    after.device_id.clear();
    after.device_owner.clear();
    after.binding_host_id.clear();
    after.binding_profile = Json::object();
    return change_port(context, before, std::move(after), std::nullopt);
}

// A port of a device with only what its addresses need: lists of servers read thousands.
struct PortAddresses {
    std::string device_id, port_id, network_id, mac_address;
    Json fixed_ips;
};

std::vector<PortAddresses> port_addresses(db::Tx& tx, const std::vector<std::string>& devices) {
    std::vector<PortAddresses> out;
    out.reserve(devices.size());
    auto where = any_of("device_id", devices);
    tx.each("SELECT device_id, id, network_id, mac_address, fixed_ips FROM neutron_ports WHERE " +
                where.sql + " ORDER BY created_at, id",
            where.params, [&](const db::Row& row) {
                out.push_back(
                    {row.str(0), row.str(1), row.str(2), row.str(3), Json::parse(row.text(4))});
            });
    return out;
}

std::map<std::string, std::string> names_of_networks(db::Tx& tx, const std::set<std::string>& ids) {
    std::map<std::string, std::string> out;
    auto where = any_of("id", {ids.begin(), ids.end()});
    tx.each("SELECT id, name FROM neutron_networks WHERE " + where.sql, where.params,
            [&](const db::Row& row) { out[row.str(0)] = row.str(1); });
    return out;
}

// (port, fixed address) -> floating addresses
std::multimap<std::pair<std::string, std::string>, std::string>
floating_by_port(db::Tx& tx, const std::vector<std::string>& port_ids) {
    std::multimap<std::pair<std::string, std::string>, std::string> out;
    auto where = any_of("port_id", port_ids);
    tx.each(
        "SELECT port_id, fixed_ip_address, floating_ip_address FROM neutron_floatingips WHERE " +
            where.sql,
        where.params,
        [&](const db::Row& row) { out.emplace(std::pair(row.str(0), row.str(1)), row.str(2)); });
    return out;
}
} // namespace

Port create_port(Context& context, const WantedPort& wanted) {
    auto network = need(context.tx, networks(), Scope::all(), wanted.network_id);
    PortWish wish;
    wish.port.project_id = wanted.project_id;
    wish.port.name = wanted.name;
    wish.port.mac_address = wanted.mac_address;
    wish.port.device_id = wanted.device_id;
    wish.port.device_owner = wanted.device_owner;
    wish.port.binding_host_id = wanted.host;
    wish.port.tags = wanted.tags;
    if (!wanted.subnet_id.empty() || !wanted.ip_address.empty())
        wish.fixed_ips = {FixedIp{wanted.subnet_id, wanted.ip_address}};
    wish.groups_given = wanted.security_groups.has_value() && network.port_security_enabled;
    if (wish.groups_given) wish.port.security_groups = *wanted.security_groups;
    return make_port(context, network, std::move(wish));
}

Port attach_port(Context& context, const std::string& port_id, const std::string& device_id,
                 const std::string& device_owner) {
    auto before = need(context.tx, ports(), Scope::all(), port_id);
    if (!before.device_id.empty() && before.device_id != device_id)
        throw conflict("PortInUse",
                       format("Unable to complete operation on port {} for network {}. Port "
                              "already has an attached device {}.",
                              port_id, before.network_id, before.device_id));
    Port after = before;
    after.device_id = device_id;
    after.device_owner = device_owner;
    return change_port(context, before, std::move(after), std::nullopt);
}

Port bind_port(Context& context, const std::string& port_id, const std::string& host) {
    auto before = need(context.tx, ports(), Scope::all(), port_id);
    if (before.binding_host_id == host) return before;
    Port after = before;
    after.binding_host_id = host;
    return change_port(context, before, std::move(after), std::nullopt);
}

void unbind_port(Context& context, const std::string& port_id) {
    if (find(context.tx, ports(), Scope::all(), port_id)) bind_port(context, port_id, "");
}

void detach_port(Context& context, const std::string& port_id) {
    if (auto port = find(context.tx, ports(), Scope::all(), port_id)) clear_device(context, *port);
}

void set_security_groups(Context& context, const std::string& port_id,
                         const std::vector<std::string>& groups) {
    auto before = need(context.tx, ports(), Scope::all(), port_id);
    Port after = before;
    after.security_groups = groups;
    change_port(context, before, std::move(after), std::nullopt);
}

void delete_port(Context& context, const std::string& port_id) {
    if (auto port = find(context.tx, ports(), Scope::all(), port_id)) drop_port(context, *port);
}

void release_device(Context& context, const std::string& device_id,
                    const std::vector<std::string>& keep) {
    for (auto& port : ports_of_device(context.tx, device_id)) {
        if (std::find(keep.begin(), keep.end(), port.id) != keep.end())
            clear_device(context, port);
        else
            drop_port(context, port);
    }
}

std::optional<Port> find_port(db::Tx& tx, const Scope& scope, const std::string& port_id) {
    return find(tx, ports(), scope, port_id);
}

std::vector<Port> ports_of_device(db::Tx& tx, const std::string& device_id) {
    return select(tx, ports(), Scope::all(), {"device_id = ?", {device_id}},
                  "ORDER BY created_at, id");
}

std::map<std::string, std::vector<Port>> ports_of_devices(db::Tx& tx,
                                                          const std::vector<std::string>& devices) {
    std::map<std::string, std::vector<Port>> out;
    if (devices.empty()) return out;
    for (auto& port :
         select(tx, ports(), Scope::all(), any_of("device_id", devices), "ORDER BY created_at, id"))
        out[port.device_id].push_back(std::move(port));
    return out;
}

bool all_ports_up(db::Tx& tx, const std::string& device_id) {
    return tx.count("SELECT COUNT(*) FROM neutron_ports WHERE device_id = ? AND status <> 'ACTIVE' "
                    "AND admin_state_up = 1",
                    {device_id}) == 0;
}

std::map<std::string, std::vector<ServerAddress>>
addresses_of_devices(db::Tx& tx, const std::vector<std::string>& devices) {
    std::map<std::string, std::vector<ServerAddress>> out;
    if (devices.empty()) return out;
    auto found = port_addresses(tx, devices);
    if (found.empty()) return out;
    std::vector<std::string> port_ids;
    std::set<std::string> network_ids;
    for (auto& port : found) {
        port_ids.push_back(port.port_id);
        network_ids.insert(port.network_id);
    }
    auto names = names_of_networks(tx, network_ids);
    auto floating = floating_by_port(tx, port_ids);
    for (auto& port : found)
        for (auto& fixed : port.fixed_ips.as_array()) {
            std::string ip = fixed.text("ip_address");
            int version = ip.find(':') == std::string::npos ? 4 : 6;
            auto& addresses = out[port.device_id];
            addresses.push_back({port.network_id, names[port.network_id], ip, port.mac_address,
                                 version, false, port.port_id});
            auto [from, to] = floating.equal_range({port.port_id, ip});
            for (; from != to; ++from)
                addresses.push_back({port.network_id, names[port.network_id], from->second,
                                     port.mac_address, 4, true, port.port_id});
        }
    return out;
}

std::map<std::string, std::string> ports_of_floating_ips(db::Tx& tx) {
    std::map<std::string, std::string> out;
    tx.each("SELECT id, port_id FROM neutron_floatingips WHERE port_id IS NOT NULL", db::Params{},
            [&](const db::Row& row) { out[row.str(0)] = row.str(1); });
    return out;
}

std::vector<Attachment> attachments_of_device(db::Tx& tx, const std::string& device_id) {
    std::vector<Attachment> out;
    for (auto& port : ports_of_device(tx, device_id)) {
        Attachment attachment{port, need(tx, networks(), Scope::all(), port.network_id), {}};
        for (auto& subnet : subnets_of(tx, port.network_id))
            for (auto& fixed : port.fixed_ips)
                if (fixed.subnet_id == subnet.id) attachment.subnets.push_back(subnet);
        out.push_back(std::move(attachment));
    }
    return out;
}

std::optional<Port> port_at(db::Tx& tx, const std::string& network_id, const std::string& address) {
    auto parsed = parse_address(address);
    if (!parsed) return std::nullopt;
    std::string port_id;
    tx.first("SELECT port_id FROM neutron_ip_allocations WHERE network_id = ? AND ip_address = ?",
             {network_id, parsed->text()}, [&](const db::Row& row) { port_id = row.str(0); });
    return port_id.empty() ? std::nullopt : find_port(tx, Scope::all(), port_id);
}

std::optional<Network> find_network(db::Tx& tx, const Scope& scope, const std::string& network_id) {
    return find(tx, networks(), scope, network_id);
}

std::vector<Network> networks_for_servers(db::Tx& tx, const std::string& project_id) {
    std::vector<Network> out;
    for (auto& network :
         select(tx, networks(), Scope::project(project_id), {}, "ORDER BY created_at, id"))
        if (!network.router_external || network.project_id == project_id)
            out.push_back(std::move(network));
    return out;
}

bool has_subnets(const Network& network) { return !network.subnets.empty(); }

std::string security_group_named(Context& context, const std::string& project_id,
                                 const std::string& name_or_id) {
    auto scope = Scope::project(project_id);
    if (auto group = find(context.tx, security_groups(), scope, name_or_id)) return group->id;
    if (name_or_id == "default") return ensure_default_group(context, project_id);
    auto found = select(context.tx, security_groups(), scope, {"name = ?", {name_or_id}});
    if (found.empty()) throw_not_found(security_groups(), name_or_id);
    if (found.size() > 1)
        throw conflict("NoUniqueMatch",
                       format("Multiple security groups found matching '{}'. Use an ID to be more "
                              "specific.",
                              name_or_id));
    return found.front().id;
}

std::map<std::string, std::vector<std::string>>
security_group_names(db::Tx& tx, const std::vector<std::string>& devices) {
    std::map<std::string, std::vector<std::string>> out;
    if (devices.empty()) return out;
    auto where = any_of("p.device_id", devices);
    tx.each("SELECT DISTINCT p.device_id, g.name FROM neutron_ports p JOIN neutron_port_groups m "
            "ON m.port_id = p.id JOIN neutron_security_groups g ON g.id = m.security_group_id "
            "WHERE " +
                where.sql + " ORDER BY p.device_id, g.name",
            where.params, [&](const db::Row& row) { out[row.str(0)].push_back(row.str(1)); });
    return out;
}

} // namespace nephele::neutron
