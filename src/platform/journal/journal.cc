// SPDX-License-Identifier: Apache-2.0
// Order. SQLite has one writer, so `seq` grows in commit order. PostgreSQL commits in any order: an
// entry carries its transaction's number, and only entries of transactions older than every running
// one are read, ordered by (transaction, seq); nothing can appear behind a cursor any more. Two
// changes of one record keep their order: the later one needs a snapshot, and so a number, after
// the earlier commit.
#include "platform/journal/journal.h"

#include "base/strings.h"

#include <algorithm>
#include <limits>

namespace nephele::journal {

namespace {

constexpr std::int64_t last_seq = std::numeric_limits<std::int64_t>::max();

struct Position {
    std::int64_t transaction = 0; ///< always 0 on SQLite
    std::int64_t seq = 0;
    auto operator<=>(const Position&) const = default;
};

std::string text_of_position(const Position& p) { return format("{}.{}", p.transaction, p.seq); }

Position position_of(const std::string& cursor) {
    if (cursor.empty()) return {};
    auto parts = split(cursor, '.');
    if (parts.size() == 2) {
        auto transaction = to_int(parts[0]), seq = to_int(parts[1]);
        if (transaction && seq && *transaction >= 0 && *seq >= 0) return {*transaction, *seq};
    }
    throw BadCursor("not a journal cursor: " + cursor);
}

bool on_postgresql(db::Tx& tx) { return tx.dialect() == db::Dialect::postgresql; }

/// The oldest running transaction (PostgreSQL): entries of this and later ones are not read yet.
std::int64_t oldest_running(db::Tx& tx) {
    return tx.count("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)");
}

Position trimmed_to(db::Tx& tx) {
    Position p;
    tx.first("SELECT trimmed_transaction, trimmed_seq FROM journal_state", {},
             [&](const db::Row& row) {
                 p = {row.integer(0), row.integer(1)};
             });
    return p;
}

Position end_position(db::Tx& tx) {
    Position end;
    if (on_postgresql(tx)) {
        end = {oldest_running(tx) - 1, last_seq};
    } else {
        end = {0, tx.count("SELECT max(seq) FROM journal")};
    }
    return std::max(end, trimmed_to(tx));
}

constexpr const char* columns =
    "seq, at, actor, request_id, service, kind, id, project_id, change, image";

/// "SELECT ... WHERE behind `after`", without the order.
std::string select_after(bool postgresql, const Position& after, const Position& end,
                         db::Params& params) {
    if (!postgresql) {
        params.emplace_back(after.seq);
        return format("SELECT 0, {} FROM journal WHERE seq > ?", columns);
    }
    params.insert(params.end(), {after.transaction, after.seq, end.transaction});
    return format("SELECT transaction, {} FROM journal WHERE (transaction, seq) > (?, ?) AND "
                  "transaction <= ?",
                  columns);
}

Record record_of(const db::Row& row) {
    Record r;
    r.cursor = text_of_position({row.integer(0), row.integer(1)});
    r.at = {row.integer(2)};
    r.actor = row.text(3);
    r.request_id = row.text(4);
    r.service = row.text(5);
    r.kind = row.text(6);
    r.id = row.text(7);
    r.project_id = row.text(8);
    r.change = row.text(9);
    r.image = row.text(10);
    return r;
}

const char* order_of(bool postgresql) {
    return postgresql ? " ORDER BY transaction, seq LIMIT ?" : " ORDER BY seq LIMIT ?";
}

} // namespace

bool Filter::matches(const Record& record) const {
    auto fits = [](const std::string& wanted, const std::string& value) {
        return wanted.empty() || wanted == value;
    };
    return fits(service, record.service) && fits(kind, record.kind) && fits(id, record.id) &&
           fits(project_id, record.project_id);
}

void append(db::Tx& tx, const Entry& e) {
    tx.exec("INSERT INTO journal (at, actor, request_id, service, kind, id, project_id, change, "
            "image) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            db::Params{e.at.us, e.actor, e.request_id, e.service, e.kind, e.id, e.project_id,
                       e.change, e.image.dump()});
    tx.hint(channel);
}

Page read(db::Tx& tx, const std::string& cursor, int limit, const Filter& filter) {
    limit = std::max(limit, 1);
    Position after = position_of(cursor);
    Position end = end_position(tx);
    Page page;
    bool trimmed = !cursor.empty() && after < trimmed_to(tx);
    if (trimmed || after > end) {
        page.lost = true;
        page.cursor = text_of_position(end);
        return page;
    }
    bool postgresql = on_postgresql(tx);
    db::Params params;
    std::string sql = select_after(postgresql, after, end, params);
    auto restrict_to = [&](const char* column, const std::string& value) {
        if (value.empty()) return;
        sql += format(" AND {} = ?", column);
        params.emplace_back(value);
    };
    restrict_to("service", filter.service);
    restrict_to("kind", filter.kind);
    restrict_to("id", filter.id);
    restrict_to("project_id", filter.project_id);
    params.emplace_back(std::int64_t{limit});
    tx.each(sql + order_of(postgresql), params,
            [&](const db::Row& row) { page.records.push_back(record_of(row)); });
    page.more = static_cast<int>(page.records.size()) == limit;
    page.cursor = page.more ? page.records.back().cursor : text_of_position(end);
    return page;
}

std::string end(db::Tx& tx) { return text_of_position(end_position(tx)); }

bool is_after(const std::string& a, const std::string& b) {
    return position_of(a) > position_of(b);
}

std::int64_t trim(db::Tx& tx, Time older_than, int limit) {
    bool postgresql = on_postgresql(tx);
    db::Params params;
    std::string sql = select_after(postgresql, {}, end_position(tx), params);
    params.emplace_back(std::int64_t{limit});
    Position last;
    bool old = true;
    // Only a prefix is removed: a hole in the middle could not be told to readers.
    tx.each(sql + order_of(postgresql), params, [&](const db::Row& row) {
        old = old && row.integer(2) < older_than.us;
        if (old) last = {row.integer(0), row.integer(1)};
    });
    if (last == Position{}) return 0;
    tx.exec("UPDATE journal_state SET trimmed_transaction = ?, trimmed_seq = ?",
            db::Params{last.transaction, last.seq});
    if (!postgresql) return tx.exec("DELETE FROM journal WHERE seq <= ?", db::Params{last.seq});
    return tx.exec("DELETE FROM journal WHERE (transaction, seq) <= (?, ?)",
                   db::Params{last.transaction, last.seq});
}

std::int64_t adopt_restored(db::Tx& tx) {
    if (!on_postgresql(tx)) return 0;
    constexpr const char* newest = "CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS "
                                   "BIGINT)";
    tx.exec(
        format("UPDATE journal_state SET trimmed_transaction = 0 WHERE trimmed_transaction >= {}",
               newest));
    return tx.exec(format("UPDATE journal SET transaction = 0 WHERE transaction >= {}", newest));
}

const std::vector<db::Migration>& migrations() {
    static const std::string common =
        "at BIGINT NOT NULL, actor TEXT NOT NULL, request_id TEXT NOT NULL, service TEXT NOT NULL, "
        "kind TEXT NOT NULL, id TEXT NOT NULL, project_id TEXT NOT NULL, change TEXT NOT NULL, "
        "image TEXT NOT NULL";
    static const std::vector<db::Migration> all{
        {"journal.001_journal",
         {"CREATE TABLE journal_state (id BIGINT PRIMARY KEY CHECK (id = 1), "
          "trimmed_transaction BIGINT NOT NULL, trimmed_seq BIGINT NOT NULL)",
          "INSERT INTO journal_state VALUES (1, 0, 0)"},
         {"CREATE TABLE journal (seq BIGINT PRIMARY KEY AUTO, " + common + ")",
          "CREATE INDEX journal_by_record ON journal (kind, id)",
          "CREATE INDEX journal_by_time ON journal (at)"},
         {"CREATE TABLE journal (transaction BIGINT NOT NULL DEFAULT "
          "(CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)), seq BIGSERIAL, " +
              common + ", PRIMARY KEY (transaction, seq))",
          "CREATE INDEX journal_by_record ON journal (kind, id, transaction, seq)",
          "CREATE INDEX journal_by_time ON journal (at)"}}};
    return all;
}

} // namespace nephele::journal
