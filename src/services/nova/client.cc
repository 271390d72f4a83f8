// SPDX-License-Identifier: Apache-2.0
#include "services/nova/client.h"

#include "services/nova/compute/host.h"

namespace nephele::nova {

void start_remote_hosts(Cloud& cloud, std::unique_ptr<agent::Link> link) {
    compute::start_hosts(cloud, std::move(link));
}
void stop_remote_hosts(Cloud& cloud) { compute::stop_hosts(cloud); }

} // namespace nephele::nova
