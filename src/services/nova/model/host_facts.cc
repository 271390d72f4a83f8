// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/host_facts.h"

namespace nephele::nova {

const Shape<HostFacts>& HostFacts::shape() {
    static const auto s = Shape<HostFacts>()
                              .field("vcpus", &HostFacts::vcpus)
                              .field("memory_mb", &HostFacts::memory_mb)
                              .field("disk_gb", &HostFacts::disk_gb)
                              .field("hypervisor_type", &HostFacts::hypervisor_type)
                              .field("hypervisor_version", &HostFacts::hypervisor_version)
                              .field("hypervisor_hostname", &HostFacts::hypervisor_hostname)
                              .field("host_ip", &HostFacts::host_ip)
                              .field("architecture", &HostFacts::architecture)
                              .field("cpu_info", &HostFacts::cpu_info)
                              .field("availability_zone", &HostFacts::availability_zone)
                              .field("traits", &HostFacts::traits);
    return s;
}

} // namespace nephele::nova
