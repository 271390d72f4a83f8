// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "platform/api/service.h"

namespace nephele::keystone {
/// The identity service as main lists it.
api::Service service();
} // namespace nephele::keystone
