// SPDX-License-Identifier: Apache-2.0
// The version documents. Those of the cache's API (2.14, 2.16, 2.18) are listed where there is one.
#include "services/glance/api/manners.h"
#include "services/glance/ops/state.h"

namespace nephele::glance {
using namespace api;
namespace {
constexpr int newest = 18;

Json versions(Call& call) {
    bool cached = call.cloud.state<State>().cache != nullptr;
    Json all = Json::array();
    for (int minor = newest; minor >= 0; --minor) {
        bool of_cache = minor == 14 || minor == 16 || minor == 18;
        if (of_cache && !cached) continue;
        all.push_back(Json::object(
            {{"id", "v2." + std::to_string(minor)},
             {"status", all.size() == 0 ? "CURRENT" : "SUPPORTED"},
             {"links", Json::array({Json::object(
                           {{"rel", "self"}, {"href", call.in.base_url + "/v2/"}})})}}));
    }
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
