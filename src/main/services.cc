// SPDX-License-Identifier: Apache-2.0
#include "main/services.h"

#include "services/glance/service.h"
#include "services/keystone/service.h"
#include "services/neutron/service.h"
#include "services/nova/service.h"
#include "services/placement/service.h"
#include "services/swift/service.h"

namespace nephele {

std::vector<api::Service> all_services() {
    return {keystone::service(), placement::service(), glance::service(),  neutron::service(),
            nova::service(),     swift::service(),     swift::s3_service()};
}

} // namespace nephele
