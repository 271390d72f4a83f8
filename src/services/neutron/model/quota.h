// SPDX-License-Identifier: Apache-2.0
// Quotas: how many of each resource a project may have.
#pragma once
#include "services/neutron/model/standard.h"

namespace nephele::neutron {

/// A limit set for one project; what is not set has the default.
struct QuotaLimit {
    std::string id; ///< "<project>/<resource>"
    std::string project_id, resource;
    std::int64_t limit = 0; ///< -1: none
    static const Shape<QuotaLimit>& shape();
};

/// A resource that is counted.
struct QuotaResource {
    const char* name;  ///< "network"
    const char* table; ///< "neutron_networks"
    std::int64_t fallback;
};
const std::vector<QuotaResource>& quota_resources();

} // namespace nephele::neutron
