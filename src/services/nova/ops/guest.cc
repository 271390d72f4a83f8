// SPDX-License-Identifier: Apache-2.0
#include "services/nova/ops/guest.h"

#include "base/strings.h"
#include "platform/agent/agent.h"
#include "services/glance/client.h"
#include "services/neutron/client.h"

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

std::vector<GuestNic> nics_of(db::Tx& tx, const std::string& server_id) {
    std::vector<GuestNic> nics;
    for (auto& attachment : neutron::attachments_of_device(tx, server_id)) {
        GuestNic nic;
        nic.port_id = attachment.port.id;
        nic.network_id = attachment.network.id;
        nic.mac = attachment.port.mac_address;
        if (attachment.network.mtu > 0) nic.mtu = attachment.network.mtu;
        nic.fixed_ips = fixed_ips_of(attachment);
        nics.push_back(std::move(nic));
    }
    return nics;
}
} // namespace

GuestSpec guest_spec_of(Context& context, const Server& server, GuestPower power) {
    auto image = glance::find_image(context.tx, Scope::all(), server.image_id);
    if (!image)
        throw conflict("ImageNotFound",
                       format("Image {} is gone: server {} cannot be built from it. Create the "
                              "server from another image.",
                              server.image_id, server.id));
    GuestSpec spec;
    spec.server_id = server.id;
    spec.name = server.instance_name.value_or("");
    spec.hostname = server.hostname;
    spec.project_id = server.project_id;
    spec.user_id = server.user_id;
    spec.display_name = server.name;
    spec.vcpus = server.vcpus;
    spec.memory_mb = server.memory_mb;
    spec.root_gb = server.root_gb;
    spec.image_id = image->id;
    spec.image_path = image->path;
    spec.image_format = image->inspected_format;
    spec.image_checksum = image->checksum;
    spec.nics = nics_of(context.tx, server.id);
    if (server.key_name) spec.keys.push_back({*server.key_name, server.public_key});
    spec.config_drive = server.config_drive;
    spec.user_data = server.user_data.value_or("");
    spec.metadata = server.metadata;
    spec.availability_zone = server.availability_zone;
    spec.launched_at = server.launched_at.value_or(server.created_at);
    spec.power = power;
    return spec;
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

std::int64_t desire_spec(Context& context, const Server& server, const GuestSpec& spec,
                         bool force) {
    return agent::desire(context, *server.host, guest_kind, server.id,
                         GuestSpec::shape().image(&spec), force);
}

void refresh_metadata(Context& context, const Server& server) {
    if (!server.host) return;
    auto wanted = agent::desired(context.tx, *server.host, guest_kind, server.id);
    if (!wanted || wanted->absent) return;
    wanted->spec["metadata"] = server.metadata;
    agent::desire(context, *server.host, guest_kind, server.id, std::move(wanted->spec));
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
