// SPDX-License-Identifier: Apache-2.0
// One run of the simulation from a seed: some hundred events with trouble, then quiet, then the
// checks. The same seed gives the same run.
#pragma once
#include "main/sim/trouble.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nephele::sim {

struct Options {
    std::uint64_t seed = 1;
    int events = 150;
    int hosts = 3;
    Rates rates;
    bool trace = false; ///< print every event
    /// Breaks a host in a way that nothing mends, to see that the checks notice.
    bool lose_a_guest = false;
    std::string directory; ///< for the databases; empty: chosen
};

struct Outcome {
    std::vector<std::string> problems;
    std::uint64_t digest = 0; ///< of everything that happened: equal for equal seeds
    int requests = 0, deaths = 0, made = 0;
    std::int64_t quiet_ms = 0; ///< virtual time until everything was at rest without trouble
    bool failed() const { return !problems.empty(); }
};

Outcome run(const Options& options);

/// The same failure with as few events and as few kinds of trouble as can be found.
Options shrink(Options failing);

} // namespace nephele::sim
