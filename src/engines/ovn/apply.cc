// SPDX-License-Identifier: Apache-2.0
#include "engines/ovn/apply.h"

#include "base/strings.h"
#include "engines/ovn/rows.h"
#include "engines/ovsdb/client.h"

namespace nephele::ovn {
namespace {

constexpr int rounds_without_progress_max = 5;

/// True when every operation that had to meet a row met one.
bool all_matched(const Plan& plan, const Json::Array& results) {
    for (std::size_t index : plan.must_match)
        if (results.at(index).integer("count") == 0) return false;
    return true;
}

void count(Applied& applied, const Plan& plan) {
    applied.inserted += plan.inserted;
    applied.changed += plan.changed;
    applied.deleted += plan.deleted;
    applied.stale = plan.stale;
    ++applied.transactions;
}

} // namespace

Applied apply_to(const Database& database, const Desired& desired, const Scope& scope) {
    Applied applied;
    int failures = 0;
    for (;;) {
        const Plan plan = database.plan(desired, scope);
        applied.stale = plan.stale;
        bool done = true;
        if (!plan.empty()) {
            try {
                const bool matched = all_matched(plan, database.transact(plan.operations));
                count(applied, plan);
                if (!matched && ++failures >= rounds_without_progress_max)
                    throw EngineFailure(EngineFailure::Kind::transient,
                                        "ovn: rows keep vanishing under us");
                done = matched && !plan.partial;
            } catch (const ovsdb::TransactionFailure& failure) {
                // Another writer was faster: the replica already shows its work, so plan again. A
                // plan that is wrong in itself fails the same way each time.
                const bool overtaken = failure.error == "timed out" ||
                                       failure.error == "constraint violation" ||
                                       failure.error == "referential integrity violation";
                if (!overtaken || ++failures >= rounds_without_progress_max) throw;
                done = false;
            }
        }
        if (!done) continue;
        if (!plan.unresolved.empty())
            throw EngineFailure(EngineFailure::Kind::transient,
                                "ovn: not all rows can be written yet: " +
                                    join(plan.unresolved, ", "));
        return applied;
    }
}

std::optional<PortState> port_state(const ovsdb::Row& row) {
    auto key = key_of(row);
    if (!key) return std::nullopt;
    return PortState{*key, row.text("name"), row.boolean("up").value_or(false)};
}

std::vector<PortState> port_state_changes(const std::vector<ovsdb::Change>& changes) {
    std::vector<PortState> states;
    for (const auto& change : changes) {
        if (change.table != "Logical_Switch_Port" || !change.after) continue;
        auto state = port_state(*change.after);
        if (!state) continue;
        if (change.before && change.before->boolean("up").value_or(false) == state->up) continue;
        states.push_back(std::move(*state));
    }
    return states;
}

} // namespace nephele::ovn
