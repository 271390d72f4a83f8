// SPDX-License-Identifier: Apache-2.0
// The schema of the identity service. Only appended to.
#pragma once
#include "platform/db/db.h"

#include <vector>

namespace nephele::keystone {
std::vector<db::Migration> migrations();
/// Of second factors and OAuth 1: part of migrations().
std::vector<db::Migration> delegation_migrations();
/// Of federated users too: after all others.
std::vector<db::Migration> list_index_migrations();
} // namespace nephele::keystone
