// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/set_password.h"

namespace nephele::keystone {

NewPassword prepare_password(Cloud& cloud, const std::optional<std::string>& plain) {
    NewPassword made;
    if (!plain) return made;
    State& state = cloud.state<State>();
    logic::check_pattern(state.rules, *plain);
    made.plain = password::Password(*plain);
    made.hash = state.passwords.hash(made.plain);
    return made;
}

void set_password(Context& context, User& user, const NewPassword& password, bool by_user) {
    if (!password.hash) return;
    const logic::PasswordRules& rules = context.cloud.state<State>().rules;
    if (!user.password_hash.empty() && rules.unique_last > 1)
        user.former_passwords.insert(user.former_passwords.begin(), user.password_hash);
    const auto kept = static_cast<std::size_t>(std::max<std::int64_t>(rules.unique_last - 1, 0));
    if (user.former_passwords.size() > kept) user.former_passwords.resize(kept);
    user.password_hash = *password.hash;
    user.password_created_at = context.now;
    user.password_by_user = by_user;
    user.password_expires_at = logic::expiry_of_new(rules, user, by_user, context.now);
    user.failed_logins = 0;
    user.failed_at.reset();
}

bool was_used_before(Cloud& cloud, const User& user, const password::Password& plain) {
    State& state = cloud.state<State>();
    if (state.rules.unique_last <= 0) return false;
    if (state.passwords.verify(plain, user.password_hash)) return true;
    for (const auto& former : user.former_passwords)
        if (state.passwords.verify(plain, former)) return true;
    return false;
}

} // namespace nephele::keystone
