// SPDX-License-Identifier: Apache-2.0
// Desired and observed records in the database. A generation is the host's change number at the
// time of the change: it grows over all records of a host, also when one is removed and made anew.
#include "platform/agent/control.h"

#include "base/strings.h"
#include "platform/agent/records.h"
#include "platform/journal/journal.h"
#include "platform/shape/shape.h"

namespace nephele::agent {
namespace {

// Change numbers start behind this one, so that an agent that has pulled an empty host (1) differs
// from one that has pulled nothing yet (0).
constexpr std::int64_t no_change = 1;

std::int64_t next_change(db::Tx& tx, const std::string& host) {
    if (tx.exec("UPDATE agent_changes SET change_number = change_number + 1 WHERE host = ?",
                db::Params{host}) == 0)
        tx.exec("INSERT INTO agent_changes (host, change_number) VALUES (?, ?)",
                db::Params{host, no_change + 1});
    tx.hint(control::channel(host));
    return tx.count("SELECT change_number FROM agent_changes WHERE host = ?", {host});
}

Desired read_desired(const db::Row& row) {
    Desired d;
    d.kind = row.str(0);
    d.id = row.str(1);
    d.generation = row.integer(2);
    d.absent = row.boolean(3);
    d.spec = Json::parse(row.text(4));
    return d;
}
const char* const desired_columns = "kind, id, generation, absent, spec";

Json image_of(const std::string& host, const Observed& observed) {
    Json image = to_json(observed);
    image["host"] = host;
    return image;
}

void journal_change(Context& context, const std::string& kind, const std::string& id,
                    const char* change, Json image) {
    journal::Entry entry;
    entry.at = context.now;
    entry.request_id = context.request_id;
    entry.service = "agent";
    entry.kind = kind;
    entry.id = id;
    entry.change = change;
    entry.image = std::move(image);
    journal::append(context.tx, entry);
}

bool same(const Observed& a, const Observed& b) {
    return a.generation == b.generation && a.phase == b.phase && a.status == b.status &&
           a.error == b.error && a.permanent == b.permanent;
}

void remove_observed(Context& context, const std::string& host, const Observed& last) {
    context.tx.exec("DELETE FROM agent_observed WHERE host = ? AND kind = ? AND id = ?",
                    db::Params{host, last.kind, last.id});
    journal_change(context, "observed." + last.kind, journal_id(host, last.id), "delete",
                   image_of(host, last));
}

void save_one(Context& context, const std::string& host, const Observed& o) {
    auto wanted = desired(context.tx, host, o.kind, o.id);
    auto before = observed(context.tx, host, o.kind, o.id);
    bool stray = o.generation == 0;
    // Late words about a record that is gone, or about an older generation than already answered.
    if (!stray && (!wanted || (before && before->generation > o.generation))) return;
    if (stray && wanted) return;
    if (o.phase == Phase::absent && stray) {
        if (before) remove_observed(context, host, o);
        return;
    }
    if (o.phase == Phase::absent && wanted->absent && o.generation >= wanted->generation) {
        context.tx.exec("DELETE FROM agent_desired WHERE host = ? AND kind = ? AND id = ?",
                        db::Params{host, o.kind, o.id});
        return remove_observed(context, host, o);
    }
    if (before && same(*before, o)) return;
    db::Params values{o.generation,
                      shape::text_of_enum(o.phase),
                      o.status.dump(),
                      o.error,
                      std::int64_t{o.permanent},
                      context.now.us,
                      host,
                      o.kind,
                      o.id};
    context.tx.exec(before ? "UPDATE agent_observed SET generation = ?, phase = ?, status = ?, "
                             "error = ?, permanent = ?, updated_at = ? WHERE host = ? AND kind = ? "
                             "AND id = ?"
                           : "INSERT INTO agent_observed (generation, phase, status, error, "
                             "permanent, updated_at, host, kind, id) VALUES (?, ?, ?, ?, ?, ?, ?, "
                             "?, ?)",
                    values);
    journal_change(context, "observed." + o.kind, journal_id(host, o.id),
                   before ? "update" : "create", image_of(host, o));
}

} // namespace

const std::vector<std::pair<Phase, const char*>>& names_of(Phase) {
    static const std::vector<std::pair<Phase, const char*>> names{{Phase::working, "working"},
                                                                  {Phase::ready, "ready"},
                                                                  {Phase::failed, "failed"},
                                                                  {Phase::absent, "absent"}};
    return names;
}

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> list{
        {"platform.agent.001_agents",
         {"CREATE TABLE agent_hosts (host TEXT NOT NULL PRIMARY KEY, last_seen BIGINT NOT NULL, "
          "connected BIGINT NOT NULL, facts TEXT NOT NULL)",
          "CREATE TABLE agent_changes (host TEXT NOT NULL PRIMARY KEY, change_number BIGINT NOT "
          "NULL)",
          "CREATE TABLE agent_desired (host TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, "
          "generation BIGINT NOT NULL, absent BIGINT NOT NULL, spec TEXT NOT NULL, PRIMARY KEY "
          "(host, kind, id))",
          "CREATE INDEX agent_desired_generation ON agent_desired (host, generation)",
          "CREATE TABLE agent_observed (host TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, "
          "generation BIGINT NOT NULL, phase TEXT NOT NULL, status TEXT NOT NULL, error TEXT NOT "
          "NULL, permanent BIGINT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (host, kind, "
          "id))"},
         {},
         {}}};
    return list;
}

std::string journal_id(const std::string& host, const std::string& id) { return host + "/" + id; }

std::int64_t desire(Context& context, const std::string& host, const std::string& kind,
                    const std::string& id, Json spec, bool force) {
    auto before = desired(context.tx, host, kind, id);
    if (before && !before->absent && !force && before->spec == spec) return before->generation;
    std::int64_t generation = next_change(context.tx, host);
    db::Params values{generation, spec.dump(), host, kind, id};
    context.tx.exec(before ? "UPDATE agent_desired SET generation = ?, absent = 0, spec = ? WHERE "
                             "host = ? AND kind = ? AND id = ?"
                           : "INSERT INTO agent_desired (generation, absent, spec, host, kind, id) "
                             "VALUES (?, 0, ?, ?, ?, ?)",
                    values);
    return generation;
}

std::int64_t desire_absent(Context& context, const std::string& host, const std::string& kind,
                           const std::string& id) {
    auto before = desired(context.tx, host, kind, id);
    if (!before) return 0;
    if (before->absent) return before->generation;
    // The spec stays: it tells the maker where the thing is that must go.
    std::int64_t generation = next_change(context.tx, host);
    context.tx.exec("UPDATE agent_desired SET generation = ?, absent = 1 WHERE host = ? AND kind = "
                    "? AND id = ?",
                    db::Params{generation, host, kind, id});
    return generation;
}

std::optional<Desired> desired(db::Tx& tx, const std::string& host, const std::string& kind,
                               const std::string& id) {
    std::optional<Desired> out;
    tx.first(format("SELECT {} FROM agent_desired WHERE host = ? AND kind = ? AND id = ?",
                    desired_columns),
             {host, kind, id}, [&](const db::Row& row) { out = read_desired(row); });
    return out;
}

std::optional<Observed> observed(db::Tx& tx, const std::string& host, const std::string& kind,
                                 const std::string& id) {
    std::optional<Observed> out;
    tx.first("SELECT generation, phase, status, error, permanent FROM agent_observed WHERE host = "
             "? AND kind = ? AND id = ?",
             {host, kind, id}, [&](const db::Row& row) {
                 out = Observed{kind,
                                id,
                                row.integer(0),
                                shape::enum_of_text<Phase>(row.text(1)).value_or(Phase::working),
                                Json::parse(row.text(2)),
                                row.str(3),
                                row.boolean(4)};
             });
    return out;
}

bool reached(db::Tx& tx, const std::string& host, const std::string& kind, const std::string& id,
             std::int64_t generation) {
    auto wanted = desired(tx, host, kind, id);
    if (!wanted) return true;
    auto seen = observed(tx, host, kind, id);
    if (!seen || seen->generation < generation) return false;
    if (seen->phase == Phase::failed && seen->permanent)
        throw EngineFailure(EngineFailure::Kind::permanent,
                            format("{} {} on host {}: {}", kind, id, host, seen->error));
    return seen->phase == (wanted->absent ? Phase::absent : Phase::ready);
}

std::vector<HostState> hosts(db::Tx& tx) {
    std::vector<HostState> out;
    tx.each(
        "SELECT host, last_seen, connected, facts FROM agent_hosts ORDER BY host", db::Params{},
        [&](const db::Row& row) {
            out.push_back({row.str(0), {row.integer(1)}, row.boolean(2), Json::parse(row.text(3))});
        });
    return out;
}

namespace control {

std::string channel(const std::string& host) { return "agent/" + host; }

Link::Delta changes(db::Tx& tx, const std::string& host, std::int64_t since) {
    Link::Delta delta;
    delta.change =
        tx.count("SELECT change_number FROM agent_changes WHERE host = ?", {host}, no_change);
    tx.each(format("SELECT {} FROM agent_desired WHERE host = ? AND generation > ? ORDER BY "
                   "generation",
                   desired_columns),
            db::Params{host, since},
            [&](const db::Row& row) { delta.records.push_back(read_desired(row)); });
    return delta;
}

void save_report(Context& context, const std::string& host, const std::vector<Observed>& observed) {
    for (auto& one : observed) save_one(context, host, one);
}

void save_hello(Context& context, const std::string& host, const Json& facts) {
    std::string text = facts.dump();
    bool known = false, news = true;
    context.tx.first("SELECT facts, connected FROM agent_hosts WHERE host = ?", {host},
                     [&](const db::Row& row) {
                         known = true;
                         news = row.text(0) != text || !row.boolean(1);
                     });
    context.tx.exec(known ? "UPDATE agent_hosts SET last_seen = ?, connected = 1, facts = ? WHERE "
                            "host = ?"
                          : "INSERT INTO agent_hosts (last_seen, connected, facts, host) VALUES "
                            "(?, 1, ?, ?)",
                    db::Params{context.now.us, text, host});
    if (news)
        journal_change(context, "host", host, known ? "update" : "create",
                       Json::object({{"host", host}, {"connected", true}, {"facts", facts}}));
}

namespace {
void journal_connection(Context& context, const std::string& host, bool connected) {
    journal_change(context, "host", host, "update",
                   Json::object({{"host", host}, {"connected", connected}}));
}
} // namespace

void save_seen(Context& context, const std::string& host) {
    context.tx.exec("UPDATE agent_hosts SET last_seen = ? WHERE host = ? AND last_seen < ?",
                    db::Params{context.now.us, host, context.now.us});
    if (context.tx.exec("UPDATE agent_hosts SET connected = 1 WHERE host = ? AND connected = 0",
                        db::Params{host}) > 0)
        journal_connection(context, host, true);
}

void save_goodbye(Context& context, const std::string& host, Time last_heard) {
    if (context.tx.exec("UPDATE agent_hosts SET connected = 0 WHERE host = ? AND connected = 1 AND "
                        "last_seen <= ?",
                        db::Params{host, last_heard.us}) > 0)
        journal_connection(context, host, false);
}

std::vector<std::string> save_silent(Context& context, Time before) {
    std::vector<std::string> silent;
    context.tx.each("SELECT host FROM agent_hosts WHERE connected = 1 AND last_seen < ? ORDER BY "
                    "host",
                    db::Params{before.us},
                    [&](const db::Row& row) { silent.push_back(row.str(0)); });
    for (auto& host : silent) {
        context.tx.exec("UPDATE agent_hosts SET connected = 0 WHERE host = ?", db::Params{host});
        journal_connection(context, host, false);
    }
    return silent;
}

} // namespace control
} // namespace nephele::agent
