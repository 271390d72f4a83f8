// SPDX-License-Identifier: Apache-2.0
// Records in tables. A Table names where a shape's records are kept; the functions here are the
// only way records are read and written, so that every read takes a scope and every change is
// journaled.
#pragma once
#include "platform/context/context.h"
#include "platform/shape/shape.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nephele::shape {

struct TableBase {
    std::string name;    ///< SQL table
    std::string service; ///< "nova": for the journal
    std::string kind;    ///< "server": for the journal and messages
    std::string key = "id";
    /// Column that Scope::project (or domain, user) compares with; empty: records of nobody,
    /// readable by every scope (flavors, roles). A scope kind without a column here sees nothing.
    std::string project_column, domain_column, user_column;
    /// More that a project sees ("shared = 1 OR id IN (SELECT ...)"); each '?' gets the project id.
    std::string also_visible;
    std::string not_found_code;    ///< "NetworkNotFound"
    std::string not_found_message; ///< "Network {} could not be found."
    /// Integer column counted up by each update and compared first (optimistic concurrency); empty:
    /// none.
    std::string revision_column;
    /// Time column set by each update; empty: none.
    std::string updated_column;
    const ShapeBase* shape = nullptr;
    /// Stored but not part of the journal (high-rate tables); rarely right.
    bool journaled = true;
    /// An empty record, for what works on any table.
    std::shared_ptr<void> (*make_record)() = nullptr;
};
template <class T> struct Table : TableBase {
    explicit Table(TableBase base) : TableBase(std::move(base)) {
        shape = &T::shape();
        make_record = [] { return std::static_pointer_cast<void>(std::make_shared<T>()); };
    }
};

/// One condition of a list, as a client or a handler asks it.
struct Filter {
    enum class Op {
        eq,
        ne,
        lt,
        le,
        gt,
        ge,
        in,
        like_prefix,
        like_suffix,
        contains,
        icontains,
        null,
        not_null
    };
    std::string field; ///< JSON name in the shape
    Op op = Op::eq;
    std::vector<std::string> values; ///< several: any of them (eq, in)
};
struct Sort {
    std::string field;
    bool descending = false;
};
/// What a list request asks for, after the service's manners have read the query string.
struct Page {
    std::vector<Filter> filters;
    std::vector<Sort> sort; ///< empty: the table's natural order (created first, then key)
    std::string marker;     ///< key of the last record the client has
    std::optional<std::int64_t> limit;
    bool reverse = false;            ///< page backwards from the marker
    std::vector<std::string> fields; ///< fields= ; empty: all
    bool brief = false;
    /// Query parameters that are no field of the shape; the handler takes what it knows with
    /// take(), the rest is refused or ignored by the manners.
    std::multimap<std::string, std::string> extra;
    std::optional<std::string> take(const std::string& name);
    std::vector<std::string> take_all(const std::string& name);
};

template <class T> struct Listed {
    std::vector<T> items;
    bool more = false;   ///< there are records after the last one
    bool before = false; ///< there are records before the first one (only known with a marker)
};

/// Extra SQL for select and list: "status = ? AND host = ?" with its parameters.
struct Where {
    std::string sql;
    db::Params params;
};

/// How to find a page where the plain form would read a large part of the table. Either or none.
struct ListPlan {
    /// "SELECT image_id AS found FROM ...": the keys of few records, each once. Only those are
    /// looked at.
    Where few;
    /// What the scope comes to, as conditions no two of which hold for one record. Each is read in
    /// order from an index of its own, no further than the page goes, and the parts are merged.
    std::vector<Where> branches;
};

// ---- erased engine ----
namespace detail {
using MakeRecord = std::function<void*()>; ///< room for the next record
bool find(db::Tx&, const TableBase&, const Scope&, std::string_view key, void* record);
void select(db::Tx&, const TableBase&, const Scope&, const Where&, std::string_view tail,
            const MakeRecord& next);
/// Returns {more, before}.
std::pair<bool, bool> list(db::Tx&, const TableBase&, const Scope&, const Page&, const Where&,
                           const ListPlan&, const MakeRecord& next,
                           const std::function<void()>& reverse_items);
void insert(Context&, const TableBase&, const void* record);
void update(Context&, const TableBase&, void* record);
void erase(Context&, const TableBase&, const void* record);
std::int64_t count(db::Tx&, const TableBase&, const Scope&, const Where&);
} // namespace detail

[[noreturn]] void throw_not_found(const TableBase& table, std::string_view key);

template <class T>
std::optional<T> find(db::Tx& tx, const Table<T>& table, const Scope& scope, std::string_view key) {
    std::optional<T> record(std::in_place);
    if (!detail::find(tx, table, scope, key, &*record)) record.reset();
    return record;
}
/// Throws the table's not-found failure; a foreign record answers exactly as an absent one.
template <class T>
T need(db::Tx& tx, const Table<T>& table, const Scope& scope, std::string_view key) {
    T record{};
    if (!detail::find(tx, table, scope, key, &record)) throw_not_found(table, key);
    return record;
}
/// `tail`: "ORDER BY ... LIMIT ...".
template <class T>
std::vector<T> select(db::Tx& tx, const Table<T>& table, const Scope& scope,
                      const Where& where = {}, std::string_view tail = "") {
    std::vector<T> out;
    detail::select(tx, table, scope, where, tail, [&]() -> void* { return &out.emplace_back(); });
    return out;
}
/// Filters, sorts and pages as asked. Throws Failure(bad_request) for an unknown field or a marker
/// that is not there.
template <class T>
Listed<T> list(db::Tx& tx, const Table<T>& table, const Scope& scope, const Page& page,
               const Where& where = {}, const ListPlan& plan = {}) {
    Listed<T> out;
    // Records are large: growing moves them.
    if (page.limit)
        out.items.reserve(static_cast<std::size_t>(std::clamp<std::int64_t>(*page.limit, 0, 256)));
    auto [more, before] = detail::list(
        tx, table, scope, page, where, plan, [&]() -> void* { return &out.items.emplace_back(); },
        [&] { std::reverse(out.items.begin(), out.items.end()); });
    out.more = more;
    out.before = before;
    return out;
}
template <class T>
std::int64_t count(db::Tx& tx, const Table<T>& table, const Scope& scope, const Where& where = {}) {
    return detail::count(tx, table, scope, where);
}
// Each writes the row and one journal entry. db::ConstraintError comes through.
template <class T> void insert(Context& context, const Table<T>& table, const T& record) {
    detail::insert(context, table, &record);
}
/// Writes all stored fields; counts the revision up and sets the updated time, also in `record`.
/// Throws Failure(conflict, "ConcurrentUpdate") when the stored revision differs.
template <class T> void update(Context& context, const Table<T>& table, T& record) {
    detail::update(context, table, &record);
}
template <class T> void erase(Context& context, const Table<T>& table, const T& record) {
    detail::erase(context, table, &record);
}

/// A line for each row of the query: its columns in the places {} of the pattern. For checks.
std::vector<std::string> lines_of(db::Tx& tx, const std::string& sql, const std::string& pattern);

/// Differences between the shape's columns and the table in the database; empty when they agree. A
/// test of every service calls it.
std::vector<std::string> schema_differences(db::Tx& tx, const TableBase& table);

} // namespace nephele::shape
