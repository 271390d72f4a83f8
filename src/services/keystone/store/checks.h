// SPDX-License-Identifier: Apache-2.0
// Invariants over keystone's tables that no foreign key holds, for `nephele check`.
#pragma once
#include "platform/db/db.h"

#include <string>
#include <vector>

namespace nephele::keystone::store {

/// Each names what is wrong, a line each.
std::vector<std::string> assignments_of_nobody(db::Tx&);
std::vector<std::string> assignments_to_nothing(db::Tx&);
std::vector<std::string> projects_without_parent(db::Tx&);

} // namespace nephele::keystone::store
