// SPDX-License-Identifier: Apache-2.0
// The ports of a new server: which networks it gets, checked once, and ports made for each server.
#pragma once
#include "platform/context/context.h"
#include "services/nova/model/new_server.h"
#include "services/nova/model/server.h"

namespace nephele::nova {

struct PortPlan {
    struct One {
        std::string network_id, fixed_ip, port_id, tag; ///< port_id: given by the user
    };
    std::vector<One> ports;
    std::vector<std::string> security_groups; ///< ids; empty: the project's default
};

struct PortRules {
    bool required = false; ///< 2.37: networks must be given
    bool may_attach_external = false;
    std::int64_t servers = 1;
};
/// Reads and checks what was asked. Throws upstream's failures.
PortPlan plan_ports(Context&, const Scope&, const std::string& project_id, const Json& networks,
                    const std::vector<GroupRequest>& groups, const PortRules& rules);
/// Makes (or attaches) the ports; given ones are noted in server.kept_ports. Returns their ids.
std::vector<std::string> make_ports(Context&, const PortPlan&, Server&);

} // namespace nephele::nova
