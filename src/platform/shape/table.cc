// SPDX-License-Identifier: Apache-2.0
// The engine behind tables: SQL from shapes, scopes on every read, journal on every write, keyset
// paging.
#include "platform/shape/table.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/journal/journal.h"

#include <mutex>
#include <unordered_map>

namespace nephele::shape {
namespace {
std::string quoted(const std::string& column) { return '"' + column + '"'; }

// SQL texts of one table, made once.
struct Compiled {
    std::vector<const FieldInfo*> stored;
    std::string columns; // "a","b"
    std::string select, insert, update, erase;
    const FieldInfo* key = nullptr;
    const FieldInfo* project = nullptr;
    const FieldInfo* revision = nullptr;
    const FieldInfo* updated = nullptr;
    const FieldInfo* created = nullptr;
};

const FieldInfo* stored_at(const std::vector<const FieldInfo*>& stored, const std::string& column) {
    for (auto* field : stored)
        if (field->column == column) return field;
    return nullptr;
}

std::unique_ptr<Compiled> compile(const TableBase& table) {
    auto c = std::make_unique<Compiled>();
    std::string marks, sets;
    for (auto& field : table.shape->fields()) {
        if (!field.codec || field.column.empty()) continue;
        if (!c->stored.empty()) c->columns += ", ", marks += ", ", sets += ", ";
        c->stored.push_back(&field);
        c->columns += quoted(field.column);
        marks += "?";
        sets += quoted(field.column) + " = ?";
    }
    c->key = stored_at(c->stored, table.key);
    c->project = stored_at(c->stored, table.project_column);
    c->revision = stored_at(c->stored, table.revision_column);
    c->updated = stored_at(c->stored, table.updated_column);
    c->created = stored_at(c->stored, "created_at");
    NEPHELE_CHECK(c->key != nullptr);
    std::string where = " WHERE " + quoted(table.key) + " = ?";
    c->select = "SELECT " + c->columns + " FROM " + table.name;
    c->insert = "INSERT INTO " + table.name + " (" + c->columns + ") VALUES (" + marks + ")";
    c->update = "UPDATE " + table.name + " SET " + sets + where;
    if (c->revision) c->update += " AND " + quoted(table.revision_column) + " = ?";
    c->erase = "DELETE FROM " + table.name + where;
    return c;
}

const Compiled& compiled(const TableBase& table) {
    static std::mutex mutex;
    static std::unordered_map<const TableBase*, std::unique_ptr<Compiled>> all;
    // Tables live for ever, so a thread may keep what it found.
    thread_local std::unordered_map<const TableBase*, const Compiled*> known;
    auto& mine = known[&table];
    if (!mine) {
        std::lock_guard lock(mutex);
        auto& shared = all[&table];
        if (!shared) shared = compile(table);
        mine = shared.get();
    }
    return *mine;
}

void* member(void* record, const FieldInfo& field) {
    return static_cast<char*>(record) + field.offset;
}
const void* member(const void* record, const FieldInfo& field) {
    return static_cast<const char*>(record) + field.offset;
}

void fill(const Compiled& c, const db::Row& row, void* record) {
    for (std::size_t i = 0; i < c.stored.size(); ++i)
        c.stored[i]->codec->from_db(member(record, *c.stored[i]), row, static_cast<int>(i));
}

db::Params values_of(const Compiled& c, const void* record) {
    db::Params params;
    params.reserve(c.stored.size() + 2);
    for (auto* field : c.stored) params.push_back(field->codec->to_db(member(record, *field)));
    return params;
}

// What a scope may see, as a condition.
Where visible(const TableBase& table, const Scope& scope) {
    if (scope.sees_all()) return {"1 = 1", {}};
    if (table.project_column.empty() && table.domain_column.empty() && table.user_column.empty())
        return {"1 = 1", {}};
    const std::string& column = scope.kind == Scope::Kind::project  ? table.project_column
                                : scope.kind == Scope::Kind::domain ? table.domain_column
                                                                    : table.user_column;
    Where where{"1 = 0", {}};
    if (!column.empty() && !scope.id.empty())
        where = {table.name + "." + quoted(column) + " = ?", {scope.id}};
    if (!table.also_visible.empty()) {
        where.sql = "(" + where.sql + " OR " + table.also_visible + ")";
        for (char ch : table.also_visible)
            if (ch == '?')
                where.params.push_back(scope.kind == Scope::Kind::project ? scope.id : "");
    }
    return where;
}

void join_where(Where& into, const Where& more) {
    if (more.sql.empty()) return;
    into.sql += " AND (" + more.sql + ")";
    into.params.insert(into.params.end(), more.params.begin(), more.params.end());
}

std::string text_value(const db::Value& value) {
    if (auto* text = std::get_if<std::string>(&value)) return *text;
    if (auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    return "";
}

void journal_change(Context& context, const TableBase& table, const Compiled& c, const void* record,
                    const char* change) {
    if (!table.journaled) return;
    journal::Entry entry;
    entry.at = context.now;
    entry.actor = context.who.user_id;
    entry.request_id = context.request_id;
    entry.service = table.service;
    entry.kind = table.kind;
    entry.id = text_value(c.key->codec->to_db(member(record, *c.key)));
    if (c.project)
        entry.project_id = text_value(c.project->codec->to_db(member(record, *c.project)));
    entry.change = change;
    entry.image = table.shape->image(record);
    journal::append(context.tx, entry);
}

// ---- filters, sorting, paging ----

const FieldInfo& listed_field(const TableBase& table, const std::string& name, bool sorting) {
    auto* field = table.shape->field_named(name);
    bool usable = field && field->codec && !field->column.empty() && !field->secret &&
                  (sorting ? field->sortable : field->filterable);
    if (usable && sorting &&
        (field->codec->type == FieldType::list || field->codec->type == FieldType::object ||
         field->codec->type == FieldType::free))
        usable = false;
    if (!usable)
        throw bad_request("InvalidInput",
                          nephele::format("{} is not a {} of {}", name.substr(0, 100),
                                          sorting ? "sort key" : "filter", table.kind));
    return *field;
}

db::Value filter_value(const FieldInfo& field, const std::string& text) {
    auto refuse = [&](const char* wanted) {
        return bad_request("InvalidInput",
                           nephele::format("Invalid filter {}={}: {} is expected", field.name,
                                           text.substr(0, 100), wanted));
    };
    switch (field.codec->type) {
    case FieldType::boolean: {
        std::string word = lower(text);
        if (word == "true" || word == "1" || word == "yes" || word == "on") return std::int64_t(1);
        if (word == "false" || word == "0" || word == "no" || word == "off") return std::int64_t(0);
        throw refuse("a boolean");
    }
    case FieldType::integer:
        if (auto number = to_int(text)) return *number;
        throw refuse("an integer");
    case FieldType::real:
        if (auto number = to_double(text)) return *number;
        throw refuse("a number");
    case FieldType::time:
        if (auto t = parse_time(text)) return t->us;
        throw refuse("a date-time");
    default:
        return text;
    }
}

std::string like_escaped(const std::string& text) {
    std::string out;
    for (char c : text) {
        if (c == '%' || c == '_' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

Where condition(const TableBase& table, const Filter& filter) {
    const FieldInfo& field = listed_field(table, filter.field, false);
    std::string column = table.name + "." + quoted(field.column);
    auto like = [&](const std::string& before, const std::string& after, bool fold) {
        Where out;
        for (auto& value : filter.values) {
            if (!out.sql.empty()) out.sql += " OR ";
            out.sql += (fold ? "LOWER(" + column + ")" : column) + " LIKE ? ESCAPE '\\'";
            out.params.push_back(before + like_escaped(fold ? lower(value) : value) + after);
        }
        return out;
    };
    auto compare = [&](const char* op) {
        return Where{column + " " + op + " ?",
                     {filter_value(field, filter.values.empty() ? "" : filter.values.front())}};
    };
    switch (filter.op) {
    case Filter::Op::null:
        return {column + " IS NULL", {}};
    case Filter::Op::not_null:
        return {column + " IS NOT NULL", {}};
    case Filter::Op::ne:
        return compare("<>");
    case Filter::Op::lt:
        return compare("<");
    case Filter::Op::le:
        return compare("<=");
    case Filter::Op::gt:
        return compare(">");
    case Filter::Op::ge:
        return compare(">=");
    case Filter::Op::like_prefix:
        return like("", "%", false);
    case Filter::Op::like_suffix:
        return like("%", "", false);
    case Filter::Op::contains:
        return like("%", "%", false);
    case Filter::Op::icontains:
        return like("%", "%", true);
    case Filter::Op::eq:
    case Filter::Op::in:
        break;
    }
    if (filter.values.empty()) return {"1 = 0", {}};
    Where out{column + " IN (", {}};
    for (std::size_t i = 0; i < filter.values.size(); ++i) {
        out.sql += i ? ", ?" : "?";
        out.params.push_back(filter_value(field, filter.values[i]));
    }
    out.sql += ")";
    return out;
}

struct Order {
    std::string expression;
    bool descending = false;
};

// NULL sorts as the empty value, the same on both databases.
std::string sort_expression(const TableBase& table, const FieldInfo& field) {
    bool text = field.codec->type == FieldType::text;
    std::string column = table.name + "." + quoted(field.column);
    return field.codec->optional ? "COALESCE(" + column + (text ? ", '')" : ", 0)") : column;
}

std::vector<Order> orders_of(const TableBase& table, const Compiled& c, const Page& page) {
    std::vector<Order> orders;
    for (auto& sort : page.sort)
        orders.push_back({sort_expression(table, listed_field(table, sort.field, true)),
                          sort.descending != page.reverse});
    if (page.sort.empty() && c.created)
        orders.push_back({sort_expression(table, *c.created), page.reverse});
    bool last = !page.sort.empty() && page.sort.back().descending;
    if (!page.sort.empty() && page.sort.back().field == c.key->name) return orders;
    orders.push_back({table.name + "." + quoted(table.key), last != page.reverse});
    return orders;
}

// (a > x) OR (a = x AND b > y) ... from the marker's own values.
Where after_marker(db::Tx& tx, const TableBase& table, const Where& seen, const Page& page,
                   const std::vector<Order>& orders) {
    std::string expressions;
    for (auto& order : orders) expressions += (expressions.empty() ? "" : ", ") + order.expression;
    Where of_marker{seen.sql + " AND " + table.name + "." + quoted(table.key) + " = ?",
                    seen.params};
    of_marker.params.emplace_back(page.marker);
    std::string sql = "SELECT " + expressions + ", ";
    // The storage class decides how the value goes back in as a parameter.
    for (std::size_t i = 0; i < orders.size(); ++i)
        sql += (i ? ", " : "") + std::string("CAST(") + orders[i].expression + " AS TEXT)";
    sql += " FROM " + table.name + " WHERE " + of_marker.sql;
    std::vector<db::Value> values;
    tx.first(sql, of_marker.params, [&](const db::Row& row) {
        auto count = static_cast<int>(orders.size());
        for (int i = 0; i < count; ++i) {
            const auto& expression = orders[static_cast<std::size_t>(i)].expression;
            bool numeric = false;
            for (auto& field : table.shape->fields())
                if (field.codec && !field.column.empty() &&
                    expression.find("." + quoted(field.column)) != std::string::npos)
                    numeric = field.codec->type != FieldType::text;
            if (numeric)
                values.emplace_back(row.integer(i));
            else
                values.emplace_back(row.str(count + i));
        }
    });
    if (values.empty())
        throw bad_request("MarkerNotFound",
                          nephele::format("marker [{}] not found", page.marker.substr(0, 100)));
    // The first condition says nothing new; it lets an index be entered where the page begins.
    Where out{orders[0].expression + (orders[0].descending ? " <= ? AND (" : " >= ? AND ("),
              {values[0]}};
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (i) out.sql += " OR ";
        out.sql += "(";
        for (std::size_t k = 0; k < i; ++k) {
            out.sql += orders[k].expression + " = ? AND ";
            out.params.push_back(values[k]);
        }
        out.sql += orders[i].expression + (orders[i].descending ? " < ?" : " > ?") + ")";
        out.params.push_back(values[i]);
    }
    out.sql += ")";
    return out;
}

void append(db::Params& into, const db::Params& more) {
    into.insert(into.end(), more.begin(), more.end());
}

// "a DESC, b ASC" of each order's `name(i)`.
template <class F> std::string order_by(const std::vector<Order>& orders, F&& name) {
    std::string out = " ORDER BY ";
    for (std::size_t i = 0; i < orders.size(); ++i)
        out += (i ? ", " : "") + name(i) + (orders[i].descending ? " DESC" : " ASC");
    return out;
}

struct Listing {
    const TableBase& table;
    const Compiled& columns;
    const std::vector<Order>& orders;
    const Where& where; ///< all but the scope
    std::string limit;  ///< " LIMIT 26"

    std::string ordered() const {
        return order_by(orders, [&](std::size_t i) { return orders[i].expression; });
    }
    std::string of_few(const char* key) const {
        // A cross join is read from left to right.
        return " CROSS JOIN " + table.name + " WHERE " + table.name + "." + quoted(table.key) +
               " = few." + key;
    }

    Where plain(const Where& seen) const {
        Where out{columns.select + " WHERE " + seen.sql, seen.params};
        join_where(out, where);
        out.sql += ordered() + limit;
        return out;
    }

    Where among(const Where& few, const Where& seen) const {
        Where out{"SELECT " + columns.columns + " FROM (" + few.sql + ") AS few" + of_few("found"),
                  few.params};
        join_where(out, seen);
        join_where(out, where);
        out.sql += ordered() + limit;
        return out;
    }

    // The keys of each branch in order, merged, and only then the records.
    Where merged(const std::vector<Where>& branches) const {
        std::string keys = "SELECT " + table.name + "." + quoted(table.key) + " AS found", names;
        for (std::size_t i = 0; i < orders.size(); ++i) {
            keys += ", " + orders[i].expression + " AS s" + std::to_string(i);
            names += ", s" + std::to_string(i);
        }
        Where out;
        for (auto& branch : branches) {
            Where one{keys + " FROM " + table.name + " WHERE (" + branch.sql + ")", branch.params};
            join_where(one, where);
            out.sql += (out.sql.empty() ? "" : " UNION ALL ") + std::string("SELECT found") +
                       names + " FROM (" + one.sql + ordered() + limit + ") AS branch";
            append(out.params, one.params);
        }
        auto by_name = [](const char* before) {
            return [before](std::size_t i) { return before + std::to_string(i); };
        };
        out.sql = "SELECT " + columns.columns + " FROM (" + out.sql +
                  order_by(orders, by_name("s")) + limit + ") AS few" + of_few("found") +
                  order_by(orders, by_name("few.s"));
        return out;
    }
};

Where any_of(const std::vector<Where>& branches) {
    Where out;
    for (auto& branch : branches) {
        out.sql += (out.sql.empty() ? "(" : " OR (") + branch.sql + ")";
        append(out.params, branch.params);
    }
    return out;
}
} // namespace

std::optional<std::string> Page::take(const std::string& name) {
    auto found = extra.find(name);
    if (found == extra.end()) return std::nullopt;
    std::string value = found->second;
    extra.erase(name);
    return value;
}

std::vector<std::string> Page::take_all(const std::string& name) {
    std::vector<std::string> out;
    for (auto [at, end] = extra.equal_range(name); at != end; ++at) out.push_back(at->second);
    extra.erase(name);
    return out;
}

void throw_not_found(const TableBase& table, std::string_view key) {
    std::string shown = is_utf8(key) ? std::string(key.substr(0, 255)) : "(text)";
    throw Failure(Fault::not_found,
                  table.not_found_code.empty() ? table.kind + "NotFound" : table.not_found_code,
                  table.not_found_message.empty()
                      ? nephele::format("{} {} could not be found.", table.kind, shown)
                      : nephele::format(table.not_found_message, shown));
}

namespace detail {

bool find(db::Tx& tx, const TableBase& table, const Scope& scope, std::string_view key,
          void* record) {
    const Compiled& c = compiled(table);
    Where where{quoted(table.key) + " = ?", {std::string(key)}};
    join_where(where, visible(table, scope));
    return tx.first(c.select + " WHERE " + where.sql, where.params,
                    [&](const db::Row& row) { fill(c, row, record); });
}

void select(db::Tx& tx, const TableBase& table, const Scope& scope, const Where& extra,
            std::string_view tail, const MakeRecord& next) {
    const Compiled& c = compiled(table);
    Where where = visible(table, scope);
    join_where(where, extra);
    std::string sql = c.select + " WHERE " + where.sql;
    if (!tail.empty()) sql.append(" ").append(tail);
    tx.each(sql, where.params, [&](const db::Row& row) { fill(c, row, next()); });
}

std::pair<bool, bool> list(db::Tx& tx, const TableBase& table, const Scope& scope, const Page& page,
                           const Where& extra, const ListPlan& plan, const MakeRecord& next,
                           const std::function<void()>& reverse_items) {
    const Compiled& c = compiled(table);
    auto orders = orders_of(table, c, page);
    Where seen = visible(table, scope);
    Where where{"1 = 1", {}};
    join_where(where, extra);
    for (auto& filter : page.filters) join_where(where, condition(table, filter));
    if (!page.marker.empty()) join_where(where, after_marker(tx, table, seen, page, orders));
    Listing listing{table, c, orders, where, {}};
    if (page.limit) listing.limit = " LIMIT " + std::to_string(*page.limit + 1);
    if (!plan.branches.empty() && !plan.few.sql.empty()) seen = any_of(plan.branches);
    Where query = !plan.few.sql.empty()    ? listing.among(plan.few, seen)
                  : !plan.branches.empty() ? listing.merged(plan.branches)
                                           : listing.plain(seen);
    std::int64_t taken = 0;
    bool beyond = false;
    tx.each(query.sql, query.params, [&](const db::Row& row) {
        if (page.limit && taken == *page.limit) {
            beyond = true;
            return;
        }
        ++taken;
        fill(c, row, next());
    });
    if (!page.reverse) return {beyond, !page.marker.empty()};
    reverse_items();
    return {!page.marker.empty(), beyond};
}

std::int64_t count(db::Tx& tx, const TableBase& table, const Scope& scope, const Where& extra) {
    Where where = visible(table, scope);
    join_where(where, extra);
    return tx.count("SELECT COUNT(*) FROM " + table.name + " WHERE " + where.sql, where.params);
}

void insert(Context& context, const TableBase& table, const void* record) {
    const Compiled& c = compiled(table);
    context.tx.exec(c.insert, values_of(c, record));
    journal_change(context, table, c, record, "create");
}

void update(Context& context, const TableBase& table, void* record) {
    const Compiled& c = compiled(table);
    std::int64_t revision_before = 0;
    if (c.revision) {
        auto value = c.revision->codec->to_db(member(record, *c.revision));
        revision_before = std::get<std::int64_t>(value);
        if (c.revision->codec == codec_for<int>())
            *static_cast<int*>(member(record, *c.revision)) += 1;
        else
            *static_cast<std::int64_t*>(member(record, *c.revision)) += 1;
    }
    if (c.updated) {
        if (c.updated->codec == codec_for<std::optional<Time>>())
            *static_cast<std::optional<Time>*>(member(record, *c.updated)) = context.now;
        else
            *static_cast<Time*>(member(record, *c.updated)) = context.now;
    }
    db::Params params = values_of(c, record);
    params.push_back(c.key->codec->to_db(member(record, *c.key)));
    if (c.revision) params.emplace_back(revision_before);
    if (context.tx.exec(c.update, params) == 0) {
        auto key = text_value(params[params.size() - (c.revision ? 2 : 1)]);
        if (context.tx.count("SELECT COUNT(*) FROM " + table.name + " WHERE " + quoted(table.key) +
                                 " = ?",
                             {key}) == 0)
            throw_not_found(table, key);
        throw conflict("ConcurrentUpdate",
                       nephele::format("The {} {} was changed by another request at the same time. "
                                       "Read it again and repeat the change.",
                                       table.kind, key));
    }
    journal_change(context, table, c, record, "update");
}

void erase(Context& context, const TableBase& table, const void* record) {
    const Compiled& c = compiled(table);
    context.tx.exec(c.erase, {c.key->codec->to_db(member(record, *c.key))});
    journal_change(context, table, c, record, "delete");
}
} // namespace detail

std::vector<std::string> lines_of(db::Tx& tx, const std::string& sql, const std::string& pattern) {
    std::vector<std::string> out;
    tx.each(sql, db::Params{}, [&](const db::Row& row) {
        std::vector<std::string> values;
        for (int i = 0; i < row.columns(); ++i) values.push_back(row.str(i));
        out.push_back(format_parts(pattern, values));
    });
    return out;
}

std::vector<std::string> schema_differences(db::Tx& tx, const TableBase& table) {
    std::vector<std::string> have, out;
    if (tx.dialect() == db::Dialect::sqlite)
        tx.each("SELECT name FROM pragma_table_info(?)", {table.name},
                [&](const db::Row& row) { have.push_back(row.str(0)); });
    else
        tx.each("SELECT column_name FROM information_schema.columns WHERE table_name = ? AND "
                "table_schema = current_schema()",
                {table.name}, [&](const db::Row& row) { have.push_back(row.str(0)); });
    auto has = [](const std::vector<std::string>& all, const std::string& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    std::vector<std::string> wanted;
    for (auto* field : compiled(table).stored) {
        wanted.push_back(field->column);
        if (!has(have, field->column))
            out.push_back(table.name + "." + field->column +
                          " is in the shape but not in the database");
    }
    for (auto& column : have)
        if (!has(wanted, column))
            out.push_back(table.name + "." + column + " is in the database but not in the shape");
    return out;
}

} // namespace nephele::shape
