// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/password_rules.h"

#include "base/strings.h"

#include <memory>
#include <regex.h>

namespace nephele::keystone::logic {
namespace {
constexpr std::int64_t day_seconds = 24 * 3600;
} // namespace

void check_pattern(const PasswordRules& rules, const std::string& password) {
    if (rules.pattern.empty()) return;
    regex_t compiled{};
    const bool readable = regcomp(&compiled, rules.pattern.c_str(), REG_EXTENDED | REG_NOSUB) == 0;
    if (!readable)
        throw Failure(Fault::internal, "BadPasswordPattern",
                      "The configured password pattern cannot be read; tell the operator.");
    const bool fits = regexec(&compiled, password.c_str(), 0, nullptr, 0) == 0;
    regfree(&compiled);
    if (!fits)
        throw bad_request("PasswordRequirementsValidationError",
                          format("Password validation error: The password does not match the "
                                 "requirements: {}.",
                                 rules.pattern_description));
}

void check_age(const PasswordRules& rules, const User& user, Time now) {
    if (rules.minimum_age_days <= 0 || !user.password_created_at || !user.password_by_user) return;
    const Time earliest =
        user.password_created_at->plus_seconds(rules.minimum_age_days * day_seconds);
    if (now >= earliest) return;
    const std::int64_t left =
        (earliest.us - now.us + day_seconds * 1'000'000 - 1) / (day_seconds * 1'000'000);
    throw bad_request("PasswordAgeValidationError",
                      format("You cannot change your password at this time due to the minimum "
                             "password age. Once you change your password, it must be used for {} "
                             "day(s) before it can be changed. Please try again in {} day(s) or "
                             "contact your administrator to reset your password.",
                             rules.minimum_age_days, left));
}

std::optional<Time> expiry_of_new(const PasswordRules& rules, const User& user, bool by_user,
                                  Time now) {
    if (rules.change_upon_first_use && !by_user &&
        !user.option("ignore_change_password_upon_first_use"))
        return now;
    if (rules.expires_days <= 0 || user.option("ignore_password_expiry")) return std::nullopt;
    return now.plus_seconds(rules.expires_days * day_seconds);
}

bool is_locked(const PasswordRules& rules, const User& user, Time now) {
    if (rules.lockout_failures <= 0 || user.option("ignore_lockout_failure_attempts")) return false;
    if (user.failed_logins < rules.lockout_failures || !user.failed_at) return false;
    return rules.lockout_seconds <= 0 || now < user.failed_at->plus_seconds(rules.lockout_seconds);
}

bool is_inactive(const PasswordRules& rules, const User& user, Time now) {
    if (rules.inactive_days <= 0 || user.option("ignore_user_inactivity")) return false;
    const Time since = user.last_active_at.value_or(user.created_at);
    return now.seconds() / day_seconds - since.seconds() / day_seconds >= rules.inactive_days;
}

bool is_expired(const User& user, Time now) {
    return user.password_expires_at && *user.password_expires_at <= now &&
           !user.option("ignore_password_expiry");
}

} // namespace nephele::keystone::logic
