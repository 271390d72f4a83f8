// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/external.h"

#include "base/strings.h"
#include "platform/log/log.h"

namespace nephele::glance {
namespace {
// The address itself says enough to the caller; why it failed may tell of the site's inside.
Failure invalid(const std::string& url, const char* why) {
    return bad_request("BadStoreUri", format("Invalid location: {}: {}", url.substr(0, 255), why));
}
} // namespace

NamedStore& store_of_external(State& state, const std::string& url) {
    logic::check_external_url(url);
    auto* store = state.stores.of_location(url);
    // Objects that we write ourselves are images' own: nobody may name them.
    if (!store || !store->read_only)
        throw invalid(url, "no store of this site reads such addresses.");
    return *store;
}

logic::LocationRights::External find_external(State& state, const std::string& url) {
    auto& store = store_of_external(state, url);
    OpenObject object;
    try {
        object = store.driver->open(url);
    } catch (const StoreError& error) {
        log::info("a location cannot be read", {{"url", url}, {"what", error.what()}});
        throw invalid(url, error.kind == StoreError::Kind::denied ? "this address is not allowed."
                                                                  : "it cannot be read.");
    }
    if (!object.found() || object.size == 0 || object.size > INT64_MAX)
        throw invalid(url, "there is no data.");
    return {store.id, static_cast<std::int64_t>(object.size)};
}

} // namespace nephele::glance
