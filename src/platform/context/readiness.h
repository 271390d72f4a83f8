// SPDX-License-Identifier: Apache-2.0
// What this node needs in order to serve, for GET /readyz. In the cloud's state; the node and the
// services add their parts when they start.
#pragma once
#include "platform/context/context.h"

#include <functional>
#include <string>
#include <vector>

namespace nephele {

struct Readiness {
    struct Part {
        std::string name;
        /// Empty when ready; else the cause and what to do about it. Quick, and does not throw.
        std::function<std::string(Cloud&)> trouble;
    };
    std::vector<Part> parts;
};

} // namespace nephele
