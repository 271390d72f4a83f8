// SPDX-License-Identifier: Apache-2.0
// What a project's images use, as its limits count it.
#pragma once
#include "platform/db/db.h"

#include <string>

namespace nephele::glance::store {

struct Usage {
    std::int64_t stored_bytes = 0, staged_bytes = 0, images = 0, uploading = 0;
};
Usage usage_of(db::Tx& tx, const std::string& owner);

} // namespace nephele::glance::store
