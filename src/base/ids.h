// SPDX-License-Identifier: Apache-2.0
// Identifiers. Storage code never makes ids: they come from an IdSource, so that a simulation with
// the same seed makes the same ones.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace nephele {

class IdSource {
  public:
    virtual ~IdSource() = default;
    /// `count` random bytes, unpredictable in production.
    virtual std::string random_bytes(std::size_t count) = 0;

    /// "6ba7b810-9dad-41d1-80b4-00c04fd430c8" (version 4), as nova, neutron and glance use.
    std::string uuid();
    /// 32 hex digits, as keystone uses.
    std::string hex();
    std::uint64_t number();
};
IdSource& system_ids();

/// Ids from a seed, for tests and simulation. Thread safe.
class SeededIds : public IdSource {
  public:
    explicit SeededIds(std::uint64_t seed) : state_(seed) {}
    std::string random_bytes(std::size_t count) override;

  private:
    std::mutex mutex_;
    std::uint64_t state_;
};

/// True for 8-4-4-4-12 hex digits, either case.
bool is_uuid(std::string_view text);
/// Also accepts 32 hex digits without dashes.
bool is_uuid_like(std::string_view text);
/// 32 hex digits to dashed form; other text unchanged.
std::string dashed_uuid(std::string_view text);

} // namespace nephele
