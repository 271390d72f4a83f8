// SPDX-License-Identifier: Apache-2.0
// SQL of the operations table.
#include "platform/operation/store.h"

#include "base/strings.h"

namespace nephele::ops {
namespace {

const char* const columns =
    "id, name, resource_kind, resource_id, project_id, request_id, serialize, status, undoing, "
    "step, attempt, percent, state, failure, waits, lease_owner, lease_until, wake_at, "
    "step_deadline, created_at, updated_at, cancel_requested, cancel_reason, revision";

Json json_from(const db::Row& row, int column) {
    return row.text(column).empty() ? Json() : Json::parse(row.text(column));
}
db::Value or_null(const Json& value) {
    if (value.is_null()) return std::monostate{};
    return value.dump();
}
db::Value or_null(Time t) {
    if (t.us == 0) return std::monostate{};
    return t.us;
}
Json time_or_null(Time t) { return t.us == 0 ? Json() : Json(iso_time(t, 6)); }
std::string text_of_status(Status status) { return shape::text_of_enum(status); }

store::Stored read_row(const db::Row& row) {
    store::Stored r;
    r.id = row.str(0);
    r.name = row.str(1);
    r.resource_kind = row.str(2);
    r.resource_id = row.str(3);
    r.project_id = row.str(4);
    r.request_id = row.str(5);
    r.serialize = row.str(6);
    r.status = shape::enum_of_text<Status>(row.text(7)).value_or(Status::parked);
    r.undoing = row.boolean(8);
    r.step = row.str(9);
    r.attempt = static_cast<int>(row.integer(10));
    r.percent = static_cast<int>(row.integer(11));
    r.state = json_from(row, 12);
    r.failure = json_from(row, 13);
    r.waits = json_from(row, 14);
    r.lease_owner = row.str(15);
    r.lease_until = {row.integer(16)};
    r.wake_at = {row.integer(17)};
    r.step_deadline = {row.integer(18)};
    r.created_at = {row.integer(19)};
    r.updated_at = {row.integer(20)};
    r.cancel_requested = row.boolean(21);
    r.cancel_reason = row.str(22);
    r.revision = row.integer(23);
    return r;
}

std::vector<Record> records(db::Tx& tx, const std::string& condition, const db::Params& params) {
    std::vector<Record> out;
    tx.each(format("SELECT {} FROM operations WHERE {}", columns, condition), params,
            [&](const db::Row& row) { out.push_back(read_row(row)); });
    return out;
}

// The oldest of a key that is neither finished nor parked may run.
bool let_next_run(db::Tx& tx, const std::string& serialize, Time now) {
    if (serialize.empty()) return false;
    return tx.exec("UPDATE operations SET wake_at = ?, revision = revision + 1 WHERE wake_at IS "
                   "NULL AND id = (SELECT id FROM operations WHERE serialize = ? AND finished_at "
                   "IS NULL AND status <> 'parked' ORDER BY sequence LIMIT 1)",
                   db::Params{now.us, serialize}) > 0;
}

void wake_after_commit(Context& context) {
    context.tx.on_commit([&cloud = context.cloud] {
        if (cloud.runner) cloud.runner->wake();
    });
}

} // namespace

const std::vector<std::pair<Status, const char*>>& names_of(Status) {
    static const std::vector<std::pair<Status, const char*>> names{
        {Status::ready, "ready"},     {Status::running, "running"}, {Status::waiting, "waiting"},
        {Status::undoing, "undoing"}, {Status::done, "done"},       {Status::undone, "undone"},
        {Status::parked, "parked"}};
    return names;
}

const shape::Shape<Record>& Record::shape() {
    static const auto shape = [] {
        return shape::Shape<Record>("operation", "operations")
            .field("id", &Record::id)
            .field("name", &Record::name)
            .field("resource_kind", &Record::resource_kind)
            .field("resource_id", &Record::resource_id)
            .field("project_id", &Record::project_id)
            .field("request_id", &Record::request_id)
            .field("serialize", &Record::serialize)
            .field("status", &Record::status)
            .field("undoing", &Record::undoing)
            .field("step", &Record::step)
            .field("attempt", &Record::attempt)
            .field("percent", &Record::percent)
            .field("state", &Record::state)
            .field("failure", &Record::failure)
            .field("waits", &Record::waits)
            .field("lease_owner", &Record::lease_owner)
            .computed("lease_until", [](const Record& r,
                                        const shape::View&) { return time_or_null(r.lease_until); })
            .computed("wake_at",
                      [](const Record& r, const shape::View&) { return time_or_null(r.wake_at); })
            .computed(
                "step_deadline",
                [](const Record& r, const shape::View&) { return time_or_null(r.step_deadline); })
            .field("created_at", &Record::created_at)
            .field("updated_at", &Record::updated_at)
            .field("cancel_requested", &Record::cancel_requested);
    }();
    return shape;
}

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> list{
        {"platform.operation.001_operations",
         {"CREATE TABLE operations (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
          "resource_kind TEXT NOT NULL, resource_id TEXT NOT NULL, project_id TEXT NOT NULL, "
          "request_id TEXT NOT NULL, serialize TEXT NOT NULL, sequence BIGINT NOT NULL, "
          "status TEXT NOT NULL, undoing BIGINT NOT NULL, step TEXT NOT NULL, "
          "attempt BIGINT NOT NULL, percent BIGINT NOT NULL, state TEXT, failure TEXT, waits TEXT, "
          "lease_owner TEXT NOT NULL, lease_until BIGINT, wake_at BIGINT, step_deadline BIGINT, "
          "created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, finished_at BIGINT, "
          "cancel_requested BIGINT NOT NULL, cancel_reason TEXT NOT NULL, "
          "revision BIGINT NOT NULL)",
          "CREATE INDEX operations_due ON operations (wake_at)",
          "CREATE INDEX operations_serialize ON operations (serialize, sequence)",
          "CREATE INDEX operations_resource ON operations (resource_kind, resource_id)",
          "CREATE INDEX operations_finished ON operations (finished_at)"},
         {},
         {}}};
    return list;
}

std::string detail::start(Context& context, const std::string& name, Json state, const Start& how) {
    std::string serialize = how.serialize;
    if (serialize.empty() && !how.resource_id.empty())
        serialize = how.resource_kind + "/" + how.resource_id;
    std::int64_t sequence = 0;
    bool behind = false;
    if (!serialize.empty()) {
        sequence = 1 + context.tx.count("SELECT MAX(sequence) FROM operations WHERE serialize = ?",
                                        {serialize});
        behind = context.tx.first("SELECT 1 FROM operations WHERE serialize = ? AND finished_at IS "
                                  "NULL AND status <> 'parked' LIMIT 1",
                                  {serialize}, [](const db::Row&) {});
    }
    std::string id = context.new_uuid();
    context.tx.exec(
        format("INSERT INTO operations ({}, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, 'ready', 0, '', "
               "0, 0, ?, NULL, NULL, '', NULL, ?, NULL, ?, ?, 0, '', 1, ?)",
               columns),
        db::Params{id, name, how.resource_kind, how.resource_id, how.project_id, context.request_id,
                   serialize, state.dump(), or_null(behind ? Time{} : context.now), context.now.us,
                   context.now.us, sequence});
    wake_after_commit(context);
    return id;
}

int cancel(Context& context, const std::string& resource_kind, const std::string& resource_id,
           const std::string& reason) {
    // Those that wait or back off notice at once; an outside step under way asks for itself and
    // keeps its lease; those behind another keep their place (NULL stays NULL).
    auto count = context.tx.exec(
        "UPDATE operations SET cancel_requested = 1, cancel_reason = ?, revision = revision + 1, "
        "wake_at = CASE WHEN wake_at IS NULL OR status = 'running' THEN wake_at ELSE ? END "
        "WHERE resource_kind = ? AND resource_id = ? AND undoing = 0 AND cancel_requested = 0 AND "
        "finished_at IS NULL AND status <> 'parked'",
        db::Params{reason, context.now.us, resource_kind, resource_id});
    if (count > 0) wake_after_commit(context);
    return static_cast<int>(count);
}

std::vector<Record> unfinished(db::Tx& tx, int limit) {
    return records(tx, "finished_at IS NULL ORDER BY created_at, id LIMIT ?",
                   {std::int64_t{limit}});
}

std::vector<Record> of_resource(db::Tx& tx, const std::string& kind, const std::string& id) {
    return records(tx, "resource_kind = ? AND resource_id = ? ORDER BY created_at, sequence, id",
                   {kind, id});
}

std::optional<Record> find(db::Tx& tx, const std::string& id) {
    auto stored = store::load(tx, id);
    if (!stored) return std::nullopt;
    return std::move(*stored);
}

void resume_parked(Context& context, const std::string& id) {
    auto row = store::load(context.tx, id);
    if (!row) throw not_found("OperationNotFound", format("There is no operation {}.", id));
    if (row->status != Status::parked)
        throw conflict("OperationNotParked",
                       format("Operation {} is {}: only a parked one can be resumed.", id,
                              text_of_status(row->status)));
    bool behind =
        !row->serialize.empty() &&
        context.tx.first("SELECT 1 FROM operations WHERE serialize = ? AND wake_at IS NOT "
                         "NULL LIMIT 1",
                         {row->serialize}, [](const db::Row&) {});
    row->status = row->undoing ? Status::undoing : Status::ready;
    row->attempt = 0;
    row->step_deadline = {};
    row->wake_at = behind ? Time{} : context.now;
    row->updated_at = context.now;
    if (row->failure.is_object()) row->failure.erase("parked");
    store::save(context.tx, *row);
    wake_after_commit(context);
}

int prune(Context& context, Time before, int keep_rows) {
    // In pieces, so that no transaction is long; the caller comes again.
    const char* by_age = "DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE "
                         "finished_at < ? ORDER BY finished_at LIMIT 1000)";
    auto gone = context.tx.exec(by_age, db::Params{before.us});
    auto finished =
        context.tx.count("SELECT COUNT(*) FROM operations WHERE finished_at IS NOT NULL");
    if (finished > keep_rows)
        gone += context.tx.exec(
            "DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE finished_at IS "
            "NOT NULL ORDER BY finished_at, id LIMIT ?)",
            db::Params{std::min<std::int64_t>(1000, finished - keep_rows)});
    return static_cast<int>(gone);
}

namespace store {

std::optional<Stored> load(db::Tx& tx, const std::string& id) {
    static const std::string sql = format("SELECT {} FROM operations WHERE id = ?", columns);
    std::optional<Stored> row;
    tx.first(sql, {id}, [&](const db::Row& r) { row = read_row(r); });
    return row;
}

void save(db::Tx& tx, Stored& row) {
    ++row.revision;
    tx.exec("UPDATE operations SET status = ?, undoing = ?, step = ?, attempt = ?, percent = ?, "
            "state = ?, failure = ?, waits = ?, lease_owner = ?, lease_until = ?, wake_at = ?, "
            "step_deadline = ?, updated_at = ?, revision = ? WHERE id = ?",
            db::Params{text_of_status(row.status), std::int64_t{row.undoing}, row.step,
                       std::int64_t{row.attempt}, std::int64_t{row.percent}, or_null(row.state),
                       or_null(row.failure), or_null(row.waits), row.lease_owner,
                       or_null(row.lease_until), or_null(row.wake_at), or_null(row.step_deadline),
                       row.updated_at.us, row.revision, row.id});
}

bool finish(db::Tx& tx, Stored& row, Status status, Time now) {
    row.status = status;
    row.step.clear();
    row.attempt = 0;
    row.waits = Json();
    row.lease_owner.clear();
    row.lease_until = row.wake_at = row.step_deadline = {};
    row.updated_at = now;
    save(tx, row);
    tx.exec("UPDATE operations SET finished_at = ? WHERE id = ?", db::Params{now.us, row.id});
    return let_next_run(tx, row.serialize, now);
}

bool park(db::Tx& tx, Stored& row, Time now) {
    row.status = Status::parked;
    row.waits = Json();
    row.lease_owner.clear();
    row.lease_until = row.wake_at = row.step_deadline = {};
    row.updated_at = now;
    save(tx, row);
    return let_next_run(tx, row.serialize, now);
}

std::vector<Due> due(db::Tx& tx, Time now, int limit) {
    std::vector<Due> out;
    tx.each("SELECT id, revision FROM operations WHERE wake_at <= ? ORDER BY wake_at LIMIT ?",
            {now.us, std::int64_t{limit}}, [&](const db::Row& row) {
                out.push_back({row.str(0), row.integer(1)});
            });
    return out;
}

Time next_due(db::Tx& tx, Time now) {
    return {tx.count("SELECT MIN(wake_at) FROM operations WHERE wake_at > ?", {now.us})};
}

void each_waiting(db::Tx& tx,
                  const std::function<void(const std::string& id, const Json& waits)>& each) {
    tx.each("SELECT id, waits FROM operations WHERE wake_at IS NOT NULL AND status = 'waiting'",
            db::Params{}, [&](const db::Row& row) { each(row.str(0), json_from(row, 1)); });
}

bool cancel_requested(db::Tx& tx, const std::string& id) {
    return tx.count("SELECT cancel_requested FROM operations WHERE id = ?", {id}) != 0;
}

bool renew_lease(db::Tx& tx, const std::string& id, const std::string& owner, Time until) {
    return tx.exec("UPDATE operations SET lease_until = ?, wake_at = ? WHERE id = ? AND "
                   "lease_owner = ? AND status = 'running'",
                   db::Params{until.us, until.us, id, owner}) > 0;
}

std::vector<std::string> lease_owners(db::Tx& tx) {
    std::vector<std::string> out;
    tx.each("SELECT DISTINCT lease_owner FROM operations WHERE wake_at IS NOT NULL AND status = "
            "'running'",
            db::Params{}, [&](const db::Row& row) { out.push_back(row.str(0)); });
    return out;
}

std::int64_t release_leases(db::Tx& tx, const std::vector<std::string>& owners, Time now) {
    std::int64_t count = 0;
    for (auto& owner : owners)
        count += tx.exec("UPDATE operations SET lease_until = ?, wake_at = ?, revision = revision "
                         "+ 1 WHERE lease_owner = ? AND status = 'running'",
                         db::Params{now.us, now.us, owner});
    return count;
}

Json json_of(const std::vector<Step::Wait>& waits) {
    if (waits.empty()) return {};
    Json::Array out;
    for (auto& wait : waits) out.push_back(Json::array({wait.kind, wait.id}));
    return Json(std::move(out));
}

Json json_of(const Failure& failure, const std::string& step) {
    Json out = Json::object({{"step", step},
                             {"status", failure.status()},
                             {"code", failure.code()},
                             {"message", failure.what()}});
    if (failure.details().size() > 0) out["details"] = failure.details();
    if (!failure.internals().empty()) out["internals"] = failure.internals();
    return out;
}

Failure failure_from(const Json& kept) {
    Failure failure(static_cast<Fault>(kept.integer("status", 500)), kept.text("code", "Unknown"),
                    kept.text("message"));
    if (auto* details = kept.find("details"); details && details->is_object())
        for (auto& [key, value] : details->as_object())
            failure = std::move(failure).with(key, value);
    return std::move(failure).inside(kept.text("internals"));
}

} // namespace store
} // namespace nephele::ops
