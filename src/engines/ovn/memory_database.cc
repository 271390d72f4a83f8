// SPDX-License-Identifier: Apache-2.0
#include "engines/ovn/memory_database.h"

#include "base/strings.h"
#include "engines/ovn/rows.h"
#include "engines/ovsdb/client.h"

#include <algorithm>
#include <set>

namespace nephele::ovn {
namespace {

using ovsdb::Atom;
using ovsdb::NamedUuid;
using ovsdb::Row;
using ovsdb::RowPointer;
using ovsdb::Uuid;
using ovsdb::Value;

[[noreturn]] void refuse(const std::string& error, const std::string& details) {
    const auto kind =
        error == "timed out" ? EngineFailure::Kind::transient : EngineFailure::Kind::permanent;
    throw ovsdb::TransactionFailure(kind, "ovsdb: " + error + ": " + details, error, 0);
}

Value resolved(const Value& value, const std::map<std::string, std::string>& names) {
    if (value.is_map()) return value;
    std::vector<Atom> items;
    for (const auto& item : value.items()) {
        const auto* named = std::get_if<NamedUuid>(&item);
        if (!named) {
            items.push_back(item);
            continue;
        }
        auto found = names.find(named->name);
        if (found == names.end()) refuse("syntax error", "no row named " + named->name);
        items.push_back(Uuid{found->second});
    }
    return Value::set(std::move(items));
}

Value mutated(const Value& before, const std::string& mutator, const Value& change) {
    if (mutator == "+=")
        return Value(std::get<std::int64_t>(before.items().at(0)) +
                     std::get<std::int64_t>(change.items().at(0)));
    if (change.is_map() || !before.entries().empty()) {
        std::map<Atom, Atom> entries(before.entries().begin(), before.entries().end());
        if (mutator == "insert")
            entries.insert(change.entries().begin(), change.entries().end());
        else
            for (const auto& key : change.items()) entries.erase(key);
        return Value::map(std::vector<std::pair<Atom, Atom>>(entries.begin(), entries.end()));
    }
    std::set<Atom> items(before.items().begin(), before.items().end());
    for (const auto& item : change.items())
        if (mutator == "insert")
            items.insert(item);
        else
            items.erase(item);
    return Value::set({items.begin(), items.end()});
}

bool includes(const Value& whole, const Value& part) {
    return std::includes(whole.items().begin(), whole.items().end(), part.items().begin(),
                         part.items().end()) &&
           std::includes(whole.entries().begin(), whole.entries().end(), part.entries().begin(),
                         part.entries().end());
}

Json counted(std::size_t count) {
    return Json::object({{"count", static_cast<std::int64_t>(count)}});
}

/// The value a new row has where the insert says nothing: an empty string in the columns that are
/// plain strings and that inserts may leave out, else an empty set.
Value initial(const std::string& table, const std::string& column) {
    static const std::set<std::pair<std::string, std::string>> plain_strings = {
        {"Logical_Switch", "name"},
        {"Logical_Router", "name"},
        {"Load_Balancer", "name"},
        {"Logical_Switch_Port", "type"},
        {"NAT", "external_port_range"},
        {"Logical_Router_Static_Route", "route_table"}};
    return plain_strings.count({table, column}) ? Value("") : Value();
}

/// Reference columns of a table that drop rows when those go.
std::vector<std::pair<std::string, std::string>> weak_columns() {
    std::vector<std::pair<std::string, std::string>> columns = {
        {"Logical_Switch_Port", "dhcpv4_options"},
        {"Logical_Switch_Port", "dhcpv6_options"},
        {"NAT", "gateway_port"}};
    for (const auto& kind : table_kinds())
        for (const auto& holder : kind.holders)
            if (!holder.strong) columns.emplace_back(holder.table, holder.column);
    return columns;
}

} // namespace

MemoryDatabase::MemoryDatabase() {
    prepare_replica(replica_);
    auto global = std::make_shared<Row>();
    for (const char* column : {"nb_cfg", "sb_cfg", "hv_cfg"}) global->columns[column] = Value(0);
    replica_.put("NB_Global", "global", std::move(global));
}

Json::Array MemoryDatabase::transact(const Json::Array& operations) {
    ovsdb::Replica before = replica_;
    changes_.clear();
    Names names;
    // Names may be used before the insert that gives them.
    for (const auto& operation : operations)
        if (operation.text("op") == "insert" && operation.has("uuid-name"))
            names[operation.text("uuid-name")] = format("uuid-{}", next_uuid_++);
    Json::Array results;
    try {
        for (const auto& operation : operations) results.push_back(run(operation, names));
        check_references();
        collect_garbage();
        check_names();
    } catch (const ovsdb::TransactionFailure&) {
        replica_ = std::move(before);
        changes_.clear();
        throw;
    }
    return results;
}

void MemoryDatabase::put(const std::string& table, const std::string& uuid, RowPointer row) {
    changes_.push_back({table, uuid, replica_.row(table, uuid), row});
    replica_.put(table, uuid, std::move(row));
}

std::vector<std::string> MemoryDatabase::matching(const std::string& table,
                                                  const Json& where) const {
    std::vector<std::string> uuids;
    for (const auto& [uuid, row] : replica_.table(table)) {
        bool all = true;
        for (const auto& condition : where.as_array()) {
            const auto& parts = condition.as_array();
            const Value wanted = Value::from_json(parts.at(2));
            const std::string& column = parts.at(0).as_string();
            const Value actual = column == "_uuid" ? Value(Uuid{uuid}) : row->value(column);
            all &=
                parts.at(1).as_string() == "includes" ? includes(actual, wanted) : actual == wanted;
        }
        if (all) uuids.push_back(uuid);
    }
    std::sort(uuids.begin(), uuids.end());
    return uuids;
}

Json MemoryDatabase::run_insert(const Json& operation, Names& names) {
    auto row = std::make_shared<Row>();
    for (const auto& column : table_kind(operation.text("table")).columns)
        row->columns[column] = initial(operation.text("table"), column);
    for (const auto& [column, value] : operation.at("row").as_object())
        row->columns[column] = resolved(Value::from_json(value), names);
    auto named = names.find(operation.text("uuid-name"));
    const std::string uuid = named == names.end() ? format("uuid-{}", next_uuid_++) : named->second;
    put(operation.text("table"), uuid, std::move(row));
    return Json::object({{"uuid", Json::array({"uuid", uuid})}});
}

Json MemoryDatabase::run(const Json& operation, Names& names) {
    const std::string op = operation.text("op"), table = operation.text("table");
    if (op == "comment") return Json::object();
    if (op == "insert") return run_insert(operation, names);
    const auto uuids = matching(table, operation.at("where"));
    if (op == "wait") {
        if (uuids.size() != operation.at("rows").size()) refuse("timed out", "wait on " + table);
        return Json::object();
    }
    for (const auto& uuid : uuids) {
        if (op == "delete") {
            put(table, uuid, nullptr);
            continue;
        }
        auto row = std::make_shared<Row>(*replica_.row(table, uuid));
        if (op == "update") {
            for (const auto& [column, value] : operation.at("row").as_object())
                row->columns[column] = resolved(Value::from_json(value), names);
        } else if (op == "mutate") {
            for (const auto& mutation : operation.at("mutations").as_array()) {
                const auto& parts = mutation.as_array();
                auto& column = row->columns[parts.at(0).as_string()];
                column = mutated(column, parts.at(1).as_string(),
                                 resolved(Value::from_json(parts.at(2)), names));
            }
        } else {
            refuse("not supported", op);
        }
        put(table, uuid, std::move(row));
    }
    return counted(uuids.size());
}

void MemoryDatabase::collect_garbage() {
    for (const auto& kind : table_kinds()) {
        if (kind.root) continue;
        std::vector<std::string> loose;
        for (const auto& [uuid, row] : replica_.table(kind.name)) {
            bool held = false;
            for (const auto& by : kind.holders)
                held |= by.strong && !replica_.holders(by.table, by.column, uuid).empty();
            if (!held) loose.push_back(uuid);
        }
        std::sort(loose.begin(), loose.end());
        for (const auto& uuid : loose) put(kind.name, uuid, nullptr);
    }
    std::set<std::string> all;
    for (const auto& [table, rows] : replica_.tables())
        for (const auto& [uuid, row] : rows) all.insert(uuid);
    for (const auto& [table, column] : weak_columns()) {
        const ovsdb::Table rows = replica_.table(table);
        for (const auto& [uuid, row] : rows) {
            std::vector<std::string> alive;
            for (const auto& target : row->uuids(column))
                if (all.count(target)) alive.push_back(target);
            if (alive.size() == row->uuids(column).size()) continue;
            auto changed = std::make_shared<Row>(*row);
            changed->columns[column] = Value::uuids(alive);
            put(table, uuid, std::move(changed));
        }
    }
}

void MemoryDatabase::check_references() const {
    for (const auto& kind : table_kinds())
        for (const auto& by : kind.holders) {
            if (!by.strong) continue;
            for (const auto& [uuid, row] : replica_.table(by.table))
                for (const auto& target : row->uuids(by.column))
                    if (!replica_.row(kind.name, target))
                        refuse("referential integrity violation", by.column);
        }
}

void MemoryDatabase::check_names() const {
    for (const auto& kind : table_kinds()) {
        if (!kind.unique_name) continue;
        std::set<std::string> names;
        for (const auto& [uuid, row] : replica_.table(kind.name))
            if (!names.insert(row->text("name")).second)
                refuse("constraint violation", format("{} {}", kind.name, row->text("name")));
    }
}

} // namespace nephele::ovn
