// SPDX-License-Identifier: Apache-2.0
// Making, changing and removing networks.
#include "services/neutron/ops/networks.h"

#include "base/strings.h"
#include "services/neutron/logic/network_plan.h"
#include "services/neutron/ops/metadata_hosts.h"
#include "services/neutron/ops/ports.h"
#include "services/neutron/ops/quotas.h"
#include "services/neutron/ops/routers.h"

namespace nephele::neutron {
namespace {
constexpr std::int64_t last_tunnel_id = 65536;

std::int64_t free_tunnel_id(db::Tx& tx, const std::string& type) {
    auto highest = tx.count("SELECT MAX(provider_segmentation_id) FROM neutron_networks WHERE "
                            "provider_network_type = ? AND provider_segmentation_id <= ?",
                            {type, last_tunnel_id});
    if (highest < last_tunnel_id) return highest + 1;
    std::int64_t next = 1;
    bool open = false;
    tx.each("SELECT provider_segmentation_id FROM neutron_networks WHERE provider_network_type = ? "
            "AND provider_segmentation_id <= ? ORDER BY provider_segmentation_id",
            {type, last_tunnel_id}, [&](const db::Row& row) {
                if (!open && row.integer(0) == next)
                    ++next;
                else
                    open = true;
            });
    if (next > last_tunnel_id)
        throw Failure(Fault::unavailable, "NoNetworkAvailable",
                      "Unable to create the network. No tenant network is available for "
                      "allocation: all tunnel ids are in use.");
    return next;
}

void check_segment_free(db::Tx& tx, const Network& network) {
    auto taken = [&](const std::string& sql, const db::Params& params) {
        return tx.count("SELECT COUNT(*) FROM neutron_networks WHERE " + sql, params) > 0;
    };
    const auto& type = network.provider_network_type;
    if (type == "flat" && taken("provider_network_type = ? AND provider_physical_network = ?",
                                {type, *network.provider_physical_network}))
        throw conflict("FlatNetworkInUse",
                       format("Unable to create the flat network. Physical network {} is in use.",
                              *network.provider_physical_network));
    if (type == "vlan" &&
        taken("provider_network_type = ? AND provider_physical_network = ? AND "
              "provider_segmentation_id = ?",
              {type, *network.provider_physical_network, *network.provider_segmentation_id}))
        throw conflict("VlanIdInUse",
                       format("Unable to create the network. The VLAN {} on physical network {} is "
                              "in use.",
                              *network.provider_segmentation_id,
                              *network.provider_physical_network));
    if (type == "geneve" && network.provider_segmentation_id &&
        taken("provider_network_type = ? AND provider_segmentation_id = ?",
              {type, *network.provider_segmentation_id}))
        throw conflict("TunnelIdInUse",
                       format("Unable to create the network. The tunnel ID {} is in use.",
                              *network.provider_segmentation_id));
}

void check_default(Context& context, const Network& network) {
    if (!network.is_default) return;
    if (!network.router_external)
        throw bad_request("InvalidInput", "Invalid input for operation: Only external networks can "
                                          "be default.");
    if (context.tx.count("SELECT COUNT(*) FROM neutron_networks WHERE is_default = 1 AND id <> ?",
                         {network.id}) > 0)
        throw conflict("DefaultExternalNetworkExists",
                       "A default external network already exists.");
}

void check_sharing_change(Context& context, const Network& before, const Network& after) {
    if (before.shared && !after.shared &&
        context.tx.count("SELECT COUNT(*) FROM neutron_ports WHERE network_id = ? AND project_id "
                         "<> ? AND project_id <> ''",
                         {before.id, before.project_id}) > 0)
        throw conflict("InvalidSharedSetting",
                       format("Unable to reconfigure sharing settings for network {}. Multiple "
                              "tenants are using it.",
                              before.name));
    if (before.router_external && !after.router_external &&
        context.tx.count("SELECT COUNT(*) FROM neutron_ports WHERE network_id = ? AND "
                         "device_owner IN (?, ?)",
                         {before.id, owner::router_gateway, owner::floating_ip}) > 0)
        throw conflict("ExternalNetworkInUse",
                       format("External network {} cannot be updated to be made non-external, "
                              "since it has existing gateway ports.",
                              before.id));
}
} // namespace

Network make_network(Context& context, Network network, bool mtu_given) {
    check_quota(context, network.project_id, "network");
    const Config& config = context.cloud.config();
    network.id = context.new_uuid();
    plan_segment(network, config.text("neutron.tenant_network_type"));
    plan_mtu(network, mtu_given, config.integer("neutron.physical_mtu"));
    check_segment_free(context.tx, network);
    if (network.provider_network_type == "geneve" && !network.provider_segmentation_id)
        network.provider_segmentation_id = free_tunnel_id(context.tx, "geneve");
    check_default(context, network);
    network.created_at = network.updated_at = context.now;
    insert(context, networks(), network);
    if (network.shared)
        set_open_to_all(context, "network", network.id, network.project_id, "access_as_shared",
                        true);
    if (network.router_external)
        set_open_to_all(context, "network", network.id, network.project_id, "access_as_external",
                        true);
    return network;
}

Network change_network(Context& context, const Network& before, Network after, bool mtu_given) {
    if (mtu_given) plan_mtu(after, true, context.cloud.config().integer("neutron.physical_mtu"));
    if (!after.router_external) after.is_default = false;
    check_default(context, after);
    check_sharing_change(context, before, after);
    update(context, networks(), after);
    if (before.shared != after.shared)
        set_open_to_all(context, "network", after.id, after.project_id, "access_as_shared",
                        after.shared);
    if (before.router_external != after.router_external)
        set_open_to_all(context, "network", after.id, after.project_id, "access_as_external",
                        after.router_external);
    if (before.mtu != after.mtu) ensure_distributed_port(context, after);
    return after;
}

void drop_network(Context& context, const Network& network) {
    std::vector<std::string> in_use;
    for (auto& floating : select(context.tx, floating_ips(), Scope::all(),
                                 {"floating_network_id = ? AND port_id IS NULL", {network.id}}))
        drop_floating_ip(context, floating);
    auto all = select(context.tx, ports(), Scope::all(), {"network_id = ?", {network.id}});
    for (auto& port : all)
        if (port.device_owner != owner::distributed) in_use.push_back(port.id);
    if (!in_use.empty()) {
        if (in_use.size() > 10) in_use.resize(10);
        throw conflict("NetworkInUse",
                       format("Unable to complete operation on network {}. There are one or more "
                              "ports still in use on the network, id for these ports is {}.",
                              network.id, join(in_use, ",")));
    }
    for (auto& port : all) drop_port(context, port);
    for (auto& subnet : subnets_of(context.tx, network.id)) erase(context, subnets(), subnet);
    for (auto& policy : select(context.tx, rbac_policies(), Scope::all(),
                               {"object_type = 'network' AND object_id = ?", {network.id}}))
        erase(context, rbac_policies(), policy);
    erase(context, networks(), network);
}

void set_open_to_all(Context& context, const std::string& object_type, const std::string& object_id,
                     const std::string& owner_project, const std::string& action, bool open) {
    auto there =
        select(context.tx, rbac_policies(), Scope::all(),
               {"object_type = ? AND object_id = ? AND target_project = '*' AND action = ?",
                {object_type, object_id, action}});
    if (open && there.empty()) {
        RbacPolicy policy{context.new_uuid(), owner_project, object_type, object_id, "*", action,
                          context.now};
        insert(context, rbac_policies(), policy);
    }
    if (!open)
        for (auto& policy : there) erase(context, rbac_policies(), policy);
}

void mark_shared(db::Tx& tx, const std::string& project_id, std::vector<Network>& found) {
    std::vector<std::string> foreign;
    for (auto& network : found)
        if (!network.shared && network.project_id != project_id) foreign.push_back(network.id);
    if (foreign.empty()) return;
    std::set<std::string> with_us;
    Where where = any_of("object_id", foreign);
    where.params.emplace_back(project_id);
    tx.each("SELECT object_id FROM neutron_rbac_policies WHERE " + where.sql +
                " AND object_type = 'network' AND action = 'access_as_shared' AND target_project "
                "= ?",
            where.params, [&](const db::Row& row) { with_us.insert(row.str(0)); });
    for (auto& network : found)
        if (with_us.count(network.id)) network.shared = true;
}

} // namespace nephele::neutron
