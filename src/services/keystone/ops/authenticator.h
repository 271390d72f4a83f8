// SPDX-License-Identifier: Apache-2.0
// Tokens to principals, from memory whenever nothing of the identity service changed since.
#pragma once
#include "platform/auth/authenticator.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/ops/token_facts.h"
#include "services/keystone/store/changes.h"

#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace nephele::keystone {

/// The claims of a token made by a key we have. Neither expiry nor revocation is looked at.
std::optional<Claims> claims_of(State& state, std::string_view token);
/// Encodes with the primary key.
std::string token_of(State& state, const Claims& claims);

class TokenAuthenticator : public Authenticator {
  public:
    TokenAuthenticator(Cloud& cloud, State& state, store::Epoch& epoch);
    std::optional<Principal> authenticate(std::string_view token) override;

  private:
    struct Entry {
        std::uint64_t epoch;
        Time until;
        std::shared_ptr<const Principal> principal;
    };
    struct Shard {
        std::mutex mutex;
        std::unordered_map<std::string, Entry> entries;
    };
    Shard& shard_of(std::string_view token);

    Cloud& cloud_;
    State& state_;
    store::Epoch& epoch_;
    std::array<Shard, 16> shards_;
};

} // namespace nephele::keystone
