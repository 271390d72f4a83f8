// SPDX-License-Identifier: Apache-2.0
// Setting passwords: hashed outside of any transaction, stored inside one.
#pragma once
#include "services/keystone/ops/state.h"

namespace nephele::keystone {

struct NewPassword {
    std::optional<std::string> hash; ///< none: no password was given
    password::Password plain;        ///< to compare with former ones
};

/// Hashes on the password pool. Throws Failure(bad_request) when the rules refuse the password.
NewPassword prepare_password(Cloud& cloud, const std::optional<std::string>& plain);

/// Puts the password on the record (the caller stores it): hash, times, history.
void set_password(Context& context, User& user, const NewPassword& password, bool by_user);

/// True when the password is the present one or one of those that may not be used again. Slow: not
/// for transactions.
bool was_used_before(Cloud& cloud, const User& user, const password::Password& plain);

} // namespace nephele::keystone
