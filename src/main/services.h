// SPDX-License-Identifier: Apache-2.0
// The explicit list of services in this program.
#pragma once
#include "platform/api/service.h"

#include <vector>

namespace nephele {
std::vector<api::Service> all_services();
}
