// SPDX-License-Identifier: Apache-2.0
#include "services/nova/ops/guest.h"

#include "base/strings.h"
#include "platform/agent/agent.h"
#include "services/glance/client.h"
#include "services/neutron/client.h"

#include <algorithm>

namespace nephele::nova {
namespace {
constexpr const char* observed_guest = "observed.guest";
constexpr std::int64_t away_seconds = 60;

// Addresses with the facts of their subnets, for the config drive and metadata.
Json fixed_ips_of(const neutron::Attachment& attachment) {
    Json out = Json::array();
    for (auto& fixed : attachment.port.fixed_ips) {
        Json one = Json::object({{"subnet_id", fixed.subnet_id}, {"ip_address", fixed.ip_address}});
        for (auto& subnet : attachment.subnets) {
            if (subnet.id != fixed.subnet_id) continue;
            one["cidr"] = subnet.cidr;
            one["ip_version"] = subnet.ip_version;
            one["gateway_ip"] = Json(subnet.gateway_ip);
            one["enable_dhcp"] = subnet.enable_dhcp;
            one["dns_nameservers"] = subnet.dns_nameservers;
            Json routes = Json::array();
            for (auto& route : subnet.host_routes)
                routes.push_back(
                    Json::object({{"destination", route.destination}, {"nexthop", route.nexthop}}));
            one["host_routes"] = std::move(routes);
        }
        out.push_back(std::move(one));
    }
    return out;
}

// "port address" -> floating IP. A floating IP follows the address that it leads to.
std::map<std::string, std::string> floating_ips_of(db::Tx& tx, const std::string& server_id) {
    std::map<std::string, std::string> out;
    std::string fixed;
    auto addresses = neutron::addresses_of_devices(tx, {server_id})[server_id];
    for (auto& address : addresses) {
        if (address.floating)
            out[fixed] = address.address;
        else
            fixed = address.port_id + " " + address.address;
    }
    return out;
}

std::vector<GuestNic> nics_of(db::Tx& tx, const Server& server) {
    std::vector<GuestNic> nics;
    auto floating = floating_ips_of(tx, server.id);
    for (auto& attachment : neutron::attachments_of_device(tx, server.id)) {
        GuestNic nic;
        nic.port_id = attachment.port.id;
        nic.network_id = attachment.network.id;
        nic.mac = attachment.port.mac_address;
        if (attachment.network.mtu > 0) nic.mtu = attachment.network.mtu;
        nic.tag = server.device_tags.text(nic.port_id);
        nic.fixed_ips = fixed_ips_of(attachment);
        for (auto& one : nic.fixed_ips.as_array()) {
            auto found = floating.find(nic.port_id + " " + one.text("ip_address"));
            if (found != floating.end()) one["floating_ip"] = found->second;
        }
        nics.push_back(std::move(nic));
    }
    return nics;
}
void fill_documents(db::Tx& tx, const Server& server, GuestSpec& spec) {
    spec.hostname = server.hostname;
    spec.display_name = server.name;
    spec.keys.clear();
    if (server.key_name) {
        bool certificate = server.public_key.rfind("-----BEGIN", 0) == 0;
        spec.keys.push_back({*server.key_name, server.public_key, certificate ? "x509" : "ssh"});
    }
    spec.user_data = server.user_data.value_or("");
    spec.metadata = server.metadata;
    spec.availability_zone = server.availability_zone;
    spec.launch_index = server.launch_index;
    spec.flavor_name = server.flavor.name;
    spec.reservation_id = server.reservation_id;
    spec.security_groups = neutron::security_group_names(tx, {server.id})[server.id];
    spec.launched_at = server.launched_at.value_or(server.created_at);
}
} // namespace

GuestSpec guest_spec_of(Context& context, const Server& server, GuestPower power) {
    auto image = glance::find_image(context.tx, Scope::all(), server.image_id);
    if (!image)
        throw conflict("ImageNotFound",
                       format("Image {} is gone: server {} cannot be built from it. Create the "
                              "server from another image.",
                              server.image_id, server.id));
    auto copy = glance::local_copy(context, image->id);
    if (copy.coming)
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("image {} is being copied to this node", image->id));
    GuestSpec spec;
    spec.server_id = server.id;
    spec.name = server.instance_name.value_or("");
    spec.project_id = server.project_id;
    spec.user_id = server.user_id;
    spec.vcpus = server.vcpus;
    spec.memory_mb = server.memory_mb;
    spec.root_gb = server.root_gb;
    spec.image_id = image->id;
    spec.image_path = copy.path;
    spec.image_format = image->inspected_format;
    spec.image_checksum = image->checksum;
    spec.nics = nics_of(context.tx, server);
    spec.config_drive = server.config_drive;
    fill_documents(context.tx, server, spec);
    spec.power = power;
    return spec;
}

bool image_is_here(ops::Step& step, const std::string& image_id) {
    constexpr std::int64_t ask_again_ms = 1000;
    if (!glance::local_copy(step, image_id).coming) return true;
    step.wait_ms(ask_again_ms);
    return false;
}

std::int64_t desire_guest(Context& context, const Server& server, GuestPower power) {
    return desire_spec(context, server, guest_spec_of(context, server, power));
}

GuestSpec spec_with_power(Context& context, const Server& server, GuestPower power) {
    auto wanted = agent::desired(context.tx, *server.host, guest_kind, server.id);
    if (!wanted) return guest_spec_of(context, server, power);
    GuestSpec spec;
    GuestSpec::shape().from_image(wanted->spec, &spec);
    spec.power = power;
    return spec;
}

std::int64_t desire_nics(Context& context, const Server& server, const std::string& without_port) {
    if (!server.host) return 0;
    auto wanted = agent::desired(context.tx, *server.host, guest_kind, server.id);
    if (!wanted || wanted->absent) return 0;
    GuestSpec spec;
    GuestSpec::shape().from_image(wanted->spec, &spec);
    spec.nics = nics_of(context.tx, server);
    std::erase_if(spec.nics, [&](const GuestNic& nic) { return nic.port_id == without_port; });
    return desire_spec(context, server, spec);
}

std::int64_t desire_spec(Context& context, const Server& server, const GuestSpec& spec,
                         bool force) {
    return agent::desire(context, *server.host, guest_kind, server.id,
                         GuestSpec::shape().image(&spec), force);
}

std::optional<GuestSpec> renewed_spec(db::Tx& tx, const Server& server) {
    if (!server.host) return std::nullopt;
    auto wanted = agent::desired(tx, *server.host, guest_kind, server.id);
    if (!wanted || wanted->absent) return std::nullopt;
    GuestSpec spec;
    GuestSpec::shape().from_image(wanted->spec, &spec);
    Json before = GuestSpec::shape().image(&spec);
    // When it was started is no news.
    Time launched = spec.launched_at;
    fill_documents(tx, server, spec);
    spec.launched_at = launched;
    auto now = nics_of(tx, server);
    auto same_port = [&](const GuestNic& nic) {
        return std::find_if(now.begin(), now.end(),
                            [&](const GuestNic& other) { return other.port_id == nic.port_id; });
    };
    for (auto& nic : spec.nics)
        if (auto found = same_port(nic); found != now.end()) {
            nic.fixed_ips = found->fixed_ips;
            nic.tag = found->tag;
        }
    // Ports that were deleted; new ones come by an operation.
    if (!server.task_state)
        std::erase_if(spec.nics, [&](const GuestNic& nic) { return same_port(nic) == now.end(); });
    if (GuestSpec::shape().image(&spec) == before) return std::nullopt;
    return spec;
}

void refresh_documents(Context& context, const Server& server) {
    if (auto spec = renewed_spec(context.tx, server)) desire_spec(context, server, *spec);
}

bool guest_reached(ops::Step& step, const std::string& host, const std::string& server_id,
                   std::int64_t generation) {
    if (agent::reached(step.tx, host, guest_kind, server_id, generation)) return true;
    step.wait_for(observed_guest, agent::journal_id(host, server_id));
    return false;
}

bool guest_gone(ops::Step& step, const std::string& host, const std::string& server_id) {
    auto wanted = agent::desired(step.tx, host, guest_kind, server_id);
    if (!wanted || agent::reached(step.tx, host, guest_kind, server_id, wanted->generation))
        return true;
    bool known = false, away = false;
    step.tx.first("SELECT connected, last_seen FROM agent_hosts WHERE host = ?", {host},
                  [&](const db::Row& row) {
                      known = true;
                      away = !row.boolean(0) &&
                             Time{row.integer(1)}.plus_seconds(away_seconds) < step.now;
                  });
    if (!known || away) return true;
    step.wait_for(observed_guest, agent::journal_id(host, server_id));
    return false;
}

std::optional<GuestStatus> guest_status(db::Tx& tx, const std::string& host,
                                        const std::string& server_id) {
    auto seen = agent::observed(tx, host, guest_kind, server_id);
    if (!seen || seen->status.is_null()) return std::nullopt;
    GuestStatus status;
    GuestStatus::shape().from_image(seen->status, &status);
    return status;
}

} // namespace nephele::nova
