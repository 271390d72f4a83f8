// SPDX-License-Identifier: Apache-2.0
// Claims and candidates for other services (client.h).
#include "base/strings.h"
#include "services/placement/client.h"
#include "services/placement/store/store.h"

namespace nephele::placement {
namespace {
struct Slot {
    std::string provider;
    std::int64_t capacity = 0, used = 0;
    bool units_fit = false;
};

// Every provider with an inventory of the class, by provider.
std::map<std::string, Slot> slots_of(db::Tx& tx, const std::string& resource_class,
                                     std::int64_t amount) {
    std::map<std::string, Slot> out;
    tx.each(
        "SELECT provider, CAST((total - reserved) * allocation_ratio AS BIGINT), used, min_unit, "
        "max_unit, step_size FROM placement_inventories WHERE resource_class = ?",
        db::Params{resource_class}, [&](const db::Row& row) {
            Slot slot{row.str(0), row.integer(1), row.integer(2), false};
            slot.units_fit = amount >= row.integer(3) && amount <= row.integer(4) &&
                             amount % row.integer(5) == 0;
            out.emplace(slot.provider, slot);
        });
    return out;
}

std::map<std::string, std::vector<std::string>> traits_by_provider(db::Tx& tx) {
    std::map<std::string, std::vector<std::string>> out;
    tx.each("SELECT provider, trait FROM placement_provider_traits ORDER BY provider, trait",
            db::Params{}, [&](const db::Row& row) { out[row.str(0)].push_back(row.str(1)); });
    return out;
}

template <class Keep>
void keep_only(Candidates& candidates, const std::string& constraint, Keep keep) {
    auto& all = candidates.fitting;
    auto before = all.size();
    all.erase(std::remove_if(all.begin(), all.end(), [&](auto& c) { return !keep(c); }), all.end());
    candidates.removed.push_back({constraint, static_cast<std::int64_t>(before - all.size())});
}

bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}
} // namespace

std::string ensure_provider(Context& context, const std::string& name,
                            const std::map<std::string, Inventory>& wanted,
                            const std::vector<std::string>& traits) {
    auto found = select(context.tx, providers(), Scope::all(), {"name = ?", {name}});
    Provider provider;
    if (found.empty()) {
        provider.uuid = provider.root_provider_uuid = context.new_uuid();
        provider.name = name;
        provider.created_at = provider.updated_at = context.now;
        insert(context, providers(), provider);
    } else {
        provider = found.front();
    }
    std::vector<InventoryRow> rows;
    for (auto& [resource_class, i] : wanted) {
        InventoryRow row{
            "",         provider.uuid, resource_class,     i.total, i.reserved, i.min_unit,
            i.max_unit, i.step_size,   i.allocation_ratio, 0};
        rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end(),
              [](auto& a, auto& b) { return a.resource_class < b.resource_class; });
    auto before = store::inventories_of(context.tx, provider.uuid);
    auto same = [](const InventoryRow& a, const InventoryRow& b) {
        return a.resource_class == b.resource_class && a.total == b.total &&
               a.reserved == b.reserved && a.min_unit == b.min_unit && a.max_unit == b.max_unit &&
               a.step_size == b.step_size && a.allocation_ratio == b.allocation_ratio;
    };
    bool changed = !std::equal(before.begin(), before.end(), rows.begin(), rows.end(), same);
    if (changed) store::set_inventories(context, provider, rows);
    auto sorted = traits;
    std::sort(sorted.begin(), sorted.end());
    if (store::traits_of(context.tx, provider.uuid) != sorted) {
        store::set_traits(context.tx, provider.uuid, sorted);
        changed = true;
    }
    if (changed) store::bump(context, provider);
    return provider.uuid;
}

Candidates candidates(db::Tx& tx, const Resources& wanted,
                      const std::vector<std::string>& required_traits,
                      const std::vector<std::string>& forbidden_traits) {
    Candidates out;
    tx.each("SELECT uuid, name FROM placement_providers ORDER BY name", db::Params{},
            [&](const db::Row& row) {
                out.fitting.push_back({row.str(0), row.str(1), {}, {}, {}});
            });
    out.considered = static_cast<std::int64_t>(out.fitting.size());
    auto traits = traits_by_provider(tx);
    for (auto& candidate : out.fitting) candidate.traits = traits[candidate.provider];
    for (auto& trait : required_traits)
        keep_only(out, "trait " + trait, [&](auto& c) { return has(c.traits, trait); });
    for (auto& trait : forbidden_traits)
        keep_only(out, "no trait " + trait, [&](auto& c) { return !has(c.traits, trait); });
    for (auto& [resource_class, amount] : wanted) {
        auto slots = slots_of(tx, resource_class, amount);
        keep_only(out, resource_class + " " + std::to_string(amount), [&](Candidate& c) {
            auto slot = slots.find(c.provider);
            if (slot == slots.end()) return false;
            c.capacity[resource_class] = slot->second.capacity;
            c.used[resource_class] = slot->second.used;
            return slot->second.units_fit && slot->second.used + amount <= slot->second.capacity;
        });
    }
    return out;
}

void claim(Context& context, const std::string& provider, const std::string& consumer,
           const Resources& resources, const std::string& project_id, const std::string& user_id) {
    Resources wanted;
    for (auto& [resource_class, amount] : resources)
        if (amount > 0) wanted[resource_class] = amount;
    store::set_allocations(context, consumer, {{provider, wanted}}, project_id, user_id);
}

void release(Context& context, const std::string& consumer) {
    store::set_allocations(context, consumer, {}, "", "");
}

namespace {
void change_aggregates(Context& context, const std::string& provider_id,
                       const std::string& aggregate, bool in) {
    auto provider = find(context.tx, providers(), Scope::all(), provider_id);
    if (!provider) return;
    auto all = store::aggregates_of(context.tx, provider_id);
    bool there = std::find(all.begin(), all.end(), aggregate) != all.end();
    if (there == in) return;
    if (in)
        all.push_back(aggregate);
    else
        std::erase(all, aggregate);
    store::set_aggregates(context.tx, provider_id, all);
    store::bump(context, *provider);
}
} // namespace

void join_aggregate(Context& context, const std::string& provider, const std::string& aggregate) {
    change_aggregates(context, provider, aggregate, true);
}
void leave_aggregate(Context& context, const std::string& provider, const std::string& aggregate) {
    change_aggregates(context, provider, aggregate, false);
}

std::map<std::string, Resources> allocations_of(db::Tx& tx, const std::string& consumer) {
    std::map<std::string, Resources> out;
    for (auto& a : store::allocations_by(tx, consumer))
        out[a.provider][a.resource_class] = a.amount;
    return out;
}

} // namespace nephele::placement
