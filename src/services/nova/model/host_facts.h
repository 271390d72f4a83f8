// SPDX-License-Identifier: Apache-2.0
// What a compute host says of itself: member "compute" of its agent's facts. Nova makes its compute
// service, its hypervisor and its placement provider from it.
#pragma once
#include "platform/shape/shape.h"

#include <string>
#include <vector>

namespace nephele::nova {

using shape::Shape;

/// Key in agent::HostState::facts; hosts without it are no compute hosts.
inline constexpr const char* compute_facts_key = "compute";

struct HostFacts {
    std::int64_t vcpus = 0, memory_mb = 0, disk_gb = 0;
    std::string hypervisor_type;         ///< "QEMU" for libvirt (kvm and plain), "fake"
    std::int64_t hypervisor_version = 0; ///< 7002000 for 7.2.0
    std::string hypervisor_hostname;     ///< empty: the host's name
    std::string host_ip;
    std::string architecture; ///< "x86_64"; empty: unknown, fits every image
    Json cpu_info = Json::object();
    std::string availability_zone; ///< empty: nova.default_availability_zone
    std::vector<std::string> traits;
    static const Shape<HostFacts>& shape();
};

} // namespace nephele::nova
