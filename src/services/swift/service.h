// SPDX-License-Identifier: Apache-2.0
// Swift: objects in containers in accounts.
#pragma once
#include "platform/api/service.h"

namespace nephele::swift {

api::Service service();

} // namespace nephele::swift
