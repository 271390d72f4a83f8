// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/authenticator.h"

#include "services/keystone/logic/jws_claims.h"
#include "services/keystone/logic/token_codec.h"
#include "services/keystone/ops/shared_facts.h"

namespace nephele::keystone {
namespace {

constexpr std::size_t longest_token = 4096, entries_of_shard = 8192;

// Other control nodes change the same database without this node's epoch noticing: what they did
// is seen after this long at the latest.
constexpr std::int64_t shared_database_ms = 1000;

} // namespace

std::optional<Claims> claims_of(State& state, std::string_view token) {
    if (token.empty() || token.size() > longest_token) return std::nullopt;
    // Fernet tokens hold no dot. Both kinds are read, so that the provider can be changed.
    if (token.find('.') != token.npos) {
        const auto signed_claims = state.jws ? state.jws->verify(token) : std::nullopt;
        return signed_claims ? logic::from_jws_claims(*signed_claims) : std::nullopt;
    }
    auto payload = state.keys.keys()->decode(token);
    if (!payload) payload = state.keys.reload()->decode(token);
    if (!payload) return std::nullopt;
    return logic::decode_claims(payload->data, payload->created);
}

std::string token_of(State& state, const Claims& claims) {
    if (state.jws) return state.jws->sign(logic::to_jws_claims(claims));
    return state.keys.reload()->encode(logic::encode_claims(claims), claims.issued_at);
}

TokenAuthenticator::TokenAuthenticator(Cloud& cloud, State& state, store::Epoch& epoch)
    : cloud_(cloud), state_(state), epoch_(epoch) {}

TokenAuthenticator::Shard& TokenAuthenticator::shard_of(std::string_view token) {
    return shards_[std::hash<std::string_view>{}(token) % shards_.size()];
}

std::optional<Principal> TokenAuthenticator::authenticate(std::string_view token) {
    const Time now = cloud_.now();
    // Read before the database: a change in between makes the entry stale, never wrong.
    const std::uint64_t epoch = epoch_.value.load();
    Shard& shard = shard_of(token);
    const std::string key(token);
    {
        std::lock_guard lock(shard.mutex);
        const auto found = shard.entries.find(key);
        if (found != shard.entries.end() && found->second.epoch == epoch &&
            now < found->second.until)
            return *found->second.principal;
    }
    const auto claims = claims_of(state_, token);
    if (!claims || claims->expires_at <= now) return std::nullopt;
    const auto shared = cloud_.state<SharedFactsCache>().get(cloud_);
    const auto facts =
        cloud_.db().read([&](db::Tx& tx) { return look_up(tx, *claims, now, shared.get()); });
    if (!facts) return std::nullopt;
    auto principal = std::make_shared<const Principal>(facts->principal());
    Time until = claims->expires_at;
    if (facts->until) until = std::min(until, *facts->until);
    if (cloud_.db().dialect() == db::Dialect::postgresql)
        until = std::min(until, now.plus_ms(shared_database_ms));
    std::lock_guard lock(shard.mutex);
    if (shard.entries.size() >= entries_of_shard) shard.entries.clear();
    shard.entries[key] = {epoch, until, principal};
    return *principal;
}

} // namespace nephele::keystone
