// SPDX-License-Identifier: Apache-2.0
// What this API answers, as data, for `nephele routes` and `nephele where`.
#pragma once
#include "platform/api/service.h"

namespace nephele::swift {

std::vector<api::MountedOperation> operations();

} // namespace nephele::swift
