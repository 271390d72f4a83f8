// SPDX-License-Identifier: Apache-2.0
// Auth receipts: Fernet tokens of keys of their own. They say what was proved, and are good for
// nothing but the rest of the same login.
#pragma once
#include "services/keystone/logic/receipt_codec.h"
#include "services/keystone/ops/login_attempt.h"

namespace nephele::keystone {

/// Ends a login whose methods are right but too few.
struct MoreMethodsNeeded : Failure {
    MoreMethodsNeeded(std::string receipt, Json body);
    std::string receipt; ///< for the header Openstack-Auth-Receipt
    Json body;
};

/// Adds what the request's receipt proves. Throws Failure(unauthorized) when it is not good for the
/// user of this attempt.
void join_receipt(Attempt& attempt);
/// Throws MoreMethodsNeeded when the user's rules ask for more than was proved.
void check_multi_factor(Attempt& attempt);

} // namespace nephele::keystone
