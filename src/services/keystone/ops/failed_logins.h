// SPDX-License-Identifier: Apache-2.0
// What logins leave on the user's record: failures that lock it, the day it was last active.
#pragma once
#include "services/keystone/model/user.h"
#include "services/keystone/ops/state.h"

namespace nephele::keystone {

void note_failed_login(Cloud& cloud, const std::string& user_id, Time now);
/// Forgets failures; notes the day when inactive accounts are to be disabled.
void note_good_login(Cloud& cloud, const User& proved, Time now);

} // namespace nephele::keystone
