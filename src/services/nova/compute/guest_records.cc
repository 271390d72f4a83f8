// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/guest_records.h"

#include "base/ids.h"
#include "base/strings.h"

namespace nephele::nova::compute {

GuestSpec guest_of(const agent::Desired& desired) {
    GuestSpec spec;
    try {
        GuestSpec::shape().from_image(desired.spec, &spec);
    } catch (const std::runtime_error& e) {
        throw EngineFailure(EngineFailure::Kind::permanent,
                            format("The record of guest {} cannot be read: {}. Is the control "
                                   "plane newer than this host?",
                                   desired.id, e.what()));
    }
    // It names folders and domains.
    if (!is_uuid(desired.id))
        throw EngineFailure(EngineFailure::Kind::permanent,
                            format("\"{}\" is no id of a server", desired.id));
    spec.server_id = desired.id;
    return spec;
}

agent::Observed observed_guest(const GuestStatus& status) {
    agent::Observed out;
    out.phase = agent::Phase::ready;
    out.status = GuestStatus::shape().image(&status);
    return out;
}

std::int64_t power_state_of(GuestPower power) {
    switch (power) {
    case GuestPower::running:
        return power_state::running;
    case GuestPower::paused:
        return power_state::paused;
    case GuestPower::stopped:
        return power_state::shut_down;
    case GuestPower::suspended:
        return power_state::suspended;
    }
    return power_state::none;
}

} // namespace nephele::nova::compute
