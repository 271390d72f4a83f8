// SPDX-License-Identifier: Apache-2.0
// Everything neutron is made of, in one list.
#include "services/neutron/service.h"

#include "services/neutron/api/manners.h"
#include "services/neutron/api/policies.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/ops/quotas.h"
#include "services/neutron/store/tables.h"
#include "services/neutron/tasks/checks.h"
#include "services/neutron/tasks/northbound.h"

namespace nephele::neutron {
namespace {
std::vector<Option> options() {
    std::vector<Option> out = {
        {"neutron.driver", "fake",
         "ovn: ports are carried by OVN; fake: OVN's rows are kept in memory (tests); simulated: "
         "no rows at all (scale tests)."},
        {"neutron.northbound", "unix:/var/run/ovn/ovnnb_db.sock", "OVN's northbound database."},
        {"neutron.southbound", "unix:/var/run/ovn/ovnsb_db.sock",
         "OVN's southbound database: which hosts there are."},
        {"neutron.dns_servers", Json::array(), "Name servers for subnets that name none."},
        {"neutron.tenant_network_type", "geneve",
         "Type of the networks projects make: geneve or "
         "local."},
        {"neutron.physical_mtu", 1500, "MTU of the network below; geneve takes 58 bytes of it."},
        {"neutron.base_mac", "fa:16:3e", "First three bytes of the MAC addresses of ports."},
        {"neutron.integration_bridge", "br-int", "The bridge ports of servers are plugged into."},
        {"neutron.datapath_type", "netdev",
         "Of the integration bridge: netdev (userspace) or system (kernel module)."},
    };
    for (auto& option : quota_options()) out.push_back(option);
    return out;
}
} // namespace

api::Service service() {
    api::Service s;
    s.name = "neutron";
    s.type = "network";
    s.description = "Networks, subnets, ports, routers, floating IPs and security groups";
    s.prefix = "/network";
    s.port = 9696;
    s.manners = manners();
    s.resources = {discovery_resource(),
                   networks_resource(),
                   subnets_resource(),
                   ports_resource(),
                   routers_resource(),
                   floating_ips_resource(),
                   security_groups_resource(),
                   security_group_rules_resource(),
                   quotas_resource(),
                   agents_resource(),
                   subnet_pools_resource(),
                   address_scopes_resource(),
                   rbac_policies_resource(),
                   ip_availability_resource(),
                   tags_resource()};
    s.migrations = migrations();
    s.policies = policies();
    s.options = options();
    s.tables = tables();
    s.tasks = {northbound_task()};
    s.checks = checks();
    s.start = start_wires;
    // The simulated northbound lives and dies with the node.
    s.look = [](Cloud& cloud) {
        if (cloud.config().text("neutron.driver") == "ovn") start_wires(cloud);
    };
    s.stop = stop_wires;
    return s;
}

} // namespace nephele::neutron
