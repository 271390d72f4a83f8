// SPDX-License-Identifier: Apache-2.0
// This machine as a compute host: the agent with the makers of guests and of metadata networks, and
// the engines they use. Comes up in the background as soon as the engines answer; guests never
// notice it coming and going.
#pragma once
#include "services/nova/compute/host.h"

namespace nephele::nova::compute {

struct LibvirtHostOptions {
    std::string name, host_ip;
    std::string libvirt_uri, ovs_database, bridge;
    std::string instances; ///< absolute path
    std::string desired;   ///< folder of the agent's copy of its records
    int shutdown_wait_ms = 60'000;
    int workers = 4;
};

std::unique_ptr<Host> libvirt_host(Cloud& cloud, agent::Link& link, LibvirtHostOptions options);

} // namespace nephele::nova::compute
