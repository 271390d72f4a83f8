// SPDX-License-Identifier: Apache-2.0
// The method "password". Unknown user, wrong password, locked and disabled account answer alike
// and cost one hash each.
#include "base/strings.h"
#include "services/keystone/ops/failed_logins.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/ops/login_attempt.h"

namespace nephele::keystone {

void log_in_by_password(Attempt& attempt, const Json& part) {
    const auto login = logic::read_password_login(part);
    std::string account;
    auto user = attempt.read([&](db::Tx& tx) {
        account = account_of(tx, login.user);
        return find_named_user(tx, login.user);
    });
    attempt.guard(account);
    const bool open = user && !user->password_hash.empty() &&
                      !logic::is_locked(attempt.state.rules, *user, attempt.now) &&
                      !logic::is_inactive(attempt.state.rules, *user, attempt.now);
    if (!open) {
        attempt.state.passwords.verify_nobody(login.password);
        throw refused_login();
    }
    if (!attempt.state.passwords.verify(login.password, user->password_hash)) {
        note_failed_login(attempt.cloud, user->id, attempt.now);
        throw refused_login();
    }
    if (logic::is_expired(*user, attempt.now))
        throw unauthorized(
            format("The password is expired and needs to be changed for user: {}.", user->id));
    note_good_login(attempt.cloud, *user, attempt.now);
    attempt.prove(std::move(*user), {"password"});
}

} // namespace nephele::keystone
