// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/pipeline.h"

#include "services/swift/api/core.h"
#include "services/swift/api/login.h"

namespace nephele::swift {

Next pipeline() {
    static constexpr Step steps[] = {read_token, core};
    return {std::begin(steps), std::end(steps)};
}

} // namespace nephele::swift
