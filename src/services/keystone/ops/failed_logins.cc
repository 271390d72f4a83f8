// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/failed_logins.h"

namespace nephele::keystone {
namespace {
constexpr std::int64_t day_seconds = 24 * 3600;
std::int64_t day_of(Time time) { return time.seconds() / day_seconds; }
} // namespace

// Not by store::update: no token depends on these columns, so none need be looked at again.
void note_failed_login(Cloud& cloud, const std::string& user_id, Time now) {
    const logic::PasswordRules& rules = cloud.state<State>().rules;
    if (rules.lockout_failures <= 0) return;
    write_as_cloud(cloud, "", [&](Context& context) {
        auto user = find(context.tx, table::users(), Scope::all(), user_id);
        if (!user) return;
        const bool lock_is_over = user->failed_at && !logic::is_locked(rules, *user, now) &&
                                  user->failed_logins >= rules.lockout_failures;
        user->failed_logins = lock_is_over ? 1 : user->failed_logins + 1;
        user->failed_at = now;
        shape::update(context, table::users(), *user);
    });
}

void note_good_login(Cloud& cloud, const User& proved, Time now) {
    const bool watched = cloud.state<State>().rules.inactive_days > 0;
    const bool new_day =
        watched && (!proved.last_active_at || day_of(*proved.last_active_at) != day_of(now));
    if (proved.failed_logins == 0 && !new_day) return;
    write_as_cloud(cloud, "", [&](Context& context) {
        auto user = find(context.tx, table::users(), Scope::all(), proved.id);
        if (!user) return;
        user->failed_logins = 0;
        user->failed_at.reset();
        if (watched) user->last_active_at = now;
        shape::update(context, table::users(), *user);
    });
}

} // namespace nephele::keystone
