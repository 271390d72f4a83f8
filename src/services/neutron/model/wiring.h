// SPDX-License-Identifier: Apache-2.0
// What the rows of the northbound database are made of: records with all that they depend on.
#pragma once
#include "services/neutron/model/network.h"
#include "services/neutron/model/port.h"
#include "services/neutron/model/router.h"
#include "services/neutron/model/security_group.h"
#include "services/neutron/model/subnet.h"

#include <set>

namespace nephele::neutron {

/// A host that carries ports, as OVN knows it.
struct Chassis {
    std::string name, host;
    std::vector<std::string> physical_networks; ///< that it has a bridge for
};

struct Wiring {
    std::vector<Network> networks;
    std::vector<Subnet> subnets; ///< all of these networks
    std::vector<Port> ports;     ///< the service ports of these networks are among them
    std::vector<Router> routers; ///< with all their ports and floating IPs
    std::vector<FloatingIp> floating_ips;
    std::vector<SecurityGroup> groups; ///< with their rules
    std::vector<Chassis> chassis;
    std::vector<std::string> dns_servers; ///< for subnets that name none
};

/// Records that changed, by id; they may be gone.
struct Touched {
    std::set<std::string> networks, subnets, ports, routers, floating_ips, groups;
    bool empty() const {
        return networks.empty() && subnets.empty() && ports.empty() && routers.empty() &&
               floating_ips.empty() && groups.empty();
    }
    /// All of them: rows with these ids, or owned by these, are spoken for.
    std::set<std::string> ids() const;
};

} // namespace nephele::neutron
