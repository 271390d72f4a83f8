// SPDX-License-Identifier: Apache-2.0
// Image data as files of one directory: "<name>" when whole, "<name>.part" before.
#pragma once
#include "services/glance/drivers/store.h"

namespace nephele::glance {

/// Makes the directory when it is missing. Throws Failure(internal) when it cannot be used.
std::unique_ptr<Store> filesystem_store(const std::string& directory);

} // namespace nephele::glance
