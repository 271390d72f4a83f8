// SPDX-License-Identifier: Apache-2.0
// Where placement's records are kept, and the queries over them.
#pragma once
#include "services/placement/client.h"
#include "services/placement/model/records.h"

namespace nephele::placement::store {

const std::vector<db::Migration>& migrations();

std::vector<InventoryRow> inventories_of(db::Tx&, const std::string& provider);
std::optional<InventoryRow> inventory_of(db::Tx&, const std::string& provider,
                                         const std::string& resource_class);
std::vector<Allocation> allocations_on(db::Tx&, const std::string& provider);
std::vector<Allocation> allocations_by(db::Tx&, const std::string& consumer);

std::vector<std::string> traits_of(db::Tx&, const std::string& provider);
void set_traits(db::Tx&, const std::string& provider, const std::vector<std::string>& traits);
std::vector<std::string> aggregates_of(db::Tx&, const std::string& provider);
void set_aggregates(db::Tx&, const std::string& provider,
                    const std::vector<std::string>& aggregates);

/// Custom and standard names; `table` is "placement_traits" or "placement_classes".
std::vector<std::string> names_in(db::Tx&, const std::string& table);
bool has_name(db::Tx&, const std::string& table, const std::string& name);
/// False when it was there.
bool add_name(db::Tx&, const std::string& table, const std::string& name);

/// Counts the provider's generation up; every change of a provider's parts does.
void bump(Context&, Provider& provider);
/// Throws Failure(conflict, "placement.concurrent_update") unless the generation is the stored one.
void check_generation(const Provider& provider, std::int64_t generation);
/// Replaces the inventory set; refuses to drop or shrink below what is in use.
void set_inventories(Context&, const Provider& provider, const std::vector<InventoryRow>& rows);

/// Replaces everything the consumer holds. Order of failures as upstream: unknown provider or
/// class, unit rules, capacity.
void set_allocations(Context&, const std::string& consumer,
                     const std::map<std::string, Resources>& by_provider,
                     const std::string& project_id, const std::string& user_id);

/// Adds `sign` * amount to the used counter of an inventory; false when that exceeds its capacity.
bool use(db::Tx&, const Allocation& allocation, int sign);
/// Lines where the used counters and the allocations disagree (for nephele check).
std::vector<std::string> usage_errors(db::Tx&);

} // namespace nephele::placement::store
