// SPDX-License-Identifier: Apache-2.0
// Objects in memory: the fake beside the real backends, for tests. Keeps the promises of Backend,
// but nothing survives the process.
#pragma once
#include "services/swift/proxy/backend.h"

namespace nephele::swift {

std::shared_ptr<Backend> make_memory_backend(const Clock& clock = system_clock());

} // namespace nephele::swift
