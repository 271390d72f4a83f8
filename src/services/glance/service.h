// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "platform/api/service.h"

namespace nephele::glance {
api::Service service();
}
