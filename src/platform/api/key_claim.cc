// SPDX-License-Identifier: Apache-2.0
#include "platform/api/key_claim.h"

#include "platform/context/node_instance.h"
#include "platform/log/log.h"

namespace nephele::api {
namespace {
constexpr std::int64_t hold_ms = 60'000, renew_ms = 15'000;

struct Found {
    bool any = false, running = false;
};

// A kept answer, or whether the key is free for us.
Found look_up(Cloud& cloud, db::Tx& tx, const KeyedRequest& request,
              std::optional<http::Response>& kept) {
    Found found;
    tx.first("SELECT fingerprint, status, answer, holder, held_until FROM idempotency "
             "WHERE owner = ? AND key = ?",
             {request.owner, request.key}, [&](const db::Row& row) {
                 if (row.text(0) != request.fingerprint) throw key_reused();
                 found.any = true;
                 if (!row.is_null(2))
                     kept = opened(request, static_cast<int>(row.integer(1)), row.text(2));
                 else
                     found.running = row.integer(4) >= cloud.now().us &&
                                     !is_dead_lease_owner(cloud, row.str(3));
             });
    return found;
}
} // namespace

RunningKeys::RunningKeys(const Cloud& cloud) : holder_(new_lease_owner(cloud)) {}

void RunningKeys::add(const KeyedRequest& request) {
    std::lock_guard lock(mutex_);
    running_.insert({request.owner, request.key});
}

void RunningKeys::remove(const KeyedRequest& request) {
    std::lock_guard lock(mutex_);
    running_.erase({request.owner, request.key});
}

void RunningKeys::renew(Cloud& cloud) {
    std::set<std::pair<std::string, std::string>> running;
    {
        std::lock_guard lock(mutex_);
        running = running_;
    }
    if (running.empty()) return;
    cloud.db().write([&](db::Tx& tx) {
        for (auto& [owner, key] : running)
            tx.exec("UPDATE idempotency SET held_until = ? WHERE owner = ? AND key = ? AND "
                    "holder = ? AND answer IS NULL",
                    {cloud.now().plus_ms(hold_ms).us, owner, key, holder_});
    });
}

KeyClaim::KeyClaim(Cloud& cloud, KeyedRequest request)
    : cloud_(cloud), request_(std::move(request)) {
    auto& keys = cloud.state<RunningKeys>();
    cloud.db().write([&](db::Tx& tx) {
        kept.reset();
        Found found = look_up(cloud, tx, request_, kept);
        if (kept) return;
        if (found.running)
            throw conflict("IdempotencyKeyInUse",
                           "A request with this Idempotency-Key is being carried out. Repeat it in "
                           "a moment to get its answer.")
                .header("Retry-After", "1");
        const Time now = cloud.now();
        if (found.any)
            tx.exec("DELETE FROM idempotency WHERE owner = ? AND key = ?",
                    {request_.owner, request_.key});
        tx.exec("INSERT INTO idempotency (owner, key, fingerprint, status, answer, holder, "
                "held_until, created_at) VALUES (?, ?, ?, 0, NULL, ?, ?, ?)",
                db::Params{request_.owner, request_.key, request_.fingerprint, keys.holder(),
                           now.plus_ms(hold_ms).us, now.us});
    });
    held_ = !kept;
    if (held_) keys.add(request_);
}

KeyClaim::~KeyClaim() {
    if (held_) cloud_.state<RunningKeys>().remove(request_);
}

void KeyClaim::keep(db::Tx& tx, const http::Response& answer) {
    auto changed = tx.exec(
        "UPDATE idempotency SET status = ?, answer = ? WHERE owner = ? AND key = ? AND holder = ?",
        db::Params{std::int64_t(answer.status), db::Blob{sealed(request_, answer)}, request_.owner,
                   request_.key, cloud_.state<RunningKeys>().holder()});
    if (changed != 1)
        throw conflict("IdempotencyKeyInUse", "Another request with this Idempotency-Key took "
                                              "over; nothing of this one was kept.");
    tx.on_commit([this] { done_ = true; });
}

void KeyClaim::release() {
    if (!held_ || done_) return;
    try {
        cloud_.db().write([&](db::Tx& tx) {
            tx.exec("DELETE FROM idempotency WHERE owner = ? AND key = ? AND holder = ? AND answer "
                    "IS NULL",
                    {request_.owner, request_.key, cloud_.state<RunningKeys>().holder()});
        });
    } catch (const std::exception& error) {
        // The request's own failure is what its caller needs; the claim ends by its time.
        log::warning("an Idempotency-Key could not be released", {{"what", error.what()}});
    }
}

task::Task renew_keys() {
    return {.name = "api.renew_keys",
            .every_ms = renew_ms,
            .run = [](Cloud& cloud) { cloud.state<RunningKeys>().renew(cloud); },
            .one_node = false};
}

} // namespace nephele::api
