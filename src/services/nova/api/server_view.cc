// SPDX-License-Identifier: Apache-2.0
#include "services/nova/api/server_view.h"

#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/logic/states.h"
#include "services/nova/store/groups.h"
#include "services/nova/store/servers.h"

#include <algorithm>
#include <utility>

namespace nephele::nova {
using namespace api;
namespace {
// {"network": [{...}, ...], ...}: the addresses of one network stand together, networks in the
// order of their first one.
std::string addresses_text(const std::vector<neutron::ServerAddress>& addresses) {
    std::string out = "{";
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const std::string& network = addresses[i].network_name;
        auto same = [&](auto& other) { return other.network_name == network; };
        auto here = addresses.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find_if(addresses.begin(), here, same) != here) continue;
        if (i) out += ',';
        append_json_string(out, network);
        char before = '[';
        out += ':';
        for (auto at = here; at != addresses.end(); ++at) {
            if (!same(*at)) continue;
            out += std::exchange(before, ',');
            append_json_string(out += "{\"OS-EXT-IPS-MAC:mac_addr\":", at->mac_address);
            append_json_integer(out += ",\"version\":", at->version);
            append_json_string(out += ",\"addr\":", at->address);
            out += at->floating ? ",\"OS-EXT-IPS:type\":\"floating\"}"
                                : ",\"OS-EXT-IPS:type\":\"fixed\"}";
        }
        out += ']';
    }
    return out += '}';
}

std::string groups_text(const std::vector<std::string>& names) {
    std::string out;
    for (auto& name : names) {
        out += out.empty() ? '[' : ',';
        append_json_string(out += "{\"name\":", name);
        out += '}';
    }
    return out += ']';
}

void fill_host_status(Call& call, std::vector<Server>& servers) {
    if (call.version < Version{2, 16}) return;
    if (!call.allowed(rule("servers:show:host_status")) &&
        !call.allowed(rule("servers:show:host_status:unknown-only")))
        return;
    std::map<std::string, std::string> words;
    call.tx.each("SELECT host, disabled, connected, forced_down FROM nova_compute_hosts",
                 db::Params{}, [&](const db::Row& row) {
                     bool up = row.boolean(2) && !row.boolean(3);
                     words[row.str(0)] = row.boolean(3)   ? "DOWN"
                                         : !up            ? "UNKNOWN"
                                         : row.boolean(1) ? "MAINTENANCE"
                                                          : "UP";
                 });
    for (auto& server : servers)
        if (server.host) server.host_status = words[*server.host];
}
} // namespace

void fill_in(Call& call, std::vector<Server>& servers) {
    std::vector<std::string> ids;
    for (auto& server : servers) ids.push_back(server.id);
    if (ids.empty()) return;
    auto addresses = neutron::addresses_of_devices(call.tx, ids);
    auto groups = neutron::security_group_names(call.tx, ids);
    for (auto& server : servers) {
        if (auto found = addresses.find(server.id); found != addresses.end())
            server.addresses = addresses_text(found->second);
        if (auto found = groups.find(server.id); found != groups.end() && !found->second.empty())
            server.security_groups = groups_text(found->second);
    }
    fill_host_status(call, servers);
}

void fill_in_one(Call& call, Server& server) {
    std::vector<Server> one;
    one.push_back(std::move(server));
    fill_in(call, one);
    server = std::move(one.front());
    server.server_groups = Json::array();
    if (call.version < Version{2, 71}) return;
    if (auto group = store::group_of_server(call.tx, server.id))
        server.server_groups.push_back(group->id);
}

Json changed_view(Call& call, Server& server) {
    fill_in_one(call, server);
    Json out = Server::shape().write(&server, call.view());
    if (call.version >= Version{2, 75}) return out;
    for (auto* added : {"OS-EXT-AZ:availability_zone",
                        "config_drive",
                        "key_name",
                        "OS-SRV-USG:launched_at",
                        "OS-SRV-USG:terminated_at",
                        "security_groups",
                        "OS-EXT-STS:task_state",
                        "OS-EXT-STS:vm_state",
                        "OS-EXT-STS:power_state",
                        "os-extended-volumes:volumes_attached",
                        "host_status",
                        "OS-EXT-SRV-ATTR:host",
                        "OS-EXT-SRV-ATTR:instance_name",
                        "OS-EXT-SRV-ATTR:hypervisor_hostname",
                        "OS-EXT-SRV-ATTR:reservation_id",
                        "OS-EXT-SRV-ATTR:launch_index",
                        "OS-EXT-SRV-ATTR:hostname",
                        "OS-EXT-SRV-ATTR:kernel_id",
                        "OS-EXT-SRV-ATTR:ramdisk_id",
                        "OS-EXT-SRV-ATTR:root_device_name",
                        "OS-EXT-SRV-ATTR:user_data"})
        out.erase(added);
    for (auto& [network, addresses] : out["addresses"].as_object())
        for (auto& address : addresses.as_array())
            for (auto* added : {"OS-EXT-IPS-MAC:mac_addr", "OS-EXT-IPS:type"}) address.erase(added);
    return out;
}

Server server_of(Call& call) {
    return shape::need(call.tx, servers(), call.scope(), call.path("server_id"));
}

Server unlocked_server_of(Call& call) {
    Server server = server_of(call);
    if (server.locked_by && !call.allowed(rule("os-lock-server:unlock:unlock_override")))
        throw conflict("InstanceIsLocked", format("Instance {} is locked", server.id));
    return server;
}

Server server_for(Call& call, const char* action) {
    Server server = unlocked_server_of(call);
    logic::check_allowed(
        action, {server.id, server.vm_state, server.task_state, server.launched_at.has_value()});
    return server;
}

} // namespace nephele::nova
