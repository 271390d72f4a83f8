// SPDX-License-Identifier: Apache-2.0
// What a device should hold, in maps, and the comparison with what it does hold.
#pragma once
#include "services/swift/proxy/local_backend.h"

#include <random>

namespace nephele::swift::test {

struct ModelObject {
    std::string bytes;
    Metadata metadata;
};

struct Model {
    std::map<std::string, std::map<std::string, ModelObject>> containers; ///< of account "a"
    std::map<std::string, Metadata> container_metadata;
};

/// A change as a value: the same in the device and in the model, in this process and in its child.
struct Step {
    enum Kind { put, post, remove, make_container, delete_container, reclaim } kind;
    std::string container, object;
    std::uint64_t seed = 0;
    std::size_t size = 0;
};
/// A mix of all kinds in containers whose names start with `prefix`.
std::vector<Step> some_steps(std::uint64_t seed, std::size_t count, const std::string& prefix);
void take(Model& model, const Step& step);
/// Throws what the device throws.
void take(LocalBackend& store, const Step& step);

/// One line a difference: contents, metadata, listings, counters.
std::vector<std::string> differences(LocalBackend& store, const Model& model);

/// `bytes` that belong to `seed`, the same each time.
std::string some_bytes(std::uint64_t seed, std::size_t size);

/// A device for tests: small volumes, large objects from 20,000 bytes on, a map that must grow.
DeviceOptions small_device(const std::string& directory);

/// The system's calls but for syncs, which only matter to who loses power.
Calls& calls_without_sync();

} // namespace nephele::swift::test
