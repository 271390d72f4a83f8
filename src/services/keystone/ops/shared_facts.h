// SPDX-License-Identifier: Apache-2.0
// What every look-up of a token needs of tables that are small and seldom change: kept in memory
// until an identity record changes.
#pragma once
#include "platform/context/context.h"
#include "services/keystone/model/catalog.h"
#include "services/keystone/model/role.h"
#include "services/keystone/model/token.h"
#include "services/keystone/store/changes.h"

#include <memory>
#include <mutex>

namespace nephele::keystone {

struct SharedFacts {
    std::vector<Implication> implications;
    std::vector<Role> roles;
    std::vector<Revocation> revocations;
    Json service_providers; ///< other clouds that trust our users
    std::vector<ServiceEntry> services;
    std::vector<Endpoint> endpoints;
    bool endpoint_filters = false; ///< some project has endpoints of its own
};

/// As they are in this transaction, without the catalog.
SharedFacts read_shared_facts(db::Tx& tx);

class SharedFactsCache {
  public:
    explicit SharedFactsCache(const store::Epoch& epoch) : epoch_(epoch) {}
    /// No older than any change that was committed before the call; null where other nodes change
    /// the same database. It may open a transaction: to be called before one's own.
    std::shared_ptr<const SharedFacts> get(Cloud& cloud);
    /// What get() would give without reading anything; else null.
    std::shared_ptr<const SharedFacts> peek();

  private:
    const store::Epoch& epoch_;
    std::mutex mutex_;
    std::uint64_t of_epoch_ = 0;
    std::shared_ptr<const SharedFacts> kept_;
};

} // namespace nephele::keystone
