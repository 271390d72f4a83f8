// SPDX-License-Identifier: Apache-2.0
// Security compliance: which passwords are accepted, how long they live, when an account locks.
#pragma once
#include "services/keystone/model/user.h"

#include <string>

namespace nephele::keystone::logic {

/// 0 and "" switch a rule off, as upstream's defaults do.
struct PasswordRules {
    std::int64_t lockout_failures = 0;
    std::int64_t lockout_seconds = 1800;
    std::int64_t expires_days = 0;
    std::int64_t minimum_age_days = 0;
    std::int64_t unique_last = 0;
    std::string pattern, pattern_description;
    bool change_upon_first_use = false;
    std::int64_t inactive_days = 0; ///< disable_user_account_days_inactive
};

/// Throws Failure(bad_request) when the password breaks the pattern.
void check_pattern(const PasswordRules& rules, const std::string& password);
/// Throws Failure(bad_request) when a user changes an own password too early.
void check_age(const PasswordRules& rules, const User& user, Time now);
/// When a password set now expires; nothing when it does not.
std::optional<Time> expiry_of_new(const PasswordRules& rules, const User& user, bool by_user,
                                  Time now);
bool is_locked(const PasswordRules& rules, const User& user, Time now);
/// Not logged in for too long: counts as disabled.
bool is_inactive(const PasswordRules& rules, const User& user, Time now);
bool is_expired(const User& user, Time now);

} // namespace nephele::keystone::logic
