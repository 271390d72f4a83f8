// SPDX-License-Identifier: Apache-2.0
// What every maker of guests must do: run with the simulated one, with the real one over simulated
// engines, and with the real one over real engines (tests/live).
#pragma once
#include "platform/agent/agent.h"
#include "services/nova/model/guest_spec.h"

namespace nephele::nova::compute {

class MakerContract {
  public:
    /// `guest` is one that the maker can make.
    MakerContract(agent::Maker& maker, GuestSpec guest);
    /// Runs all cases with checks; at the end nothing is left.
    void run();

  private:
    GuestStatus ensure();
    GuestStatus ensure_again(); ///< without a new generation
    void life();
    void reboots();
    void strays();

    agent::Maker& maker_;
    GuestSpec guest_;
    std::int64_t generation_ = 0;
};

} // namespace nephele::nova::compute
