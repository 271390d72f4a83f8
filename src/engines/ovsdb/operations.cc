// SPDX-License-Identifier: Apache-2.0
#include "engines/ovsdb/operations.h"

namespace nephele::ovsdb {
namespace {

Json columns_json(const Columns& columns) {
    Json::Object members;
    for (const auto& [name, value] : columns) members.emplace_back(name, value.to_json());
    return Json(std::move(members));
}

Json where_json(const std::vector<Condition>& where) {
    Json list = Json::array();
    for (const auto& [column, function, value] : where)
        list.push_back(Json::array({column, function, value.to_json()}));
    return list;
}

} // namespace

Condition row_is(const std::string& uuid) { return {"_uuid", "==", Value(Uuid{uuid})}; }

Json insert(const std::string& table, const Columns& row, const std::string& uuid_name) {
    Json operation = Json::object({{"op", "insert"}, {"table", table}, {"row", columns_json(row)}});
    if (!uuid_name.empty()) operation["uuid-name"] = uuid_name;
    return operation;
}

Json update(const std::string& table, const std::vector<Condition>& where, const Columns& row) {
    return Json::object({{"op", "update"},
                         {"table", table},
                         {"where", where_json(where)},
                         {"row", columns_json(row)}});
}

Json mutate(const std::string& table, const std::vector<Condition>& where,
            const std::vector<Mutation>& mutations) {
    Json list = Json::array();
    for (const auto& [column, mutator, value] : mutations)
        list.push_back(Json::array({column, mutator, value.to_json()}));
    return Json::object({{"op", "mutate"},
                         {"table", table},
                         {"where", where_json(where)},
                         {"mutations", std::move(list)}});
}

Json remove(const std::string& table, const std::vector<Condition>& where) {
    return Json::object({{"op", "delete"}, {"table", table}, {"where", where_json(where)}});
}

Json select(const std::string& table, const std::vector<Condition>& where,
            const std::vector<std::string>& columns) {
    return Json::object({{"op", "select"},
                         {"table", table},
                         {"where", where_json(where)},
                         {"columns", Json(columns)}});
}

Json require(const std::string& table, const std::vector<Condition>& where,
             const std::vector<std::string>& columns, const std::vector<Columns>& rows) {
    Json wanted = Json::array();
    for (const auto& row : rows) wanted.push_back(columns_json(row));
    return Json::object({{"op", "wait"},
                         {"timeout", 0},
                         {"table", table},
                         {"where", where_json(where)},
                         {"columns", Json(columns)},
                         {"until", "=="},
                         {"rows", std::move(wanted)}});
}

Json require_none(const std::string& table, const std::vector<Condition>& where) {
    return require(table, where, {"_uuid"}, {});
}

Json comment(const std::string& text) {
    return Json::object({{"op", "comment"}, {"comment", text}});
}

} // namespace nephele::ovsdb
