// SPDX-License-Identifier: Apache-2.0
// Placement's records: providers, their inventories, consumers and their allocations.
#pragma once
#include "platform/shape/table.h"

namespace nephele::placement {
using namespace shape;

struct Provider {
    std::string uuid, name;
    std::int64_t generation = 0;
    std::optional<std::string> parent_provider_uuid;
    std::string root_provider_uuid;
    Time created_at, updated_at;
    static const Shape<Provider>& shape();
};

struct InventoryRow {
    std::string key; ///< "<provider>/<resource class>"
    std::string provider, resource_class;
    std::int64_t total = 0, reserved = 0, min_unit = 1, max_unit = INT32_MAX, step_size = 1;
    double allocation_ratio = 1.0;
    std::int64_t used = 0; ///< sum of the allocations; kept by claims
    static const Shape<InventoryRow>& shape();
};

struct Consumer {
    std::string uuid, project_id, user_id;
    std::int64_t generation = 0;
    static const Shape<Consumer>& shape();
};

struct Allocation {
    std::string key; ///< "<consumer>/<provider>/<resource class>"
    std::string consumer, provider, resource_class;
    std::int64_t amount = 0;
    static const Shape<Allocation>& shape();
};

const Table<Provider>& providers();
const Table<InventoryRow>& inventories();
const Table<Consumer>& consumers();
const Table<Allocation>& allocations();

} // namespace nephele::placement
