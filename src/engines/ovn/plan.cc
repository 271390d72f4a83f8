// SPDX-License-Identifier: Apache-2.0
// The planner walks the desired rows, holders before the held, and finds for each the stored row or
// decides to insert one; then it collects which holders gain or lose which rows; last come rows of
// ours in scope that nobody desired. Operations are written at the end, so that a new holder can
// name its new rows at once.
#include "engines/ovn/plan.h"

#include "base/strings.h"
#include "engines/ovn/column_change.h"
#include "engines/ovn/rows.h"

#include <algorithm>

namespace nephele::ovn {
namespace {

using ovsdb::Atom;
using ovsdb::NamedUuid;
using ovsdb::Row;
using ovsdb::Uuid;
using ovsdb::Value;

struct Insert {
    const DesiredRow* row;
    std::string name;
    ovsdb::Columns columns;
};

class Planner {
  public:
    Planner(const ovsdb::Replica& replica, const Scope& scope, const PlanLimits& limits)
        : replica_(replica), scope_(scope), limits_(limits) {}

    Plan run(const std::vector<DesiredRow>& rows) {
        for (const auto& row : rows) {
            wanted_.emplace(row.table, row.self.key());
            if (row.table == "Logical_Router_Port") gateway_owners_.insert(row.self.id);
        }
        for (const auto& kind : table_kinds()) sweep(kind);
        for (const auto& row : rows) place(row);
        write_inserts();
        write_holder_changes();
        write_deletions();
        return std::move(plan_);
    }

  private:
    using TableKey = std::pair<std::string, RowKey>;
    struct HolderChange {
        std::vector<Atom> gained;
        std::vector<Atom> lost;
    };

    std::vector<std::string> stored(const std::string& table, const RowKey& key) const {
        auto uuids = replica_.find(table, "external_ids", id_entry, key.id);
        std::erase_if(uuids, [&](const std::string& uuid) {
            return doomed_.count({table, uuid}) || key_of(*replica_.row(table, uuid)) != key;
        });
        return uuids;
    }

    /// The row as something to point to: stored, or inserted by this plan.
    std::optional<Atom> handle(const std::string& table, const RowKey& key) {
        auto known = handles_.find({table, key});
        if (known != handles_.end()) return known->second;
        auto uuids = stored(table, key);
        if (uuids.empty()) return std::nullopt;
        return handles_.emplace(TableKey{table, key}, Uuid{uuids.front()}).first->second;
    }

    /// What the row needs and neither the database nor this plan has; empty when it can be written.
    std::string missing(const DesiredRow& row) {
        for (const auto& [column, references] : row.references)
            for (const auto& key : references.keys)
                if (!handle(references.table, key)) return name_of(references.table, key);
        for (const auto& held : row.held)
            for (const auto& key : held.holders)
                if (!handle(held.by.table, key)) return name_of(held.by.table, key);
        return "";
    }

    static std::string name_of(const std::string& table, const RowKey& key) {
        return format("{} {} {}", table, key.kind, key.id);
    }

    /// Columns with the references filled in.
    ovsdb::Columns columns_of(const DesiredRow& row) {
        ovsdb::Columns columns = row.columns;
        for (const auto& [column, references] : row.references) {
            std::vector<Atom> atoms;
            for (const auto& key : references.keys) atoms.push_back(*handle(references.table, key));
            columns[column] = Value::set(std::move(atoms));
        }
        return columns;
    }

    void place(const DesiredRow& row) {
        auto uuids = stored(row.table, row.self.key());
        if (uuids.empty() && inserts_.size() >= limits_.inserts) {
            plan_.partial = true;
            return;
        }
        if (auto lacking = missing(row); !lacking.empty()) {
            // What it needs may come with the next plan.
            if (!plan_.partial)
                plan_.unresolved.push_back(name_of(row.table, row.self.key()) + " needs " +
                                           lacking);
            return;
        }
        if (uuids.empty()) return insert(row);
        for (std::size_t i = 1; i < uuids.size(); ++i) doomed_.emplace(row.table, uuids[i]);
        auto before = replica_.row(row.table, uuids.front());
        if (revision_of(*before) > row.self.revision) {
            ++plan_.stale;
            return;
        }
        handles_.emplace(TableKey{row.table, row.self.key()}, Uuid{uuids.front()});
        change(row, uuids.front(), *before);
    }

    void insert(const DesiredRow& row) {
        std::string name = format("row{}", inserts_.size());
        ovsdb::Columns columns = columns_of(row);
        // Leaving out what is the default anyway keeps transactions small.
        std::erase_if(columns, [](const auto& column) {
            return column.second.empty() || column.second == Value("");
        });
        columns["external_ids"] = Value::map(identity_entries(row.self));
        handles_.emplace(TableKey{row.table, row.self.key()}, NamedUuid{name});
        for (const auto& held : row.held)
            for (const auto& key : held.holders)
                gain(held.by, *handle(held.by.table, key), NamedUuid{name});
        inserts_.push_back({&row, std::move(name), std::move(columns)});
        ++plan_.inserted;
    }

    void change(const DesiredRow& row, const std::string& uuid, const Row& before) {
        RowChange changes;
        for (const auto& [column, value] : columns_of(row)) {
            // A column that is not watched is one that this server's schema does not have.
            auto stored_value = before.columns.find(column);
            if (stored_value != before.columns.end())
                changes.column(column, stored_value->second, value);
        }
        changes.own_entries("external_ids", before.value("external_ids"),
                            identity_entries(row.self), own_prefix);
        bool moved = false;
        for (const auto& held : row.held) moved |= change_holders(held, uuid);
        if (!changes.empty()) {
            for (auto& operation : changes.operations(row.table, uuid))
                matching(std::move(operation));
        }
        if (moved || !changes.empty()) ++plan_.changed;
    }

    bool change_holders(const Held& held, const std::string& uuid) {
        bool changed = false;
        std::set<std::string> wanted;
        for (const auto& key : held.holders) {
            Atom holder = *handle(held.by.table, key);
            const auto* stored_holder = std::get_if<Uuid>(&holder);
            if (stored_holder) wanted.insert(stored_holder->text);
            auto holder_row =
                stored_holder ? replica_.row(held.by.table, stored_holder->text) : nullptr;
            if (holder_row && holder_row->holds(held.by.column, uuid)) continue;
            gain(held.by, holder, Uuid{uuid});
            changed = true;
        }
        for (const auto& holder : replica_.holders(held.by.table, held.by.column, uuid)) {
            if (wanted.count(holder) || !key_of(*replica_.row(held.by.table, holder))) continue;
            lose(held.by, holder, uuid);
            changed = true;
        }
        return changed;
    }

    void gain(const HolderColumn& by, const Atom& holder, Atom row) {
        if (const auto* name = std::get_if<NamedUuid>(&holder))
            new_holders_[name->name][by.column].push_back(std::move(row));
        else
            holder_changes_[{by.table, std::get<Uuid>(holder).text, by.column}].gained.push_back(
                std::move(row));
    }

    void lose(const HolderColumn& by, const std::string& holder, const std::string& uuid) {
        holder_changes_[{by.table, holder, by.column}].lost.push_back(Uuid{uuid});
    }

    void consider(const TableKind& kind, const std::string& uuid, const Row& row) {
        auto key = key_of(row);
        if (!key || wanted_.count({kind.name, *key})) return;
        if (!scope_.kinds.empty() && !scope_.kinds.count(key->kind) &&
            !gateway_owners_.count(owner_of(row)))
            return;
        if (revision_of(row) > scope_.as_of) {
            ++plan_.stale;
            return;
        }
        doomed_.emplace(kind.name, uuid);
    }

    void consider_entry(const TableKind& kind, const char* entry, const std::string& value) {
        for (const auto& uuid : replica_.find(kind.name, "external_ids", entry, value))
            consider(kind, uuid, *replica_.row(kind.name, uuid));
    }

    /// Finds the rows of ours that are in scope and not desired.
    void sweep(const TableKind& kind) {
        if (scope_.everything) {
            for (const auto& [uuid, row] : replica_.table(kind.name)) consider(kind, uuid, *row);
            return;
        }
        for (const auto& id : scope_.ids) {
            consider_entry(kind, id_entry, id);
            consider_entry(kind, owner_entry, id);
        }
        // A desired router port always speaks for its gateway chassis.
        if (std::string_view(kind.name) == "Gateway_Chassis")
            for (const auto& port : gateway_owners_) consider_entry(kind, owner_entry, port);
    }

    void matching(Json operation) {
        plan_.must_match.push_back(plan_.operations.size());
        plan_.operations.push_back(std::move(operation));
    }

    void write_inserts() {
        const bool guarded = inserts_.size() <= limits_.guarded_inserts;
        for (auto& insert : inserts_) {
            const auto& table = insert.row->table;
            if (auto held = new_holders_.find(insert.name); held != new_holders_.end())
                for (auto& [column, rows] : held->second)
                    insert.columns[column] = Value::set(std::move(rows));
            // Where the schema has an index on the name, it is guard enough.
            if (guarded && table_kind(table).root && !table_kind(table).unique_name) {
                StringMap identity;
                for (const auto& [name, text] : identity_entries(insert.row->self))
                    if (name == id_entry || name == "nephele:kind") identity[name] = text;
                plan_.operations.push_back(ovsdb::require_none(
                    table, {{"external_ids", "includes", Value::map(identity)}}));
            }
            plan_.operations.push_back(ovsdb::insert(table, insert.columns, insert.name));
        }
    }

    void write_holder_changes() {
        // A doomed row that lives only while it is held goes by being let go.
        for (const auto& [table, uuid] : doomed_) {
            const auto& kind = table_kind(table);
            if (kind.root) continue;
            for (const auto& by : kind.holders) {
                if (!by.strong) continue;
                for (const auto& holder : replica_.holders(by.table, by.column, uuid))
                    if (!doomed_.count({by.table, holder})) lose(by, holder, uuid);
            }
            ++plan_.deleted;
        }
        for (auto& [place, change] : holder_changes_) {
            const auto& [table, holder, column] = place;
            if (doomed_.count({table, holder})) continue;
            std::vector<ovsdb::Mutation> mutations;
            if (!change.gained.empty())
                mutations.push_back({column, "insert", Value::set(std::move(change.gained))});
            if (!change.lost.empty())
                mutations.push_back({column, "delete", Value::set(std::move(change.lost))});
            matching(ovsdb::mutate(table, {ovsdb::row_is(holder)}, mutations));
        }
    }

    void write_deletions() {
        for (const auto& [table, uuid] : doomed_) {
            if (!table_kind(table).root) continue;
            plan_.operations.push_back(ovsdb::remove(table, {ovsdb::row_is(uuid)}));
            ++plan_.deleted;
        }
    }

    const ovsdb::Replica& replica_;
    const Scope& scope_;
    const PlanLimits& limits_;
    Plan plan_;
    std::set<TableKey> wanted_;
    std::map<TableKey, Atom> handles_;
    std::vector<Insert> inserts_;
    std::map<std::tuple<std::string, std::string, std::string>, HolderChange> holder_changes_;
    std::map<std::string, std::map<std::string, std::vector<Atom>>> new_holders_;
    std::set<std::string> gateway_owners_;                 ///< ids of the desired router ports
    std::set<std::pair<std::string, std::string>> doomed_; ///< table, uuid
};

} // namespace

Plan diff(const ovsdb::Replica& replica, const Desired& desired, const Scope& scope,
          const PlanLimits& limits) {
    return Planner(replica, scope, limits).run(desired_rows(desired));
}

} // namespace nephele::ovn
