// SPDX-License-Identifier: Apache-2.0
// A compute host: nova's service there, its hypervisor, and its resource provider, which has the
// same id as the hypervisor.
#pragma once
#include "platform/shape/shape.h"

namespace nephele::nova {

using shape::Shape;

struct ComputeHost {
    std::string id; ///< of the hypervisor and of the resource provider
    std::string service_id;
    std::int64_t number = 0; ///< its id before 2.53, of service and hypervisor
    std::string host, hypervisor_hostname, zone;
    bool disabled = false, forced_down = false;
    std::optional<std::string> disabled_reason;
    bool connected = false;
    std::int64_t vcpus = 0, memory_mb = 0, disk_gb = 0;
    std::string hypervisor_type, host_ip, architecture;
    std::int64_t hypervisor_version = 0;
    Json cpu_info = Json::object();
    std::int64_t failed_builds = 0; ///< in a row
    Time created_at, updated_at;

    bool up() const { return connected && !forced_down; }
    static const Shape<ComputeHost>& shape();
};

} // namespace nephele::nova
