// SPDX-License-Identifier: Apache-2.0
// The version documents. Listed is what is served: 2.4 (locations) and 2.6 (import) are not.
#include "services/glance/api/manners.h"

namespace nephele::glance {
using namespace api;
namespace {
Json versions(Call& call) {
    Json all = Json::array();
    for (auto minor : {"v2.7", "v2.5", "v2.3", "v2.2", "v2.1", "v2.0"})
        all.push_back(Json::object(
            {{"id", minor},
             {"status", all.size() == 0 ? "CURRENT" : "SUPPORTED"},
             {"links", Json::array({Json::object(
                           {{"rel", "self"}, {"href", call.in.base_url + "/v2/"}})})}}));
    return Json::object({{"versions", std::move(all)}});
}

Json choices(Call& call) {
    call.status = 300;
    return versions(call);
}
} // namespace

Resource version_resource() {
    return Resource()
        .on("GET /", "", choices, {.open = true})
        .on("GET /versions", "", versions, {.open = true});
}

} // namespace nephele::glance
