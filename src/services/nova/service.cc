// SPDX-License-Identifier: Apache-2.0
// Nova: servers and what they need, as main/ lists it.
#include "services/nova/service.h"

#include "services/nova/api/manners.h"
#include "services/nova/compute/host.h"
#include "services/nova/store/tables.h"

namespace nephele::nova {

api::Service service() {
    api::Service s;
    s.name = "nova";
    s.type = "compute";
    s.description = "Servers";
    s.prefix = "/compute";
    s.project_prefix = "/v2.1";
    s.catalog_path = "/v2.1";
    s.port = 8774;
    s.manners = manners();
    s.resources = {discovery_resource(), flavors_resource(), flavor_parts_resource(),
                   keypairs_resource()};
    s.migrations = migrations();
    s.policies = policies();
    s.tables = tables();
    s.options = compute::host_options();
    s.start = compute::start_hosts;
    s.stop = compute::stop_hosts;
    return s;
}

} // namespace nephele::nova
