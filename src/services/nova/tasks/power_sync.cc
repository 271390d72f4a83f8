// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "platform/agent/agent.h"
#include "platform/journal/journal.h"
#include "platform/log/log.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/servers.h"
#include "services/nova/tasks/tasks.h"

#include <map>

namespace nephele::nova {
namespace {
constexpr int batch = 500;

struct Seen {
    std::string server_id, host;
    std::int64_t power_state = power::none;
};

// What the server should become; nothing when it agrees.
struct Verdict {
    std::optional<VmState> vm_state;
    std::optional<GuestPower> desire;
};
std::optional<Verdict> judge(VmState vm_state, std::int64_t stored, std::int64_t observed) {
    bool off = observed == power::shut_down || observed == power::crashed;
    bool was_on = vm_state == VmState::active || vm_state == VmState::paused ||
                  vm_state == VmState::suspended;
    // A suspended guest is off for its hypervisor too, but then it says "suspended".
    if (off && was_on) return Verdict{VmState::stopped, GuestPower::stopped};
    // Started behind our back: stopped again, as upstream does.
    if (observed == power::running && vm_state == VmState::stopped)
        return Verdict{std::nullopt, GuestPower::stopped};
    if (observed != stored) return Verdict{};
    return std::nullopt;
}

// False when the server is being changed: to be asked again afterwards.
bool settle(Context& context, const Seen& seen) {
    auto server = store::find_server(context.tx, seen.server_id);
    if (!server || server->host != seen.host) return true;
    if (server->task_state) return false;
    auto verdict = judge(server->vm_state, server->power_state, seen.power_state);
    if (!verdict) return true;
    if (verdict->vm_state) {
        log::info("a guest stopped by itself",
                  {{"server", server->id}, {"power_state", seen.power_state}});
        server->vm_state = *verdict->vm_state;
    }
    server->power_state = seen.power_state;
    shape::update(context, servers(), *server);
    if (verdict->desire)
        desire_spec(context, *server, spec_with_power(context, *server, *verdict->desire), true);
    return true;
}

enum class Standing { agrees, differs, busy };
// Only those that differ are worth a write transaction; of what is being changed nothing is known
// until the change is over.
Standing standing(db::Tx& tx, const Seen& seen) {
    Standing out = Standing::agrees;
    tx.first("SELECT vm_state, power_state, task_state FROM nova_servers WHERE id = ? AND host = ?",
             {seen.server_id, seen.host}, [&](const db::Row& row) {
                 auto vm_state = shape::enum_of_text<VmState>(row.text(0));
                 if (!row.is_null(2))
                     out = Standing::busy;
                 else if (vm_state && judge(*vm_state, row.integer(1), seen.power_state))
                     out = Standing::differs;
             });
    return out;
}

std::optional<Seen> seen_of(const std::string& host, const std::string& server_id,
                            const Json& phase, const Json& status) {
    if (phase != Json("ready") || !status.has("power_state")) return std::nullopt;
    return Seen{server_id, host, status.integer("power_state")};
}

// Everything there is: at start, and when the journal was trimmed past us.
std::vector<Seen> all_guests(db::Tx& tx) {
    std::vector<std::pair<std::string, std::string>> placed;
    tx.each("SELECT id, host FROM nova_servers WHERE host IS NOT NULL", db::Params{},
            [&](const db::Row& row) { placed.emplace_back(row.str(0), row.str(1)); });
    std::vector<Seen> out;
    for (auto& [id, host] : placed)
        if (auto observed = agent::observed(tx, host, guest_kind, id))
            if (auto seen =
                    seen_of(host, id, shape::text_of_enum(observed->phase), observed->status))
                out.push_back(std::move(*seen));
    return out;
}

// How far the journal was read, and guests whose last word came while their server was busy.
struct Progress {
    std::string cursor;
    std::map<std::string, Seen> busy;
};

// Reads on from where it was; returns whether there is more.
bool pump(Cloud& cloud, Progress& progress) {
    // Kept only when all is written: after a failure the same is read again.
    Progress next;
    std::string cursor = progress.cursor;
    bool more = false;
    std::vector<Seen> differing;
    cloud.db().read([&](db::Tx& tx) {
        differing.clear();
        std::vector<Seen> seen;
        for (auto& [id, one] : progress.busy) seen.push_back(one);
        bool first = cursor.empty();
        journal::Page page;
        if (!first)
            page = journal::read(tx, cursor, batch, {.service = "agent", .kind = "observed.guest"});
        if (first || page.lost) {
            cursor = first ? journal::end(tx) : page.cursor;
            for (auto& one : all_guests(tx)) seen.push_back(std::move(one));
        } else {
            cursor = page.cursor;
            more = page.more;
            for (auto& record : page.records) {
                auto slash = record.id.rfind('/');
                if (record.change == "delete" || slash == std::string::npos) continue;
                Json image = Json::parse(record.image);
                if (auto one = seen_of(record.id.substr(0, slash), record.id.substr(slash + 1),
                                       image.get("phase"), image.get("status")))
                    seen.push_back(std::move(*one));
            }
        }
        for (auto& one : seen) switch (standing(tx, one)) {
            case Standing::agrees:
                break;
            case Standing::differs:
                differing.push_back(std::move(one));
                break;
            case Standing::busy:
                next.busy[one.server_id] = one;
                break;
            }
    });
    for (auto& one : differing) {
        bool settled = write_as_cloud(cloud, "", [&](Context& context) {
            // Only the last word counts.
            if (auto now = agent::observed(context.tx, one.host, guest_kind, one.server_id))
                if (auto seen = seen_of(one.host, one.server_id, shape::text_of_enum(now->phase),
                                        now->status))
                    return settle(context, *seen);
            return true;
        });
        if (!settled) next.busy[one.server_id] = one;
    }
    next.cursor = std::move(cursor);
    progress = std::move(next);
    return more;
}
} // namespace

task::Task power_sync() {
    auto progress = std::make_shared<Progress>();
    return {.name = "nova.power_sync",
            .every_ms = 30'000,
            // A server's change may be the end of what kept it busy.
            .nudged_by = {"agent/observed.guest", "nova/server"},
            .run = [progress](Cloud& cloud) {
                while (pump(cloud, *progress)) {
                }
            }};
}

task::Task reclaim() {
    return {.name = "nova.reclaim", .every_ms = 60'000, .run = [](Cloud& cloud) {
                auto interval = cloud.config().integer("nova.reclaim_instance_interval");
                if (interval <= 0) return;
                write_as_cloud(cloud, "", [&](Context& context) {
                    Time before = context.now.plus_seconds(-interval);
                    for (auto& server :
                         shape::select(context.tx, servers(), Scope::all(),
                                       {"vm_state = 'soft-delete' AND task_state IS NULL AND "
                                        "terminated_at < ?",
                                        {before.us}}))
                        start_delete(context, server);
                });
            }};
}

task::Task forget() {
    return {.name = "nova.forget", .every_ms = 3'600'000, .run = [](Cloud& cloud) {
                write_as_cloud(cloud, "", [](Context& context) {
                    auto days = context.cloud.config().integer("nova.keep_deleted_days");
                    store::forget_deleted(context.tx, context.now.plus_seconds(-days * 86'400));
                    store::forget_actions(context.tx, context.now.plus_seconds(-30 * 86'400));
                    context.tx.exec("DELETE FROM nova_console_tokens WHERE expires_at < ?",
                                    db::Params{context.now.us});
                });
            }};
}

} // namespace nephele::nova
