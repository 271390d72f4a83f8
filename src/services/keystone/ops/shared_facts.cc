// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/shared_facts.h"

#include "services/keystone/store/assignments.h"
#include "services/keystone/store/catalog.h"
#include "services/keystone/store/endpoint_filters.h"
#include "services/keystone/store/federation.h"
#include "services/keystone/store/revocations.h"

namespace nephele::keystone {

SharedFacts read_shared_facts(db::Tx& tx) {
    return {.implications = store::implications(tx),
            .roles = store::roles(tx),
            .revocations = store::revocations(tx),
            .service_providers = store::enabled_service_providers(tx),
            .services = {},
            .endpoints = {}};
}

std::shared_ptr<const SharedFacts> SharedFactsCache::peek() {
    std::lock_guard lock(mutex_);
    return kept_ && of_epoch_ == epoch_.value.load() ? kept_ : nullptr;
}

std::shared_ptr<const SharedFacts> SharedFactsCache::get(Cloud& cloud) {
    if (cloud.db().dialect() != db::Dialect::sqlite) return nullptr;
    if (auto kept = peek()) return kept;
    // Read before the database: a change in between makes the entry stale, never wrong.
    const std::uint64_t epoch = epoch_.value.load();
    auto fresh = cloud.db().read([](db::Tx& tx) {
        auto facts = std::make_shared<SharedFacts>(read_shared_facts(tx));
        facts->services = store::catalog_services(tx);
        facts->endpoints = store::catalog_endpoints(tx);
        facts->endpoint_filters = store::any_endpoint_filter(tx);
        return facts;
    });
    std::lock_guard lock(mutex_);
    kept_ = fresh;
    of_epoch_ = epoch;
    return fresh;
}

} // namespace nephele::keystone
