// SPDX-License-Identifier: Apache-2.0
// Nephele's own small API under /nephele/v1: operations, journal, policy explain. Everything else
// is OpenStack's.
#pragma once
#include "platform/api/service.h"

namespace nephele {
api::Service own_service();
}
