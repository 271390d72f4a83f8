// SPDX-License-Identifier: Apache-2.0
// Placement: who has how much of what, and who holds it.
#include "services/placement/service.h"

#include "services/placement/api/manners.h"
#include "services/placement/store/store.h"

namespace nephele::placement {

api::Service service() {
    api::Service s;
    s.name = "placement";
    s.type = "placement";
    s.description = "Resource providers, inventories and allocations";
    s.prefix = "/placement";
    s.port = 8778;
    s.manners = manners();
    s.resources = {root_resource(),  provider_resource(),   inventory_resource(),
                   trait_resource(), allocation_resource(), candidate_resource()};
    s.migrations = store::migrations();
    s.policies = policies();
    s.tables = {&providers(), &inventories(), &consumers(), &allocations()};
    s.checks = {{"used counters equal allocations",
                 [](Cloud&, db::Tx& tx) { return store::usage_errors(tx); }}};
    return s;
}

} // namespace nephele::placement
