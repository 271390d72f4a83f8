// SPDX-License-Identifier: Apache-2.0
// Where this node keeps objects, for the parts that work beside requests.
#pragma once
#include "services/swift/proxy/backend.h"

namespace nephele::swift {

struct State {
    std::shared_ptr<Backend> backend;
};

} // namespace nephele::swift
