// SPDX-License-Identifier: Apache-2.0
// The schema of the identity service. Only appended to.
#pragma once
#include "platform/db/db.h"

#include <vector>

namespace nephele::keystone {
std::vector<db::Migration> migrations();
/// Of second factors and OAuth 1: part of migrations().
std::vector<db::Migration> delegation_migrations();
/// After all others: federation makes columns of its own.
void add_list_indexes(std::vector<db::Migration>& migrations);
} // namespace nephele::keystone
