// SPDX-License-Identifier: Apache-2.0
// The method "password". Unknown user, wrong password, locked and disabled account answer alike
// and cost one hash each.
#include "base/strings.h"
#include "services/keystone/ops/directories.h"
#include "services/keystone/ops/failed_logins.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/ops/login_attempt.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

// Users of a domain with a directory of its own are asked for there.
std::optional<DirectoryLogin> by_directory(Attempt& attempt, const logic::PasswordLogin& login) {
    std::string domain_id = login.user.domain_id;
    if (domain_id.empty() && !login.user.domain_name.empty())
        if (const auto domain = attempt.read(
                [&](db::Tx& tx) { return store::find_domain_named(tx, login.user.domain_name); }))
            domain_id = domain->id;
    auto answer = log_in_by_directory(attempt.cloud, login.user.id, login.user.name, domain_id,
                                      login.password);
    // The domain itself, and what else makes a user unusable.
    if (answer && answer->user)
        answer->user =
            attempt.read([&](db::Tx& tx) { return find_named_user(tx, {.id = answer->user->id}); });
    return answer;
}

} // namespace

void log_in_by_password(Attempt& attempt, const Json& part) {
    const auto login = logic::read_password_login(part);
    std::string account;
    auto user = attempt.read([&](db::Tx& tx) {
        account = account_of(tx, login.user);
        return find_named_user(tx, login.user);
    });
    attempt.guard(account);
    if (auto answer = by_directory(attempt, login)) {
        if (!answer->user) throw refused_login();
        attempt.prove(std::move(*answer->user), {"password"});
        return;
    }
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
