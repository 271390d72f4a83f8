// SPDX-License-Identifier: Apache-2.0
#include "services/placement/model/records.h"

namespace nephele::placement {

const Shape<Provider>& Provider::shape() {
    static const auto s = Shape<Provider>("", "resource_providers")
                              .field("uuid", &Provider::uuid)
                              .field("name", &Provider::name)
                              .field("generation", &Provider::generation)
                              .field("parent_provider_uuid", &Provider::parent_provider_uuid)
                              .field("root_provider_uuid", &Provider::root_provider_uuid)
                              .field("created_at", &Provider::created_at, {hidden})
                              .field("updated_at", &Provider::updated_at, {hidden});
    return s;
}

const Shape<InventoryRow>& InventoryRow::shape() {
    static const auto s = Shape<InventoryRow>()
                              .field("key", &InventoryRow::key)
                              .field("provider", &InventoryRow::provider)
                              .field("resource_class", &InventoryRow::resource_class)
                              .field("total", &InventoryRow::total)
                              .field("reserved", &InventoryRow::reserved)
                              .field("min_unit", &InventoryRow::min_unit)
                              .field("max_unit", &InventoryRow::max_unit)
                              .field("step_size", &InventoryRow::step_size)
                              .field("allocation_ratio", &InventoryRow::allocation_ratio)
                              // Follows from the allocations, which are journaled.
                              .field("used", &InventoryRow::used, {secret});
    return s;
}

const Shape<Consumer>& Consumer::shape() {
    static const auto s = Shape<Consumer>()
                              .field("uuid", &Consumer::uuid)
                              .field("project_id", &Consumer::project_id)
                              .field("user_id", &Consumer::user_id)
                              .field("generation", &Consumer::generation);
    return s;
}

const Shape<Allocation>& Allocation::shape() {
    static const auto s = Shape<Allocation>()
                              .field("key", &Allocation::key)
                              .field("consumer", &Allocation::consumer)
                              .field("provider", &Allocation::provider)
                              .field("resource_class", &Allocation::resource_class)
                              .field("amount", &Allocation::amount);
    return s;
}

const Table<Provider>& providers() {
    static const Table<Provider> t({.name = "placement_providers",
                                    .service = "placement",
                                    .kind = "resource_provider",
                                    .key = "uuid",
                                    .not_found_code = "placement.undefined_code",
                                    .not_found_message = "No resource provider with uuid {} found",
                                    .updated_column = "updated_at"});
    return t;
}
const Table<InventoryRow>& inventories() {
    static const Table<InventoryRow> t({.name = "placement_inventories",
                                        .service = "placement",
                                        .kind = "inventory",
                                        .key = "key",
                                        .not_found_code = "placement.undefined_code",
                                        .not_found_message = "No inventory {} found"});
    return t;
}
const Table<Consumer>& consumers() {
    static const Table<Consumer> t(
        {.name = "placement_consumers", .service = "placement", .kind = "consumer", .key = "uuid"});
    return t;
}
const Table<Allocation>& allocations() {
    static const Table<Allocation> t({.name = "placement_allocations",
                                      .service = "placement",
                                      .kind = "allocation",
                                      .key = "key"});
    return t;
}

} // namespace nephele::placement
