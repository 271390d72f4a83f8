// SPDX-License-Identifier: Apache-2.0
#include "services/placement/store/store.h"

#include "base/strings.h"
#include "services/placement/model/names.h"

namespace nephele::placement::store {
namespace {
std::vector<std::string> texts(db::Tx& tx, const std::string& sql, const db::Params& params) {
    std::vector<std::string> out;
    tx.each(sql, params, [&](const db::Row& row) { out.push_back(row.str(0)); });
    return out;
}

void replace_set(db::Tx& tx, const std::string& table, const std::string& column,
                 const std::string& provider, const std::vector<std::string>& values) {
    tx.exec("DELETE FROM " + table + " WHERE provider = ?", {provider});
    for (auto& value : values)
        tx.exec("INSERT INTO " + table + " (provider, " + column + ") VALUES (?, ?)",
                {provider, value});
}

Failure over_capacity(const Allocation& a, const InventoryRow& inventory) {
    return conflict("placement.undefined_code",
                    nephele::format("Unable to allocate inventory: Unable to create allocation for "
                                    "'{}' on resource provider '{}'. The requested amount {} would "
                                    "exceed the capacity ({} of {} in use).",
                                    a.resource_class, a.provider, a.amount, inventory.used,
                                    inventory.total));
}

void check_units(const Allocation& a, const InventoryRow& inventory) {
    bool fits = a.amount >= inventory.min_unit && a.amount <= inventory.max_unit &&
                a.amount % inventory.step_size == 0;
    if (!fits)
        throw conflict(
            "placement.undefined_code",
            nephele::format("Unable to allocate inventory: {} of {} violates min_unit {}, "
                            "max_unit {} or step_size {} of resource provider '{}'.",
                            a.amount, a.resource_class, inventory.min_unit, inventory.max_unit,
                            inventory.step_size, a.provider));
}
} // namespace

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> all{
        {"placement.001_providers",
         {"CREATE TABLE placement_providers (uuid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
          "generation BIGINT NOT NULL, parent_provider_uuid TEXT, root_provider_uuid TEXT NOT "
          "NULL, "
          "created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
          "CREATE TABLE placement_inventories (key TEXT PRIMARY KEY, provider TEXT NOT NULL "
          "REFERENCES placement_providers (uuid), resource_class TEXT NOT NULL, total BIGINT NOT "
          "NULL, reserved BIGINT NOT NULL, min_unit BIGINT NOT NULL, max_unit BIGINT NOT NULL, "
          "step_size BIGINT NOT NULL, allocation_ratio DOUBLE PRECISION NOT NULL, used BIGINT NOT "
          "NULL)",
          "CREATE INDEX placement_inventories_provider ON placement_inventories (provider)",
          "CREATE INDEX placement_inventories_class ON placement_inventories (resource_class, "
          "provider)",
          "CREATE TABLE placement_consumers (uuid TEXT PRIMARY KEY, project_id TEXT NOT NULL, "
          "user_id TEXT NOT NULL, generation BIGINT NOT NULL)",
          "CREATE INDEX placement_consumers_project ON placement_consumers (project_id, user_id)",
          "CREATE TABLE placement_allocations (key TEXT PRIMARY KEY, consumer TEXT NOT NULL "
          "REFERENCES placement_consumers (uuid), provider TEXT NOT NULL REFERENCES "
          "placement_providers (uuid), resource_class TEXT NOT NULL, amount BIGINT NOT NULL)",
          "CREATE INDEX placement_allocations_consumer ON placement_allocations (consumer)",
          "CREATE INDEX placement_allocations_provider ON placement_allocations (provider)",
          "CREATE TABLE placement_traits (name TEXT PRIMARY KEY)",
          "CREATE TABLE placement_classes (name TEXT PRIMARY KEY)",
          "CREATE TABLE placement_provider_traits (provider TEXT NOT NULL REFERENCES "
          "placement_providers (uuid), trait TEXT NOT NULL, PRIMARY KEY (provider, trait))",
          "CREATE INDEX placement_provider_traits_trait ON placement_provider_traits (trait)",
          "CREATE TABLE placement_aggregates (provider TEXT NOT NULL REFERENCES "
          "placement_providers "
          "(uuid), aggregate TEXT NOT NULL, PRIMARY KEY (provider, aggregate))",
          "CREATE INDEX placement_aggregates_aggregate ON placement_aggregates (aggregate)"}}};
    return all;
}

std::vector<InventoryRow> inventories_of(db::Tx& tx, const std::string& provider) {
    return select(tx, inventories(), Scope::all(), {"provider = ?", {provider}},
                  "ORDER BY resource_class");
}

std::optional<InventoryRow> inventory_of(db::Tx& tx, const std::string& provider,
                                         const std::string& resource_class) {
    return find(tx, inventories(), Scope::all(), provider + "/" + resource_class);
}

std::vector<Allocation> allocations_on(db::Tx& tx, const std::string& provider) {
    return select(tx, allocations(), Scope::all(), {"provider = ?", {provider}}, "ORDER BY key");
}

std::vector<Allocation> allocations_by(db::Tx& tx, const std::string& consumer) {
    return select(tx, allocations(), Scope::all(), {"consumer = ?", {consumer}}, "ORDER BY key");
}

std::vector<std::string> traits_of(db::Tx& tx, const std::string& provider) {
    return texts(tx,
                 "SELECT trait FROM placement_provider_traits WHERE provider = ? ORDER BY trait",
                 {provider});
}
void set_traits(db::Tx& tx, const std::string& provider, const std::vector<std::string>& traits) {
    replace_set(tx, "placement_provider_traits", "trait", provider, traits);
}
std::vector<std::string> aggregates_of(db::Tx& tx, const std::string& provider) {
    return texts(tx,
                 "SELECT aggregate FROM placement_aggregates WHERE provider = ? ORDER BY aggregate",
                 {provider});
}
void set_aggregates(db::Tx& tx, const std::string& provider,
                    const std::vector<std::string>& aggregates) {
    replace_set(tx, "placement_aggregates", "aggregate", provider, aggregates);
}

std::vector<std::string> names_in(db::Tx& tx, const std::string& table) {
    auto& standard = table == "placement_traits" ? standard_traits() : standard_classes();
    std::vector<std::string> out = standard;
    for (auto& name : texts(tx, "SELECT name FROM " + table + " ORDER BY name", {}))
        out.push_back(name);
    return out;
}

bool has_name(db::Tx& tx, const std::string& table, const std::string& name) {
    auto& standard = table == "placement_traits" ? standard_traits() : standard_classes();
    if (std::find(standard.begin(), standard.end(), name) != standard.end()) return true;
    return tx.count("SELECT COUNT(*) FROM " + table + " WHERE name = ?", {name}) > 0;
}

bool add_name(db::Tx& tx, const std::string& table, const std::string& name) {
    if (has_name(tx, table, name)) return false;
    tx.exec("INSERT INTO " + table + " (name) VALUES (?)", {name});
    return true;
}

void bump(Context& context, Provider& provider) {
    provider.generation += 1;
    update(context, providers(), provider);
}

void check_generation(const Provider& provider, std::int64_t generation) {
    if (provider.generation == generation) return;
    throw conflict("placement.concurrent_update",
                   nephele::format("resource provider generation conflict: the provider {} is at "
                                   "generation {}, the request has {}. Read it again and repeat.",
                                   provider.uuid, provider.generation, generation));
}

void set_inventories(Context& context, const Provider& provider,
                     const std::vector<InventoryRow>& rows) {
    std::map<std::string, InventoryRow> before;
    for (auto& row : inventories_of(context.tx, provider.uuid)) before[row.resource_class] = row;
    for (auto row : rows) {
        row.provider = provider.uuid;
        row.key = provider.uuid + "/" + row.resource_class;
        if (auto old = before.find(row.resource_class); old != before.end()) {
            row.used = old->second.used;
            before.erase(old);
            update(context, inventories(), row);
        } else {
            row.used = 0;
            insert(context, inventories(), row);
        }
    }
    for (auto& [name, old] : before) {
        if (old.used > 0)
            throw conflict("placement.inventory.inuse",
                           nephele::format("Inventory for '{}' on resource provider '{}' in use.",
                                           name, provider.uuid));
        erase(context, inventories(), old);
    }
}

bool use(db::Tx& tx, const Allocation& a, int sign) {
    std::string key = a.provider + "/" + a.resource_class;
    if (sign < 0)
        return tx.exec("UPDATE placement_inventories SET used = used - ? WHERE key = ?",
                       {a.amount, key}) == 1;
    return tx.exec("UPDATE placement_inventories SET used = used + ? WHERE key = ? AND used + ? <= "
                   "(total - reserved) * allocation_ratio",
                   {a.amount, key, a.amount}) == 1;
}

void set_allocations(Context& context, const std::string& consumer,
                     const std::map<std::string, Resources>& by_provider,
                     const std::string& project_id, const std::string& user_id) {
    for (auto& old : allocations_by(context.tx, consumer)) {
        use(context.tx, old, -1);
        erase(context, allocations(), old);
    }
    auto known = find(context.tx, consumers(), Scope::all(), consumer);
    if (by_provider.empty()) {
        if (known) erase(context, consumers(), *known);
        return;
    }
    Consumer record{consumer, project_id, user_id, known ? known->generation + 1 : 1};
    if (known)
        update(context, consumers(), record);
    else
        insert(context, consumers(), record);
    for (auto& [provider, resources] : by_provider)
        for (auto& [resource_class, amount] : resources) {
            Allocation a{consumer + "/" + provider + "/" + resource_class, consumer, provider,
                         resource_class, amount};
            auto inventory = inventory_of(context.tx, provider, resource_class);
            if (!inventory)
                throw conflict(
                    "placement.undefined_code",
                    nephele::format("Unable to allocate inventory: there is no inventory "
                                    "of '{}' on resource provider '{}'.",
                                    resource_class, provider));
            check_units(a, *inventory);
            if (!use(context.tx, a, +1)) throw over_capacity(a, *inventory);
            insert(context, allocations(), a);
        }
}

std::vector<std::string> usage_errors(db::Tx& tx) {
    std::vector<std::string> out;
    tx.each(
        "SELECT i.key, i.used, COALESCE(SUM(a.amount), 0) FROM placement_inventories i LEFT JOIN "
        "placement_allocations a ON a.provider = i.provider AND a.resource_class = "
        "i.resource_class GROUP BY i.key, i.used HAVING i.used <> COALESCE(SUM(a.amount), 0)",
        db::Params{}, [&](const db::Row& row) {
            out.push_back(nephele::format("inventory {} counts {} used, allocations sum to {}",
                                          row.str(0), row.integer(1), row.integer(2)));
        });
    tx.each("SELECT c.uuid FROM placement_consumers c WHERE NOT EXISTS (SELECT 1 FROM "
            "placement_allocations a WHERE a.consumer = c.uuid)",
            db::Params{}, [&](const db::Row& row) {
                out.push_back(nephele::format("consumer {} holds nothing", row.str(0)));
            });
    return out;
}

} // namespace nephele::placement::store
