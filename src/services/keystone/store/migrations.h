// SPDX-License-Identifier: Apache-2.0
// The schema of the identity service. Only appended to.
#pragma once
#include "platform/db/db.h"

#include <vector>

namespace nephele::keystone {
std::vector<db::Migration> migrations();
}
