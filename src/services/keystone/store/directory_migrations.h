// SPDX-License-Identifier: Apache-2.0
// Tables of limits, endpoint filters, policies and domain configuration. Only appended to.
#pragma once
#include "platform/db/db.h"

namespace nephele::keystone {
std::vector<db::Migration> directory_migrations();
}
