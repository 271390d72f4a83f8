// SPDX-License-Identifier: Apache-2.0
// What this site can do.
#include "services/glance/api/manners.h"

namespace nephele::glance {
using namespace api;
namespace {
// No method yet: clients see that they must upload.
Json import_info(Call&) {
    return Json::object(
        {{"import-methods", Json::object({{"description", "Import methods available."},
                                          {"type", "array"},
                                          {"value", Json::array()}})}});
}
} // namespace

Resource info_resource() { return Resource().on("GET /v2/info/import", "default", import_info); }

} // namespace nephele::glance
