// SPDX-License-Identifier: Apache-2.0
// POST /v3/users/{user_id}/password: a user changes the own password, knowing the present one. No
// token is needed: an expired password must be changeable.
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/ops/directories.h"
#include "services/keystone/ops/failed_logins.h"
#include "services/keystone/ops/set_password.h"
#include "services/keystone/ops/watched_login.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/revocations.h"

namespace nephele::keystone {
namespace {

struct Change {
    password::Password original, wanted;
};

Change read_change(const Json& body) {
    const Json& user = unwrap(User::shape(), body);
    for (const char* name : {"original_password", "password"})
        if (!user.get(name).is_string())
            throw bad_request("ValidationError", format("Expecting to find {} in user.", name));
    return {password::Password(user.text("original_password")),
            password::Password(user.text("password"))};
}

// The user of a directory when the directory takes the original password.
User prove_there(Attempt& attempt, const std::string& user_id, const Change& change) {
    const auto answer = log_in_by_directory(attempt.cloud, user_id, "", "", change.original);
    if (!answer || !answer->user) throw refused_login();
    auto user = attempt.read([&](db::Tx& tx) { return find_named_user(tx, {.id = user_id}); });
    if (!user) throw refused_login();
    return std::move(*user);
}

// The user when the original password is right and may be changed now.
User prove(Attempt& attempt, const std::string& user_id, const Change& change) {
    State& state = attempt.state;
    attempt.guard("id " + user_id);
    if (find_in_directory(attempt.cloud, user_id)) return prove_there(attempt, user_id, change);
    const auto user =
        attempt.read([&](db::Tx& tx) { return find_named_user(tx, {.id = user_id}); });
    if (!user || user->password_hash.empty() || logic::is_locked(state.rules, *user, attempt.now)) {
        state.passwords.verify_nobody(change.original);
        throw refused_login();
    }
    if (!state.passwords.verify(change.original, user->password_hash)) {
        note_failed_login(attempt.cloud, user->id, attempt.now);
        throw refused_login();
    }
    return *user;
}

// What is refused is in the audit, as a login would be.
User prove_counted(FreeCall& free, const std::string& user_id, const Change& change) {
    Proof proof;
    const LoginSource source{&free.in.head, ""};
    Attempt attempt{free.cloud, free.cloud.state<State>(), source, proof, free.cloud.now(), ""};
    User user;
    try {
        counted(attempt, [&] { user = prove(attempt, user_id, change); });
    } catch (const Failure& failure) {
        LoginOutcome outcome =
            begun_login(free.cloud, free.in.head, free.in.request_id, {"password"});
        outcome.named.id = user_id;
        note_failure(free.cloud, std::move(outcome), failure);
        throw;
    }
    return user;
}

void check_may_change(Cloud& cloud, const User& user, const Change& change) {
    const State& state = cloud.state<State>();
    if (user.option("lock_password"))
        throw bad_request("PasswordSelfServiceDisabled",
                          "You cannot change your password at this time due to password policy "
                          "disallowing password changes. Please contact your administrator to "
                          "reset your password.");
    logic::check_age(state.rules, user, cloud.now());
    if (was_used_before(cloud, user, change.wanted))
        throw bad_request("PasswordHistoryValidationError",
                          format("The new password cannot be identical to a previous password. The "
                                 "total number which includes the new password must be unique is "
                                 "{}.",
                                 state.rules.unique_last));
}

// A directory has rules of its own besides ours, and keeps what was used before.
Reply change_there(FreeCall& free, const InDirectory& found, const User& user,
                   const Change& change) {
    logic::check_pattern(free.cloud.state<State>().rules, change.wanted.reveal());
    if (change.wanted.reveal().empty())
        throw bad_request("ValidationError", "A password in a directory cannot be empty.");
    found.directory->put_user(directory_user_of(user, found.mapping.local_id), change.wanted);
    return free.write([&](Call& call) {
        store::revoke(call, {.user_id = user.id});
        return Reply{.status = 204};
    });
}

Reply change_password(FreeCall& free) {
    const std::string user_id = free.read([](Call& call) { return call.path("user_id"); });
    const Change change = read_change(free.in.body);
    const User proved = prove_counted(free, user_id, change);
    check_may_change(free.cloud, proved, change);
    if (const auto found = find_in_directory(free.cloud, user_id))
        return change_there(free, *found, proved, change);
    const NewPassword secret = prepare_password(free.cloud, change.wanted.reveal());
    return free.write([&](Call& call) {
        User user = need(call.tx, table::users(), Scope::all(), user_id);
        // Another change came in between: what was proved is no longer true.
        if (user.password_hash != proved.password_hash) throw refused_login();
        set_password(call, user, secret, true);
        store::revoke(call, {.user_id = user.id});
        store::update(call, table::users(), user);
        return Reply{.status = 204};
    });
}

} // namespace

Resource password_routes() {
    return Resource().on("POST /v3/users/{user_id}/password", "", change_password,
                         {.status = 204, .open = true});
}

} // namespace nephele::keystone
