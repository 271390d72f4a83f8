// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/admission.h"

#include "base/strings.h"

namespace nephele::glance {
namespace {
constexpr const char* retry_after_seconds = "10";
}

std::shared_ptr<void> Admission::enter() {
    if (++*running_ > limit_ && limit_ > 0) {
        --*running_;
        throw Failure(Fault::unavailable, "TooManyTransfers",
                      format("{} {} are under way already. Try again in {} seconds; a download can "
                             "be resumed with Range.",
                             limit_, what_, retry_after_seconds))
            .header("Retry-After", retry_after_seconds);
    }
    return std::shared_ptr<void>(running_.get(), [running = running_](void*) { --*running; });
}

} // namespace nephele::glance
