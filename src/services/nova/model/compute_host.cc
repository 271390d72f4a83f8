// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/compute_host.h"

namespace nephele::nova {

const Shape<ComputeHost>& ComputeHost::shape() {
    static const auto s = Shape<ComputeHost>("hypervisor", "hypervisors")
                              .field("id", &ComputeHost::id)
                              .field("service_id", &ComputeHost::service_id)
                              .field("number", &ComputeHost::number)
                              .field("host", &ComputeHost::host)
                              .field("hypervisor_hostname", &ComputeHost::hypervisor_hostname)
                              .field("zone", &ComputeHost::zone)
                              .field("disabled", &ComputeHost::disabled)
                              .field("disabled_reason", &ComputeHost::disabled_reason)
                              .field("forced_down", &ComputeHost::forced_down)
                              .field("connected", &ComputeHost::connected)
                              .field("vcpus", &ComputeHost::vcpus)
                              .field("memory_mb", &ComputeHost::memory_mb)
                              .field("disk_gb", &ComputeHost::disk_gb)
                              .field("hypervisor_type", &ComputeHost::hypervisor_type)
                              .field("hypervisor_version", &ComputeHost::hypervisor_version)
                              .field("host_ip", &ComputeHost::host_ip)
                              .field("architecture", &ComputeHost::architecture)
                              .field("cpu_info", &ComputeHost::cpu_info)
                              // Counted by creates, too often for a journal.
                              .field("failed_builds", &ComputeHost::failed_builds, {shape::secret})
                              .field("created_at", &ComputeHost::created_at)
                              .field("updated_at", &ComputeHost::updated_at);
    return s;
}

} // namespace nephele::nova
