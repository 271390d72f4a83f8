// SPDX-License-Identifier: Apache-2.0
// The name under which a part of this process takes leases in the database, made so that leases of
// a process that died on this node are known to be void at once, without waiting for their end.
#pragma once
#include "platform/context/context.h"

#include <string>

namespace nephele {

/// "node/pid/process/number"; another one at each call.
std::string new_lease_owner(const Cloud& cloud);
/// True only when the process that made the name ran on this node and is certainly gone.
bool is_dead_lease_owner(const Cloud& cloud, const std::string& owner);

} // namespace nephele
