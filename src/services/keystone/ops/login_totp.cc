// SPDX-License-Identifier: Apache-2.0
// The method "totp": a passcode of one of the user's seeds. A passcode is taken once: the step it
// belongs to is written down in the transaction that accepts it.
#include "services/keystone/logic/totp.h"
#include "services/keystone/ops/credentials.h"
#include "services/keystone/ops/failed_logins.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/ops/login_attempt.h"

namespace nephele::keystone {
namespace {

constexpr int most_earlier_steps = 10;

std::int64_t used_until(db::Tx& tx, const std::string& credential_id) {
    std::int64_t step = 0;
    tx.each("SELECT last_step FROM keystone_totp_uses WHERE credential_id = ?", {credential_id},
            [&](const db::Row& row) { step = row.integer(0); });
    return step;
}

void note_use(db::Tx& tx, const std::string& credential_id, std::int64_t step) {
    if (tx.exec("UPDATE keystone_totp_uses SET last_step = ? WHERE credential_id = ?",
                {step, credential_id}) == 0)
        tx.exec("INSERT INTO keystone_totp_uses (credential_id, last_step) VALUES (?, ?)",
                {credential_id, step});
}

bool take(Context& context, State& state, const std::string& user_id, std::string_view passcode) {
    const int earlier = static_cast<int>(std::clamp<std::int64_t>(
        context.cloud.config().integer("keystone.totp_included_previous_windows"), 0,
        most_earlier_steps));
    for (auto& credential : select(context.tx, table::credentials(), Scope::user(user_id),
                                   {"LOWER(type) = 'totp'", {}}, "ORDER BY id")) {
        open_blob(state, credential);
        const auto step = logic::matching_step(credential.blob, passcode, context.now, earlier,
                                               used_until(context.tx, credential.id));
        if (!step) continue;
        note_use(context.tx, credential.id, *step);
        return true;
    }
    return false;
}

} // namespace

void log_in_by_totp(Attempt& attempt, const Json& part) {
    const auto login = logic::read_totp_login(part);
    std::string account;
    auto user = attempt.read([&](db::Tx& tx) {
        account = account_of(tx, login.user);
        return find_named_user(tx, login.user);
    });
    attempt.guard(account + " totp");
    if (!user || logic::is_locked(attempt.state.rules, *user, attempt.now) ||
        logic::is_inactive(attempt.state.rules, *user, attempt.now))
        throw refused_login();
    const bool taken = write_as_cloud(attempt.cloud, "", [&](Context& context) {
        return take(context, attempt.state, user->id, login.passcode.reveal());
    });
    if (!taken) {
        note_failed_login(attempt.cloud, user->id, attempt.now);
        throw refused_login();
    }
    attempt.prove(std::move(*user), {"totp"});
}

} // namespace nephele::keystone
