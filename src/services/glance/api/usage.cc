// SPDX-License-Identifier: Apache-2.0
// What a project uses of its limits.
#include "services/glance/api/manners.h"
#include "services/glance/ops/catalogue.h"

namespace nephele::glance {
using namespace api;
namespace {
Json usage(Call& call) { return Json::object({{"usage", usage_and_limits(call, call.project())}}); }
} // namespace

Resource usage_resource() { return Resource().on("GET /v2/info/usage", "default", usage); }

} // namespace nephele::glance
